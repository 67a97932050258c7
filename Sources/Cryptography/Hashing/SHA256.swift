internal import COpenSSL
internal import CSHA256
internal import Primitives

/// SHA-256 (FIPS 180-4), without an allocation or a look-up per call.
///
/// Bytes of any number go through OpenSSL, which uses the best code for the processor. Tree nodes, which are hashed by
/// the million, go through a shim of our own where the processor has SHA instructions or 512-bit registers.
enum SHA256 {
    /// Whether the processor has SHA instructions: asked once.
    static let hasInstructions = cairn_sha256_has_instructions()
    /// Whether the processor has 512-bit registers, which take 16 nodes at a time: asked once.
    static let hasWideRegisters = cairn_sha256_has_wide_registers()

    static func hash(_ bytes: Span<UInt8>) -> Digest {
        var output = InlineArray<32, UInt8>(repeating: 0)
        // The shim reads `count` bytes and writes 32, and keeps neither pointer.
        bytes.withUnsafeBufferPointer { input in
            output.withMutablePointer { cairn_openssl_sha256(input.baseAddress, input.count, $0) }
        }
        return Digest(copying: output.span, at: 0)
    }

    /// The hash of bytes behind a prefix, without joining the two.
    static func hash(_ prefix: Span<UInt8>, _ bytes: Span<UInt8>) -> Digest {
        var output = InlineArray<32, UInt8>(repeating: 0)
        // The shim reads as many bytes as it is told and writes 32, and keeps no pointer.
        prefix.withUnsafeBufferPointer { prefix in
            bytes.withUnsafeBufferPointer { input in
                output.withMutablePointer {
                    cairn_openssl_sha256_after(prefix.baseAddress, prefix.count, input.baseAddress, input.count, $0)
                }
            }
        }
        return Digest(copying: output.span, at: 0)
    }

    static func hash(tag: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        hasInstructions ? hashWithInstructions(tag: tag, left, right) : hashPortably(tag: tag, left, right)
    }

    /// Hashes the pairs of a list of digests, 16 at a time where the processor can, into the first of `digests`.
    static func hashPairs(tag: UInt8, _ list: Span<Digest>, into digests: inout MutableSpan<Digest>) {
        let count = list.count / 2
        precondition(list.count.isMultiple(of: 2) && count <= digests.count)
        let wide = hasWideRegisters ? count / 16 * 16 : 0
        if wide > 0 { hashPairsOf16(tag: tag, list, wide / 16, into: &digests) }
        if hasInstructions {
            hashPairsWithInstructions(tag: tag, list, wide..<count, into: &digests)
        } else {
            for index in wide..<count {
                digests[index] = hashPortably(tag: tag, list[2 * index], list[2 * index + 1])
            }
        }
    }
}

// MARK: - Tree nodes

extension SHA256 {
    static func hashPortably(tag: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        let words = words(left, right)
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
        let words = words(left, right)
        var output = [4 of UInt64](repeating: 0)
        // The shim reads 8 words and writes 4, and keeps neither pointer.
        words.withPointer { input in output.withMutablePointer { cairn_sha256_pairs(tag, input, 1, $0) } }
        return Digest(words: output)
    }

    private static func words(_ left: Digest, _ right: Digest) -> [8 of UInt64] {
        let (l, r) = (left.words, right.words)
        return [l[0], l[1], l[2], l[3], r[0], r[1], r[2], r[3]]
    }

    /// Demands `hasInstructions`.
    static func hashPairsWithInstructions(
        tag: UInt8, _ list: Span<Digest>, _ range: Range<Int>, into digests: inout MutableSpan<Digest>
    ) {
        guard !range.isEmpty else { return }
        withWords(list, range, &digests) { cairn_sha256_pairs(tag, $0, range.count, $1) }
    }

    /// Hashes the first `count` times 16 pairs. Demands `hasWideRegisters`.
    static func hashPairsOf16(
        tag: UInt8, _ list: Span<Digest>, _ count: Int, into digests: inout MutableSpan<Digest>
    ) {
        withWords(list, 0..<16 * count, &digests) { cairn_sha256_pairs_of_16(tag, $0, count, $1) }
    }

    /// Lends the words of some pairs of a list and of as many digests to a C function, which reads 8 words for a pair,
    /// writes 4 for a digest, and keeps neither pointer.
    private static func withWords(
        _ list: Span<Digest>, _ range: Range<Int>, _ digests: inout MutableSpan<Digest>,
        _ body: (UnsafePointer<UInt64>, UnsafeMutablePointer<UInt64>) -> Void
    ) {
        precondition(2 * range.upperBound <= list.count && range.upperBound <= digests.count && !range.isEmpty)
        list.withUnsafeBytes { input in
            digests.withUnsafeMutableBytes { output in
                guard let input = input.baseAddress, let output = output.baseAddress else { return }
                // A digest is four words, so many of them are words too.
                body(
                    (input + 2 * range.lowerBound * Digest.byteCount).assumingMemoryBound(to: UInt64.self),
                    (output + range.lowerBound * Digest.byteCount).assumingMemoryBound(to: UInt64.self))
            }
        }
    }
}
