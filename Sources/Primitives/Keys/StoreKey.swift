/// A key of the key-value store: up to 64 bytes in place, without an allocation, and up to 1024 in all.
///
/// Ordered as its bytes are, a prefix before what it begins. Building one from (group, space, address, rest) takes
/// a `Builder`.
package struct StoreKey: Hashable, Comparable, Sendable {
    /// The first 64 bytes as big-endian words, padded with zeros: words compare as the bytes do.
    package fileprivate(set) var words: [8 of UInt64]
    /// In bytes.
    package fileprivate(set) var count: Int
    /// What comes after the first 64 bytes; nil if nothing does.
    package fileprivate(set) var overflow: [UInt8]?

    package static let inlineByteCount = 64
    // Made each time: a constant would be asked for whether it is made yet.
    package static var empty: StoreKey { StoreKey() }

    fileprivate init() {
        words = .init(repeating: 0)
        count = 0
        overflow = nil
    }

    /// At most `StoreKeyLimits.byteCountMax` bytes.
    package init(_ bytes: [UInt8]) {
        self.init()
        append(bytes)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        append(to: &bytes)
        return bytes
    }

    /// Appends the key's bytes.
    package func append(to bytes: inout [UInt8]) {
        appendWords(bigEndianWords, byteCount: min(count, Self.inlineByteCount), to: &bytes)
        if let overflow { bytes.append(contentsOf: overflow) }
    }

    /// The words as their bytes lie in memory.
    private var bigEndianWords: [8 of UInt64] {
        [
            words[0].bigEndian, words[1].bigEndian, words[2].bigEndian, words[3].bigEndian,
            words[4].bigEndian, words[5].bigEndian, words[6].bigEndian, words[7].bigEndian,
        ]
    }

    package subscript(index: Int) -> UInt8 {
        if index >= Self.inlineByteCount, let overflow { return overflow[index - Self.inlineByteCount] }
        precondition(index >= 0 && index < count)
        return UInt8(truncatingIfNeeded: words[index >> 3] &>> UInt64(56 - 8 * (index & 7)))
    }

    /// The number of words that hold bytes of the key.
    @inline(__always)
    private var usedWordCount: Int { min(8, (count + 7) >> 3) }

    @inline(__always)
    package static func == (left: StoreKey, right: StoreKey) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.usedWordCount where left.words[index] != right.words[index] { return false }
        return left.count <= inlineByteCount || left.overflow == right.overflow
    }

    /// Feeds only the words that are used.
    @inline(__always)
    package func hash(into hasher: inout Hasher) {
        for index in 0..<usedWordCount { hasher.combine(words[index]) }
        hasher.combine(count)
        if let overflow { hasher.combine(overflow) }
    }

    @inline(__always)
    package static func < (left: StoreKey, right: StoreKey) -> Bool {
        for index in 0..<min(left.usedWordCount, right.usedWordCount) where left.words[index] != right.words[index] {
            return left.words[index] < right.words[index]
        }
        // The padding is zero: of two keys whose common words agree, one is the other with zeros added, or both
        // go on beyond the words.
        if left.count > inlineByteCount, right.count > inlineByteCount, let first = left.overflow,
            let second = right.overflow
        {
            return first.lexicographicallyPrecedes(second)
        }
        return left.count < right.count
    }

    package func hasPrefix(_ prefix: StoreKey) -> Bool {
        guard count >= prefix.count else { return false }
        let whole = min(prefix.count, Self.inlineByteCount) >> 3
        for index in 0..<whole where words[index] != prefix.words[index] { return false }
        for index in whole * 8..<max(whole * 8, prefix.count) where self[index] != prefix[index] { return false }
        return true
    }
}

extension StoreKey {
    /// How many bytes both keys begin with.
    package func commonPrefixCount(with other: StoreKey) -> Int {
        let limit = min(count, other.count)
        for index in 0..<min(usedWordCount, other.usedWordCount) where words[index] != other.words[index] {
            return min(limit, 8 * index + (words[index] ^ other.words[index]).leadingZeroBitCount / 8)
        }
        guard limit > Self.inlineByteCount else { return limit }
        var common = Self.inlineByteCount
        while common < limit, self[common] == other[common] { common += 1 }
        return common
    }

