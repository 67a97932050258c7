package import Primitives

/// A public key with its scheme: 32 bytes for Ed25519, 33 (compressed) for the others.
///
/// Coded as the scheme's number and the key's bytes. Only the length is checked here: whether the bytes are a point
/// is part of verification, where a bad key is a bad signature.
package struct PublicKey: Hashable, Sendable, CanonicalCodable, CustomStringConvertible {
    package let scheme: SignatureScheme
    /// The key, padded with zeros at the end.
    let padded: InlineBytes<33>

    /// The key of these bytes, or nil if their number is not the scheme's.
    package init?(scheme: SignatureScheme, bytes: [UInt8]) {
        guard bytes.count == scheme.publicKeyByteCount else { return nil }
        self.scheme = scheme
        padded = InlineBytes(copying: (bytes + [UInt8](repeating: 0, count: 33 - bytes.count)).span, at: 0)
    }

    package var bytes: [UInt8] { Array(padded.bytes.prefix(scheme.publicKeyByteCount)) }

    package var description: String { "\(scheme):\(bytes.hexadecimal)" }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(scheme.rawValue)
        encoder.bytes.append(contentsOf: bytes)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        scheme = try SignatureScheme(from: &decoder)
        switch scheme {
        case .ed25519:
            padded = InlineBytes(copying: (try decoder.decodeFixed(InlineBytes<32>.self).bytes + [0]).span, at: 0)
        case .secp256k1, .p256, .sm2:
            padded = try decoder.decodeFixed(InlineBytes<33>.self)
        }
    }
}
