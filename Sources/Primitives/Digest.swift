/// The 32-byte output of the chain's hash function.
package struct Digest: FixedBytes, BitwiseCopyable {
    private let word0, word1, word2, word3: UInt64

    package static let byteCount = 32
    package static let zero = Digest(0, 0, 0, 0)

    private init(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
        (self.word0, self.word1, self.word2, self.word3) = (word0, word1, word2, word3)
    }

    package init(copying source: Span<UInt8>, at offset: Int) {
        self.init(
            loadBigEndian(source, offset), loadBigEndian(source, offset + 8),
            loadBigEndian(source, offset + 16), loadBigEndian(source, offset + 24))
    }

    package func append(to bytes: inout [UInt8]) {
        appendWords(
            [word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian], byteCount: Self.byteCount, to: &bytes)
    }

    /// Writes the 32 bytes over those at `offset`.
    package func store(to bytes: inout MutableSpan<UInt8>, at offset: Int) {
        // Any bits are a valid UInt8, and the stores check the bounds.
        var raw = unsafe bytes.mutableBytes
        raw.storeBytes(of: word0.bigEndian, toByteOffset: offset, as: UInt64.self)
        raw.storeBytes(of: word1.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
        raw.storeBytes(of: word2.bigEndian, toByteOffset: offset + 16, as: UInt64.self)
        raw.storeBytes(of: word3.bigEndian, toByteOffset: offset + 24, as: UInt64.self)
    }

    /// The bytes as four big-endian words, the first bytes first.
    package var words: [4 of UInt64] { [word0, word1, word2, word3] }

    package init(words: [4 of UInt64]) { self.init(words[0], words[1], words[2], words[3]) }

    /// Bit `index` of 256, counted from the most significant bit of the first byte.
    package func bit(at index: Int) -> Bool {
        let word: UInt64 =
            switch index >> 6 {
            case 0: word0
            case 1: word1
            case 2: word2
            default: word3
            }
        return word &>> (63 - UInt64(index & 63)) & 1 == 1
    }

    /// The four bits at `index` of 64, counted from the first byte's upper half.
    package func nibble(at index: Int) -> Int {
        let word: UInt64 =
            switch index >> 4 {
            case 0: word0
            case 1: word1
            case 2: word2
            default: word3
            }
        return Int(truncatingIfNeeded: word &>> (60 - 4 * UInt64(index & 15)) & 15)
    }

    package static func < (left: Digest, right: Digest) -> Bool {
        if left.word0 != right.word0 { return left.word0 < right.word0 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        if left.word2 != right.word2 { return left.word2 < right.word2 }
        return left.word3 < right.word3
    }
}
