package import Primitives

/// A public key with its scheme: 32 bytes for Ed25519, 33 (compressed) for secp256k1.
///
/// Coded as the scheme's number and the key's bytes. Only the length is checked here: whether the bytes are a point
/// is part of verification, where a bad key is a bad signature.
package struct PublicKey: Hashable, Sendable, CanonicalCodable, CustomStringConvertible {
    package let scheme: SignatureScheme
    /// The key, padded with zeros at the end.
    private let padded: InlineBytes<33>

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
        case .secp256k1:
            padded = try decoder.decodeFixed(InlineBytes<33>.self)
        }
    }
}

extension SignatureScheme: CanonicalEncodable, CanonicalDecodable {
    package var publicKeyByteCount: Int {
        switch self {
        case .ed25519: 32
        case .secp256k1: 33
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

/// A signature: 64 bytes in every scheme (R and S, or r and s, big-endian for ECDSA).
package typealias Signature = InlineBytes<64>

/// One question to a verifier: did the holder of `publicKey` sign `digest`?
package struct SignatureCheck: Hashable, Sendable {
    package let publicKey: PublicKey
    package let digest: Digest
    package let signature: Signature

    package init(publicKey: PublicKey, digest: Digest, signature: Signature) {
        self.publicKey = publicKey
        self.digest = digest
        self.signature = signature
    }
}

/// Answers many signature checks at once.
package protocol SignatureVerifier: Sendable {
    /// For each check, whether the signature is valid by its scheme's one rule.
    func verify(_ checks: [SignatureCheck]) -> [Bool]
}

/// A private key in use, wherever it is kept: in memory, or in a token that never gives it out.
package protocol SigningKey: Sendable {
    var publicKey: PublicKey { get }
    func sign(_ digest: Digest) throws(KeyError) -> Signature
}

extension PublicKey {
    package func address(in suite: Suite) -> Address? { Address(Array(suite.hash([1] + bytes).bytes.suffix(20))) }
}
