/// A Bloom filter in cache lines (Putze, Sanders and Singler 2007): a key sets one bit in each of the eight words of
/// one line. With twelve bits a key about one look-up in a hundred for what is not there finds all eight set.
///
/// A key's upper bits choose its line, so that ascending keys fill a filter from its start to its end.
struct BlockedBloomFilter: Sendable {
    static let wordsPerLine = 8
    static let bytesPerLine = 64

    private let words: [UInt64]

    init(bytes: [UInt8]) {
        words = stride(from: 0, to: bytes.count, by: 8).map { loadLittleEndian(bytes, at: $0) }
    }

    var byteCount: Int { 8 * words.count }

    /// False only if the key is not there.
    func mayContain(_ key: IndexKey) -> Bool {
        let lineCount = words.count / Self.wordsPerLine
        guard lineCount > 0 else { return false }
        let start = Self.line(of: key, lineCount: lineCount) * Self.wordsPerLine
        let bits = Self.bits(of: key)
        for word in 0..<Self.wordsPerLine where words[start + word] & Self.bit(word, of: bits) == 0 { return false }
        return true
    }

    static func lineCount(forKeys keyCount: Int) -> Int {
        (keyCount * StorageLimits.indexFilterBitsPerKey + 8 * bytesPerLine - 1) / (8 * bytesPerLine)
    }

    @inline(__always)
    fileprivate static func line(of key: IndexKey, lineCount: Int) -> Int {
        Int(truncatingIfNeeded: key.rawValue.multipliedFullWidth(by: UInt64(lineCount)).high)
    }

    /// 48 bits, six for each word of the line. The multiplication (by 2^64 over the golden ratio) is there because
    /// keys of one line have their upper bits in common.
    @inline(__always)
    fileprivate static func bits(of key: IndexKey) -> UInt64 { (key.rawValue &* 0x9E37_79B9_7F4A_7C15) &>> 16 }

    @inline(__always)
    fileprivate static func bit(_ word: Int, of bits: UInt64) -> UInt64 {
        1 &<< (bits &>> UInt64(truncatingIfNeeded: 6 &* word) & 63)
    }
}

extension BlockedBloomFilter {
    /// Makes a filter's bytes from ascending keys, a line at a time.
    struct Builder {
        private let lineCount: Int
        private var line = 0
        private var words = [UInt64](repeating: 0, count: wordsPerLine)
        /// What is finished; the caller takes it away.
        var bytes: [UInt8] = []

        init(lineCount: Int) { self.lineCount = lineCount }

        mutating func insert(_ key: IndexKey) {
            let next = BlockedBloomFilter.line(of: key, lineCount: lineCount)
            while line < next { finishLine() }
            let bits = BlockedBloomFilter.bits(of: key)
            for word in 0..<wordsPerLine { words[word] |= BlockedBloomFilter.bit(word, of: bits) }
        }

        mutating func finish() { while line < lineCount { finishLine() } }

        private mutating func finishLine() {
            for word in 0..<wordsPerLine {
                appendLittleEndian(words[word], to: &bytes)
                words[word] = 0
            }
            line += 1
        }
    }
}
