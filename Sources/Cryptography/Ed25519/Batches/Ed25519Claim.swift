internal import Primitives

/// What a check claims: that [8][s]B = [8]R + [8][k]A, with the codings of A and R not yet decoded.
///
/// Bytes stand in words as they lie in memory, the least significant first.
struct Ed25519Claim: Sendable {
    let publicKey: InlineArray<4, UInt64>
    let commitment: InlineArray<4, UInt64>
    let s: InlineArray<4, UInt64>
    /// k = SHA-512(R, A, M) modulo the group's order.
    let challenge: Scalar

    init(publicKey: InlineBytes<32>, _ signature: Signature, challenge: Scalar) {
        self.publicKey = publicKey.storage.span.littleEndianWords(at: 0)
        commitment = signature.storage.span.littleEndianWords(at: 0)
        s = signature.storage.span.littleEndianWords(at: 32)
        self.challenge = challenge
    }

    /// The claim about a message of any length.
    init(message: Span<UInt8>, publicKey: InlineBytes<32>, _ signature: Signature) {
        let hash = Ed25519.challengeHash(
            InlineArray { signature.storage[$0] }, publicKey.storage, message)
        let words = InlineArray<8, UInt64> { index in hash.span.littleEndianWord(at: 8 * index) }
        self.init(publicKey: publicKey, signature, challenge: Scalar(reducing: WideScalar(words: words)))
    }

    /// Everything that the equation depends on, 16 words.
    func append(to words: inout [UInt64]) {
        for part in [publicKey, commitment, s, challenge.words] {
            for index in 0..<4 { words.append(part[index]) }
        }
    }
}

extension Ed25519Claim {
    /// The claims of checks with Ed25519 keys, in their order.
    static func claims(of checks: some RandomAccessCollection<SignatureCheck>, by kernel: Ed25519Kernel) -> [Self] {
        guard kernel == .ifma else { return checks.map { Ed25519Claim($0) } }
        var messages: [UInt64] = []
        messages.reserveCapacity(12 * (checks.count + 7))
        for check in checks {
            messages.append(check.signature.storage.span.littleEndianWords(at: 0))
            messages.append(check.publicKey.first32Bytes.storage.span.littleEndianWords(at: 0))
            for index in 0..<4 { messages.append(check.digest.words[index].byteSwapped) }
        }
        let hashes = kernel.hashes(ofMessages: messages)
        return zip(checks, hashes).map { check, hash in
            Ed25519Claim(
                publicKey: check.ed25519Key, check.signature, challenge: Scalar(reducing: WideScalar(words: hash)))
        }
    }

    private init(_ check: SignatureCheck) {
        self.init(message: check.digest.inlineBytes.span, publicKey: check.ed25519Key, check.signature)
    }
}

extension SignatureCheck {
    /// The first 32 bytes, which are all of an Ed25519 key.
    var ed25519Key: InlineBytes<32> { publicKey.first32Bytes }
}

extension Span<UInt8> {
    /// The eight bytes at `offset` as one word, the first byte least significant.
    @inline(__always)
    func littleEndianWord(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset + 8 <= count)
        // In bounds by the check above; any bits are a valid UInt64.
        return UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    func littleEndianWords(at offset: Int) -> InlineArray<4, UInt64> {
        InlineArray { index in littleEndianWord(at: offset + 8 * index) }
    }
}

extension [UInt64] {
    @inline(__always)
    mutating func append(_ words: InlineArray<4, UInt64>) {
        for index in 0..<4 { append(words[index]) }
    }
}
