package import Primitives

/// ECDSA on P-256 (FIPS 186-4) over a 32-byte digest, with low s, by OpenSSL.
///
/// Keys are compressed (33 bytes, SEC 1), signatures r and s, 32 bytes each, big-endian.
package enum P256 {
    /// Whether the signature is valid for the digest and its s is at most half of the group's order.
    package static func verify(digest: Digest, publicKey: [UInt8], signature: Signature) -> Bool {
        guard publicKey.count == 33 else { return false }
        return verify(digest: digest, publicKey: InlineBytes(copying: publicKey.span, at: 0), signature)
    }

    static func verify(digest: Digest, publicKey: InlineBytes<33>, _ signature: Signature) -> Bool {
        guard hasLowS(signature), let key = EllipticKey(.p256, publicKey: publicKey.storage.span) else { return false }
        return key.verify(digest, signature)
    }

    /// A key in compressed form from its compressed or uncompressed one (SEC 1), or nil if it is no point.
    package static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        EllipticKey(.p256, publicKey: bytes.span)?.compressed.bytes
    }
}

// MARK: - Low s

extension P256 {
    /// Half of the group's order, rounded down.
    static let halfOrder = EllipticCurve.p256.order.quotientAndRemainder(dividingBy: 2).quotient

    static func hasLowS(_ signature: Signature) -> Bool {
        !(halfOrder < UInt256(bigEndian: signature.storage.span, at: 32))
    }

    /// The signature with the lower of the two values of s that are valid together, s and the order less s.
    static func withLowS(_ signature: Signature) -> Signature {
        let s = UInt256(bigEndian: signature.storage.span, at: 32)
        guard halfOrder < s, let lower = EllipticCurve.p256.order.subtracting(s) else { return signature }
        let bytes = lower.bigEndianBytes
        var lowered = signature
        for index in 0..<32 { lowered.storage[32 + index] = bytes[index] }
        return lowered
    }
}
