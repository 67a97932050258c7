internal import COpenSSL
internal import CSHA256
internal import Primitives

/// SHA-256 (FIPS 180-4), without an allocation or a look-up per call.
///
/// Bytes of any number go through OpenSSL, which uses the best code for the processor. Tree nodes, which are hashed by
/// the million, go through a shim of our own where the processor has SHA instructions.
enum SHA256 {
    /// Whether the processor has SHA instructions: asked once.
    static let hasInstructions = cairn_sha256_has_instructions()

    static func hash(_ bytes: Span<UInt8>) -> Digest {
        var output = InlineArray<32, UInt8>(repeating: 0)
        // The shim reads `count` bytes and writes 32, and keeps neither pointer.
        bytes.withUnsafeBufferPointer { input in
            output.withMutablePointer { cairn_openssl_sha256(input.baseAddress, input.count, $0) }
        }
        return Digest(copying: output.span, at: 0)
    }

    static func hash(tag: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        hasInstructions ? hashWithInstructions(tag: tag, left, right) : hashPortably(tag: tag, left, right)
    }

    static func hashPairs(tag: UInt8, _ pairs: [(Digest, Digest)]) -> [Digest] {
        guard hasInstructions else { return pairs.map { hashPortably(tag: tag, $0, $1) } }
        var digests: [Digest] = []
        digests.reserveCapacity(pairs.count)
        for index in stride(from: 0, to: pairs.count - 1, by: 2) {
            let (first, second) = hashTwoWithInstructions(tag: tag, pairs[index], pairs[index + 1])
            digests.append(first)
            digests.append(second)
        }
        if let last = pairs.last, !pairs.count.isMultiple(of: 2) {
            digests.append(hashWithInstructions(tag: tag, last.0, last.1))
        }
        return digests
    }
}

// MARK: - Tree nodes

extension SHA256 {
    static func hashPortably(tag: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        let (l, r) = (left.words, right.words)
        let words: [8 of UInt64] = [l[0], l[1], l[2], l[3], r[0], r[1], r[2], r[3]]
        // The tag moves all bytes by one: each word takes its first byte from the word before. 65 bytes of 72 count.
        let shifted = [9 of UInt64] { index in
            let before = index == 0 ? UInt64(tag) : words[index - 1]
            return (before << 56 | (index < 8 ? words[index] >> 8 : 0)).bigEndian
        }
        var output = InlineArray<32, UInt8>(repeating: 0)
        // The shim reads 65 bytes and writes 32, and keeps neither pointer.
        shifted.withPointer { input in output.withMutablePointer { cairn_openssl_sha256(input, 65, $0) } }
        return Digest(copying: output.span, at: 0)
    }

    /// Demands `hasInstructions`.
    static func hashWithInstructions(tag: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        let (first, second) = (left.words, right.words)
        let words: [8 of UInt64] = [
            first[0], first[1], first[2], first[3], second[0], second[1], second[2], second[3],
        ]
        var output = [4 of UInt64](repeating: 0)
        // The shim reads 8 words and writes 4, and keeps neither pointer.
        words.withPointer { input in output.withMutablePointer { cairn_sha256_pair(tag, input, $0) } }
        return Digest(words: output)
    }

    /// Demands `hasInstructions`.
    static func hashTwoWithInstructions(
        tag: UInt8, _ first: (Digest, Digest), _ second: (Digest, Digest)
    ) -> (Digest, Digest) {
        let (a, b, c, d) = (first.0.words, first.1.words, second.0.words, second.1.words)
        let words: [16 of UInt64] = [
            a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3], c[0], c[1], c[2], c[3], d[0], d[1], d[2], d[3],
        ]
        var output = [8 of UInt64](repeating: 0)
        // The shim reads 16 words and writes 8, and keeps neither pointer.
        words.withPointer { input in output.withMutablePointer { cairn_sha256_two_pairs(tag, input, $0) } }
        return (
            Digest(words: [output[0], output[1], output[2], output[3]]),
            Digest(words: [output[4], output[5], output[6], output[7]])
        )
    }
}
