package import Primitives

extension SM2Verification {
    /// Whether a signature of a message is valid for the key and the signer's identifier.
    ///
    /// False if the identifier has 8,192 bytes or more: its length in bits is hashed as 16 bits.
    ///
    /// - Parameter hash: SM3; any other hash makes another scheme.
    package static func verify(
        message: Span<UInt8>, publicKey: InlineBytes<33>, signature: Signature,
        identifier: [UInt8] = SM2.identifier, hash: (Span<UInt8>) -> Digest
    ) -> Bool {
        guard SM2.isIdentifier(identifier), let point = SM2AffinePoint(compressed: publicKey) else { return false }
        let identity = SM2.identity(point.coordinates, identifier: identifier, hash: hash)
        let e = SM2.challenge(identity: identity, message: message, hash: hash)
        return isValid(e: UInt256(bigEndian: e.inlineBytes.span, at: 0), publicKey: point, signature: signature)
    }
}
