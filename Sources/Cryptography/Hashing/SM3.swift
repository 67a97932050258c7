internal import CSM3
internal import Primitives

/// SM3 (GB/T 32905-2016), the hash of the national suite.
///
/// Our own, as it is asked for public data only: OpenSSL's costs a context per call. Tree nodes, which are hashed by the
/// million, go through a shim in the lanes of wide vectors where the processor has them.
enum SM3 {
    static let blockByteCount = 64

    /// How many nodes the processor hashes at once: asked once. None if it has no wide vectors.
    static let lanes = Int(cairn_sm3_lanes())

    static func hash(_ bytes: Span<UInt8>) -> Digest {
        var state = SM3State()
        var offset = 0
        while bytes.count - offset >= blockByteCount {
            state.compress(block(of: bytes, at: offset))
            offset += blockByteCount
        }
        state.finish(bytes.extracting(offset..<bytes.count), messageByteCount: bytes.count)
        return state.digest
    }

    static func hash(tag: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        let blocks = nodeBlocks(tag, left, right)
        var state = SM3State()
        state.compress(blocks.first)
        state.compress(blocks.last)
        return state.digest
    }

    /// Hashes the pairs of a list of digests, as many at a time as the processor can, into the first of `digests`.
    static func hashPairs(tag: UInt8, _ list: Span<Digest>, into digests: inout MutableSpan<Digest>) {
        hashPairs(tag: tag, list, lanes: lanes, into: &digests)
    }

    /// The 64 bytes at `offset`, as words. Demands that they are there.
    @inline(__always)
    private static func block(of bytes: Span<UInt8>, at offset: Int) -> InlineArray<16, UInt32> {
        precondition(offset >= 0 && bytes.count - offset >= blockByteCount)
        return InlineArray { index in
            // In bounds by the check above; any bits are a valid UInt32.
            UInt32(
                bigEndian: unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset + 4 * index, as: UInt32.self))
        }
    }
}

extension SM3State {
    /// The words as bytes.
    fileprivate var digest: Digest {
        Digest(words: [4 of UInt64] { UInt64(words[2 * $0]) << 32 | UInt64(words[2 * $0 + 1]) })
    }

    /// Takes up the message's last bytes, fewer than a block, with the padding (section 5.2): a one, zeros, and the
    /// message's length in bits.
    fileprivate mutating func finish(_ rest: Span<UInt8>, messageByteCount: Int) {
        var block = InlineArray<16, UInt32>(repeating: 0)
        for index in 0..<rest.count { block[index / 4] |= UInt32(rest[index]) << UInt32(24 - 8 * (index % 4)) }
        block[rest.count / 4] |= 0x80 << UInt32(24 - 8 * (rest.count % 4))
        if rest.count >= SM3.blockByteCount - 8 {
            compress(block)
            block = InlineArray(repeating: 0)
        }
        let bits = UInt64(messageByteCount) &* 8
        block[14] = UInt32(truncatingIfNeeded: bits >> 32)
        block[15] = UInt32(truncatingIfNeeded: bits)
        compress(block)
    }
}

// MARK: - Tree nodes

extension SM3 {
    /// The two blocks of a tag and two digests, 65 bytes, with their padding.
    @inline(__always)
    private static func nodeBlocks(
        _ tag: UInt8, _ left: Digest, _ right: Digest
    ) -> (first: InlineArray<16, UInt32>, last: InlineArray<16, UInt32>) {
        let (l, r) = (left.words, right.words)
        let words: [8 of UInt64] = [l[0], l[1], l[2], l[3], r[0], r[1], r[2], r[3]]
        var first = InlineArray<16, UInt32>(repeating: 0)
        // The tag moves all bytes by one: each word takes its first byte from the word before.
        var before = UInt64(tag)
        for index in 0..<8 {
            let shifted = before << 56 | words[index] >> 8
            first[2 * index] = UInt32(truncatingIfNeeded: shifted >> 32)
            first[2 * index + 1] = UInt32(truncatingIfNeeded: shifted)
            before = words[index]
        }
        var last = InlineArray<16, UInt32>(repeating: 0)
        last[0] = UInt32(truncatingIfNeeded: before) << 24 | 0x80_0000
        last[15] = 65 * 8
        return (first, last)
    }

    /// What `hashPairs` does with so many lanes: 16, 8 or none; the processor must have them.
    static func hashPairs(tag: UInt8, _ list: Span<Digest>, lanes: Int, into digests: inout MutableSpan<Digest>) {
        let count = list.count / 2
        precondition(list.count.isMultiple(of: 2) && count <= digests.count)
        var index = 0
        // A call takes the time of about a third of its lanes one by one, however many of them are used.
        while lanes > 0, (count - index) * 3 > lanes {
            let end = min(index + lanes, count)
            hashTogether(tag, list, index..<end, lanes, into: &digests)
            index = end
        }
        for index in index..<count { digests[index] = hash(tag: tag, list[2 * index], list[2 * index + 1]) }
    }

    private static func hashTogether(
        _ tag: UInt8, _ list: Span<Digest>, _ range: Range<Int>, _ lanes: Int, into digests: inout MutableSpan<Digest>
    ) {
        // Words for 16 lanes, the most that there are.
        var input = [128 of UInt64](repeating: 0)
        var output = [64 of UInt64](repeating: 0)
        for place in 0..<2 * range.count {
            let words = list[2 * range.lowerBound + place].words
            for index in 0..<4 { input[4 * place + index] = words[index] }
        }
        // The shim reads 8 words and writes 4 for each lane, and keeps neither pointer.
        input.withPointer { input in
            output.withMutablePointer { output in
                lanes == 16
                    ? cairn_sm3_sixteen_pairs(tag, input, output) : cairn_sm3_eight_pairs(tag, input, output)
            }
        }
        for lane in 0..<range.count {
            digests[range.lowerBound + lane] = Digest(words: [4 of UInt64] { output[4 * lane + $0] })
        }
    }
}
