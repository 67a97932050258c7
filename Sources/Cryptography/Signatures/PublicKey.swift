package import Primitives

/// A public key with its scheme: 32 bytes for Ed25519, 33 (compressed) for the others.
///
/// Coded as the scheme's number and the key's bytes. Only the length is checked here: whether the bytes are a point
/// is part of verification, where a bad key is a bad signature.
package struct PublicKey: Hashable, Sendable, CanonicalCodable, CustomStringConvertible {
    package let scheme: SignatureScheme
    // In words and not as an array in place, as generic types are looked up at run time in other modules.
    private let first32: Digest
    /// Zero for Ed25519.
    private let last: UInt8

    /// The key of these bytes, or nil if their number is not the scheme's.
    package init?(scheme: SignatureScheme, bytes: [UInt8]) {
        guard bytes.count == scheme.publicKeyByteCount else { return nil }
        self.scheme = scheme
        first32 = Digest(copying: bytes.span, at: 0)
        last = bytes.count > 32 ? bytes[32] : 0
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(33)
        append(to: &bytes)
        return bytes
    }

    /// Appends the key's bytes.
    func append(to bytes: inout [UInt8]) {
        first32.append(to: &bytes)
        if scheme.publicKeyByteCount > 32 { bytes.append(last) }
    }

    /// The key, padded with zeros at the end.
    var padded: InlineBytes<33> {
        var padded = InlineBytes<33>(repeating: last)
        let bytes = first32.inlineBytes
        for index in bytes.indices { padded.storage[index] = bytes[index] }
        return padded
    }

    /// The first 32 bytes: all of an Ed25519 key.
    var first32Bytes: InlineBytes<32> { InlineBytes(copying: first32.inlineBytes.span, at: 0) }

    package var description: String { "\(scheme):\(bytes.hexadecimal)" }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(scheme.rawValue)
        append(to: &encoder.bytes)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        scheme = try SignatureScheme(from: &decoder)
        let start = decoder.offset
        guard decoder.remaining >= scheme.publicKeyByteCount else { throw CodingError(.truncated, at: start) }
        first32 = try decoder.decode(Digest.self)
        last = scheme.publicKeyByteCount > 32 ? try decoder.decode(UInt8.self) : 0
    }
}
