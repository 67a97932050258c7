package import Primitives

/// SM2 signatures (GB/T 32918.2-2016) on the recommended curve (GB/T 32918.5-2017), with SM3.
///
/// What is signed is a digest of 32 bytes, as a message. Keys are compressed (33 bytes), signatures r and s, 32 bytes
/// each, big-endian; both are from 1 to the group's order less 1, and there is no rule of low s, as no second valid
/// signature can be made of one.
package enum SM2 {
    /// Who signs, by the standard's default (GM/T 0009-2012, section 10), where parties have agreed on nothing else.
    package static let identifier = Array("1234567812345678".utf8)

    /// Whether the signature of the digest is valid. Every check of SM2 goes through here.
    package static func verify(digest: Digest, publicKey: InlineBytes<33>, signature: Signature) -> Bool {
        let message = digest.inlineBytes
        return SM2Verification.verify(
            message: message.span, publicKey: publicKey, signature: signature, hash: SM3.hash)
    }

    /// A key in compressed form from its compressed or uncompressed one (SEC 1), or nil if it is no point.
    package static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        EllipticKey(.sm2, publicKey: bytes.span)?.compressed.bytes
    }
}

// MARK: - What is hashed

extension SM2 {
    /// Coefficients and generator of the recommended curve: a, b, x, y.
    private static let curveBytes =
        [UInt8](
            hexadecimal: "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
                + "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
                + "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
                + "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0") ?? []

    private static let defaultPrefix = identityPrefix(of: identifier)

    /// What is hashed before a key's coordinates: the identifier's length in bits, the identifier, the curve.
    private static func identityPrefix(of identifier: [UInt8]) -> [UInt8] {
        precondition(isIdentifier(identifier), "the length in bits has 16 bits")
        let bits = identifier.count * 8
        return [UInt8(bits >> 8), UInt8(bits & 255)] + identifier + curveBytes
    }

    /// Whether the identifier is short enough: its length in bits is hashed as 16 bits.
    static func isIdentifier(_ bytes: [UInt8]) -> Bool { bytes.count < 1 << 13 }

    /// The standard's Z: the hash of the signer's identifier, the curve and the key (GB/T 32918.2, section 5.5), by
    /// the key's coordinates x and y. Demands an identifier that `isIdentifier`.
    static func identity(
        _ coordinates: InlineArray<64, UInt8>, identifier: [UInt8] = identifier,
        hash: (Span<UInt8>) -> Digest = SM3.hash
    ) -> Digest {
        var bytes = identifier == Self.identifier ? defaultPrefix : identityPrefix(of: identifier)
        bytes.reserveCapacity(bytes.count + 64)
        for index in coordinates.indices { bytes.append(coordinates[index]) }
        return hash(bytes.span)
    }

    /// The standard's e: the hash of Z and the message.
    static func challenge(
        identity: Digest, message: Span<UInt8>, hash: (Span<UInt8>) -> Digest = SM3.hash
    ) -> Digest {
        var bytes = identity.bytes
        bytes.reserveCapacity(bytes.count + message.count)
        for index in message.indices { bytes.append(message[index]) }
        return hash(bytes.span)
    }
}
