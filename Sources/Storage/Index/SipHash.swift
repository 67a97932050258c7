/// SipHash (Aumasson and Bernstein 2012), the 64-bit form: a short hash under a key, so that who does not know the key
/// cannot make things collide.
package struct SipHash: Sendable {
    /// The 128-bit key, its first eight bytes as a little-endian integer, then the others.
    package let key: (UInt64, UInt64)
    /// The paper's c and d: rounds for each eight bytes, and rounds at the end.
    package let rounds: (compression: Int, finalization: Int)

    package init(key: (UInt64, UInt64), compression: Int, finalization: Int) {
        self.key = key
        rounds = (compression, finalization)
    }

    /// The hash of `bytes`, followed by `suffix` if there is one.
    package func hash(_ bytes: Span<UInt8>, suffix: UInt8? = nil) -> UInt64 {
        var state = State(key)
        let wholeWords = bytes.count / 8
        for word in 0..<wholeWords { state.compress(Self.word(bytes, at: 8 * word), rounds.compression) }
        var last: UInt64 = 0
        var used = 0
        for index in 8 * wholeWords..<bytes.count {
            last |= UInt64(bytes[index]) << (8 * used)
            used += 1
        }
        if let suffix {
            last |= UInt64(suffix) << (8 * used)
            used += 1
        }
        if used == 8 {
            state.compress(last, rounds.compression)
            last = 0
        }
        let length = bytes.count + (suffix == nil ? 0 : 1)
        state.compress(last | UInt64(truncatingIfNeeded: length) << 56, rounds.compression)
        return state.finish(rounds.finalization)
    }

    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
        let part = bytes.extracting(offset..<offset + 8)
        var word: UInt64 = 0
        for index in 0..<8 { word |= UInt64(part[index]) << (8 * index) }
        return word
    }
}

extension SipHash {
    private struct State {
        var (first, second, third, fourth): (UInt64, UInt64, UInt64, UInt64)

        init(_ key: (UInt64, UInt64)) {
            first = key.0 ^ 0x736f_6d65_7073_6575
            second = key.1 ^ 0x646f_7261_6e64_6f6d
            third = key.0 ^ 0x6c79_6765_6e65_7261
            fourth = key.1 ^ 0x7465_6462_7974_6573
        }

        @inline(__always)
        mutating func compress(_ word: UInt64, _ rounds: Int) {
            fourth ^= word
            mix(rounds)
            first ^= word
        }

        mutating func finish(_ rounds: Int) -> UInt64 {
            third ^= 0xFF
            mix(rounds)
            return first ^ second ^ third ^ fourth
        }

        @inline(__always)
        private mutating func mix(_ rounds: Int) {
            for _ in 0..<rounds {
                first &+= second
                second = Self.rotate(second, 13) ^ first
                first = Self.rotate(first, 32)
                third &+= fourth
                fourth = Self.rotate(fourth, 16) ^ third
                first &+= fourth
                fourth = Self.rotate(fourth, 21) ^ first
                third &+= second
                second = Self.rotate(second, 17) ^ third
                third = Self.rotate(third, 32)
            }
        }

        @inline(__always)
        private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
            word &<< count | word &>> (64 &- count)
        }
    }
}
