package import Primitives

/// Which page: the nibbles that lead to it from the root.
package struct TreePosition: Hashable, Sendable {
    /// How many nibbles: 0 for the root's page, 63 for the lowest.
    package let depth: Int
    /// The nibbles; the rest is zero.
    package let prefix: Digest

    package static let root = TreePosition(depth: 0, prefix: .zero)

    init(depth: Int, prefix: Digest) { (self.depth, self.prefix) = (depth, prefix) }

    /// The page at a depth on the way to a path.
    init(depth: Int, above path: Digest) {
        let words = path.words
        self.depth = depth
        prefix = Digest(
            words: .init { index in
                let unknownBits = min(max(64 * (index + 1) - 4 * depth, 0), 64)
                // Shifts by all 64 bits give zero.
                return (words[index] >> UInt64(unknownBits)) << UInt64(unknownBits)
            })
    }

    /// The page below a slot.
    func child(_ slot: Int) -> TreePosition {
        precondition(depth < TreePage.depthMax)
        var words = prefix.words
        words[depth >> 4] |= UInt64(slot) &<< (60 - 4 * UInt64(depth & 15))
        return TreePosition(depth: depth + 1, prefix: Digest(words: words))
    }

    /// Whether the way to `path` leads through the page.
    func isAbove(_ path: Digest) -> Bool {
        let (words, prefixes) = (path.words, prefix.words)
        for index in 0..<4 {
            let unknownBits = min(max(64 * (index + 1) - 4 * depth, 0), 64)
            // A shift by all 64 bits gives zero.
            guard (words[index] ^ prefixes[index]) >> UInt64(unknownBits) == 0 else { return false }
        }
        return true
    }

    /// The name under which the page is stored: the depth, then the nibbles in as many bytes as they need.
    package var bytes: [UInt8] { [UInt8(depth)] + prefix.bytes.prefix((depth + 1) / 2) }

    /// Appends the name.
    package func append(to key: inout StoreKey) {
        key.append(UInt8(depth))
        var rest = (depth + 1) / 2
        for index in 0..<4 {
            let byteCount = min(8, rest)
            key.append(bigEndian: prefix.words[index] >> UInt64(64 - 8 * byteCount), byteCount: byteCount)
            rest -= byteCount
        }
    }

    /// Feeds only the words that hold nibbles.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(depth)
        for index in 0..<(depth + 15) / 16 { hasher.combine(prefix.words[index]) }
    }
}
