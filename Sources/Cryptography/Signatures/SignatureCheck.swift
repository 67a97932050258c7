package import Primitives

/// A signature: 64 bytes in every scheme (R and S, or r and s, big-endian for ECDSA and SM2).
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

    /// The answer by the scheme's one rule. It takes 25 to 70 microseconds; many checks belong to a `SignatureVerifier`.
    package var isValid: Bool {
        switch publicKey.scheme {
        case .ed25519:
            Ed25519.verify(
                message: digest.inlineBytes.span, publicKey: publicKey.first32Bytes,
                signature)
        case .secp256k1: Secp256k1.verify(digest: digest, publicKey: publicKey.padded, signature)
        case .p256: P256.verify(digest: digest, publicKey: publicKey.padded, signature)
        case .sm2: SM2.verify(digest: digest, publicKey: publicKey.padded, signature: signature)
        }
    }
}

/// Answers many signature checks at once.
package protocol SignatureVerifier: Sendable {
    /// For each check, whether the signature is valid by its scheme's one rule.
    func verify(_ checks: [SignatureCheck]) -> [Bool]
}

/// Checks on the caller's thread.
package struct SerialVerifier: SignatureVerifier {
    private let history = BatchHistory()

    package init() {}

    package func verify(_ checks: [SignatureCheck]) -> [Bool] {
        let content = SignatureChunks(checks, threadCount: 1)
        var answers = [Bool](repeating: false, count: checks.count)
        for range in content.ranges { content.verify(range, history: history) { answers[$0] = $1 } }
        return answers
    }
}
