/// A value of the key-value store: up to 40 bytes in place, without an allocation, and more in an array.
///
/// Balances and the like fit in place, and are read and written by the word.
package struct StoreValue: Hashable, Sendable {
    /// The bytes as little-endian words, padded with zeros; all zero if they are in the array.
    package let words: [5 of UInt64]
    /// In bytes.
    package let count: Int
    /// All bytes, if they don't fit in place.
    private let large: [UInt8]?

    package static let inlineByteCount = 40

    /// At most 40 bytes in place. What is behind them in the words must be zero.
    @inline(__always)
    package init(words: [5 of UInt64], count: Int) {
        precondition(count >= 0 && count <= Self.inlineByteCount)
        (self.words, self.count, large) = (words, count, nil)
    }

    package init(_ bytes: [UInt8]) {
        count = bytes.count
        guard bytes.count <= Self.inlineByteCount else {
            (words, large) = (.init(repeating: 0), bytes)
            return
        }
        var words = [5 of UInt64](repeating: 0)
        let whole = bytes.count >> 3
        for index in 0..<whole { words[index] = loadLittleEndian(bytes.span, 8 * index) }
        for index in 8 * whole..<bytes.count { words[whole] |= UInt64(bytes[index]) &<< UInt64(8 * (index & 7)) }
        (self.words, large) = (words, nil)
    }

    package var bytes: [UInt8] {
        if let large { return large }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        append(to: &bytes)
        return bytes
    }

    /// Appends the value's bytes.
    package func append(to bytes: inout [UInt8]) {
        if let large { return bytes.append(contentsOf: large) }
        // The words are little-endian, as this machine's are or else made here.
        appendWords(
            [
                words[0].littleEndian, words[1].littleEndian, words[2].littleEndian, words[3].littleEndian,
                words[4].littleEndian,
            ], byteCount: count, to: &bytes)
    }

    @inline(__always)
    package static func == (left: StoreValue, right: StoreValue) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt64 = 0
        for index in 0..<5 { difference |= left.words[index] ^ right.words[index] }
        return difference == 0 && (left.count <= inlineByteCount || left.large == right.large)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for index in 0..<5 { hasher.combine(words[index]) }
        if let large { hasher.combine(large) }
    }
}

extension CanonicalEncoder {
    /// A value as a byte sequence: its length, then its bytes.
    package mutating func encode(bytes value: StoreValue) {
        encode(length: value.count)
        value.append(to: &bytes)
    }
}