    /// The key's first `kept` bytes, which it must have.
    package func prefix(_ kept: Int) -> StoreKey {
        precondition(kept >= 0 && kept <= count)
        var prefix = self
        prefix.count = kept
        prefix.overflow =
            kept > Self.inlineByteCount ? overflow.map { Array($0[..<(kept - Self.inlineByteCount)]) } : nil
        for index in min(kept, Self.inlineByteCount) >> 3..<8 {
            let used = max(0, kept - 8 * index)
            if used < 8 { prefix.words[index] &= used == 0 ? 0 : UInt64.max &<< UInt64(64 - 8 * used) }
        }
        return prefix
    }

    /// Appends the bytes from `start` on.
    package func appendBytes(from start: Int, to bytes: inout [UInt8]) {
        let inline = min(count, Self.inlineByteCount)
        if start < inline { appendWords(bigEndianWords, from: start, byteCount: inline - start, to: &bytes) }
        if let overflow { bytes.append(contentsOf: overflow[(max(start, inline) - Self.inlineByteCount)...]) }
    }
}

// MARK: - Building

extension StoreKey {
    package mutating func append(_ byte: UInt8) {
        precondition(count < StoreKeyLimits.byteCountMax, "a key is too long")
        if count < Self.inlineByteCount {
            words[count >> 3] |= UInt64(byte) &<< UInt64(56 - 8 * (count & 7))
        } else {
            overflow = overflow ?? []
            overflow?.append(byte)
        }
        count += 1
    }

    package mutating func append(_ bytes: [UInt8]) {
        var index = 0
        while index + 8 <= bytes.count {
            var word: UInt64 = 0
            for offset in 0..<8 { word = word &<< 8 | UInt64(bytes[index + offset]) }
            append(bigEndian: word, byteCount: 8)
            index += 8
        }
        while index < bytes.count {
            append(bytes[index])
            index += 1
        }
    }

    /// Appends the `byteCount` (at most 8) least significant bytes of `value`, the most significant of them first.
    @inline(__always)
    package mutating func append(bigEndian value: UInt64, byteCount: Int) {
        guard count + byteCount <= Self.inlineByteCount else {
            for index in 0..<byteCount {
                append(UInt8(truncatingIfNeeded: value &>> UInt64(8 * (byteCount - 1 - index))))
            }
            return
        }
        guard byteCount > 0 else { return }
        let top = value &<< UInt64(64 - 8 * byteCount)
        let (index, used) = (count >> 3, UInt64(8 * (count & 7)))
        words[index] |= top &>> used
        if Int(used) + 8 * byteCount > 64 { words[index + 1] |= top &<< (64 - used) }
        count += byteCount
    }

    /// Appends another key's bytes.
    package mutating func append(_ key: StoreKey) {
        if count + key.count <= Self.inlineByteCount { return appendInPlace(key) }
        var rest = min(key.count, Self.inlineByteCount)
        var index = 0
        while rest > 0 {
            let taken = min(8, rest)
            append(bigEndian: key.words[index] &>> UInt64(64 - 8 * taken), byteCount: taken)
            rest -= taken
            index += 1
        }
        if let overflow = key.overflow { append(overflow) }
    }

    /// Appends a key whose bytes fit in place behind those that are there: by the word, as what pads them is zero.
    @inline(__always)
    private mutating func appendInPlace(_ key: StoreKey) {
        let (base, used) = (count >> 3, UInt64(8 * (count & 7)))
        for index in 0..<key.usedWordCount {
            let word = key.words[index]
            words[base + index] |= word &>> used
            if used > 0, base + index + 1 < 8 { words[base + index + 1] |= word &<< (64 - used) }
        }
        count += key.count
    }

    /// The key without its first `dropped` bytes.
    package func dropFirst(_ dropped: Int) -> StoreKey {
        var rest = StoreKey()
        var index = dropped
        while index < count {
            rest.append(self[index])
            index += 1
        }
        return rest
    }

    package mutating func append(_ value: UInt32) { append(bigEndian: UInt64(value), byteCount: 4) }

    package mutating func append(_ value: UInt64) { append(bigEndian: value, byteCount: 8) }
}
