internal import Primitives

extension PublicKey {
    /// Whether somebody can hold the key: its bytes are a point of the scheme's curve, and for Ed25519 none of the few
    /// of small order, for which anybody can sign.
    package var isValid: Bool {
        switch scheme {
        case .ed25519: EdwardsPoint(bytes: first32Bytes.storage).map { !$0.multipliedByCofactor().isIdentity } ?? false
        case .secp256k1: Secp256k1.coordinates(of: padded) != nil
        case .p256: EllipticKey(.p256, publicKey: padded.storage.span) != nil
        case .sm2: SM2AffinePoint(compressed: padded) != nil
        }
    }
}
