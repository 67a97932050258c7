package import Primitives

/// How an account or a node signs. The numbers are part of the ledger's format.
package enum SignatureScheme: UInt8, Sendable, CaseIterable {
    /// Ed25519 (RFC 8032), accepted by the rule of ZIP 215.
    case ed25519 = 1
    /// ECDSA on secp256k1 over a 32-byte digest, with low s.
    case secp256k1 = 2
    /// ECDSA on P-256 over a 32-byte digest, with low s.
    case p256 = 3
    /// SM2 (GB/T 32918) of a 32-byte digest as the message, with SM3 and the default identifier.
    case sm2 = 4
}

extension SignatureScheme: CanonicalEncodable, CanonicalDecodable {
    package var publicKeyByteCount: Int {
        switch self {
        case .ed25519: 32
        case .secp256k1, .p256, .sm2: 33
        }
    }

    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(rawValue) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let number: UInt8 = try decoder.decode()
        guard let scheme = SignatureScheme(rawValue: number) else {
            throw CodingError(.unknownVariant(UInt32(number)), at: start)
        }
        self = scheme
    }
}
