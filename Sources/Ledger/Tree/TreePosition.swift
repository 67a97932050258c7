package import Primitives

/// Which page: the nibbles that lead to it from the root.
package struct TreePosition: Hashable, Sendable {
    /// How many nibbles: 0 for the root's page, 63 for the lowest.
    package let depth: Int
    /// The nibbles; the rest is zero.
    package let prefix: Digest

    package static let root = TreePosition(depth: 0, prefix: .zero)

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
}
