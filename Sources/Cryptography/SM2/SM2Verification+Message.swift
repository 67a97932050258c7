package import Primitives

extension SM2Verification {
    /// The identifier where parties have agreed on none (GM/T 0009).
    package static let defaultIdentifier = Array("1234567812345678".utf8)

    /// Whether a signature of a message is valid for the key and the signer's identifier.
    ///
    /// False if the identifier has 8,192 bytes or more: its length in bits is hashed as 16 bits.
    ///
    /// - Parameter hash: SM3; any other hash makes another scheme.
    package static func verify(
        message: Span<UInt8>, publicKey: InlineBytes<33>, signature: Signature,
        identifier: [UInt8] = defaultIdentifier, hash: (Span<UInt8>) -> Digest
    ) -> Bool {
        guard let point = SM2AffinePoint(compressed: publicKey),
            let prefix = signerDigest(publicKey: point, identifier: identifier, hash: hash)
        else { return false }
        var hashed = prefix.bytes
        hashed.reserveCapacity(hashed.count + message.count)
        for index in message.indices { hashed.append(message[index]) }
        let e = hash(hashed.span)
        return isValid(e: UInt256(bigEndian: e.inlineBytes.span, at: 0), publicKey: point, signature: signature)
    }

    /// ZA (GB/T 32918.2, 5.5): the hash of the identifier's length in bits, the identifier, a, b, G and P. Nil if the
    /// identifier is too long.
    static func signerDigest(
        publicKey: SM2AffinePoint, identifier: [UInt8], hash: (Span<UInt8>) -> Digest
    ) -> Digest? {
        guard let bitCount = UInt16(exactly: identifier.count * 8) else { return nil }
        let hashed =
            [UInt8(bitCount >> 8), UInt8(bitCount & 0xFF)] + identifier + curveBytes + publicKey.bytes
        return hash(hashed.span)
    }

    /// a = -3, b and G.
    private static let curveBytes: [UInt8] = {
        let three = SM2FieldElement.one + .one + .one
        let (b, base) = SM2AffinePoint.parameters
        return (-three).bigEndianBytes + b.bigEndianBytes + base.bytes
    }()
}
