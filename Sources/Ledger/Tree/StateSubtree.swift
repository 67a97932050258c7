package import Cryptography
package import Primitives

/// A subtree of the state tree: all paths that begin with the same bits.
package struct StateSubtree: Hashable, Sendable {
    /// How many bits: 0 for the whole tree.
    package let depth: Int
    /// The bits; the rest is zero.
    package let prefix: Digest

    package static let depthMax = 255
    package static let whole = StateSubtree(depth: 0, start: .zero)

    private init(depth: Int, start: Digest) { (self.depth, prefix) = (depth, start) }

    /// The subtree of a depth whose first path this is; nil if there is none.
    package init?(depth: Int, from start: Digest) {
        self.init(depth: depth, start: start)
        guard depth >= 0, depth <= Self.depthMax, !hasBits(start, from: depth) else { return nil }
    }

    private func hasBits(_ path: Digest, from depth: Int) -> Bool {
        let words = path.words
        for index in 0..<4 {
            let known = min(max(depth - 64 * index, 0), 64)
            // A shift by all 64 bits gives zero.
            if words[index] << UInt64(known) != 0 { return true }
        }
        return false
    }

    package func contains(_ path: Digest) -> Bool {
        for index in 0..<4 {
            let unknown = min(max(64 * (index + 1) - depth, 0), 64)
            guard (path.words[index] ^ prefix.words[index]) >> UInt64(unknown) == 0 else { return false }
        }
        return true
    }

    /// What goes on with this bit.
    package func half(_ bit: Bool) -> StateSubtree {
        precondition(depth < Self.depthMax)
        var words = prefix.words
        if bit { words[depth >> 6] |= 1 &<< UInt64(63 - depth & 63) }
        return StateSubtree(depth: depth + 1, start: Digest(words: words))
    }

    /// The first path behind it; nil if it goes to the end.
    package var end: Digest? {
        guard depth > 0 else { return nil }
        var words = prefix.words
        var index = (depth - 1) >> 6
        var carried = UInt64(1) &<< UInt64(63 - (depth - 1) & 63)
        while true {
            let (sum, isOver) = words[index].addingReportingOverflow(carried)
            words[index] = sum
            guard isOver else { return Digest(words: words) }
            guard index > 0 else { return nil }
            (index, carried) = (index - 1, 1)
        }
    }
}

// MARK: - Digests

extension StateSubtree {
    /// The digest of the subtree in a tree that has just these leaves in it, which ascend by path, none twice.
    package func digest(of leaves: ArraySlice<StateProof.Leaf>, in suite: Suite) -> Digest {
        Self.digest(of: leaves, below: depth, in: suite)
    }

    private static func digest(
        of leaves: ArraySlice<StateProof.Leaf>, below depth: Int, in suite: Suite
    ) -> Digest {
        guard let first = leaves.first else { return .zero }
        guard leaves.count > 1 else { return suite.hash(tag: TreeTag.stateLeaf, first.path, first.value) }
        precondition(depth < 256, "paths ascend")
        let middle = firstWithBit(depth, in: leaves)
        return joined(
            digest(of: leaves[..<middle], below: depth + 1, in: suite),
            digest(of: leaves[middle...], below: depth + 1, in: suite), in: suite)
    }

    private static func firstWithBit(_ depth: Int, in leaves: ArraySlice<StateProof.Leaf>) -> Int {
        var range = leaves.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range =
                leaves[middle].path.bit(at: depth)
                ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }

    /// The digest of a subtree of two leaves or more, by its halves' digests.
    package static func joined(_ left: Digest, _ right: Digest, in suite: Suite) -> Digest {
        suite.hash(tag: TreeTag.stateInner, left, right)
    }
}

extension StateTree {
    /// The digest of a subtree: zero if it is empty.
    package mutating func digest(
        of subtree: StateSubtree, from source: any TreePageSource
    ) throws(StateUnavailable) -> Digest {
        defer { trim() }
        var (depth, place) = (0, try openRoot(source))
        while true {
            let slot = subtree.prefix.nibble(at: depth)
            let levels = min(subtree.depth - 4 * depth, 4)
            let node = (16 + slot) >> (4 - levels)
            if let stop = cache.firstNotInner(above: node, in: place) {
                guard let leaf = cache.onlyLeaf(below: stop, in: place), subtree.contains(leaf.path) else {
                    return .zero
                }
                return cache.digest(of: stop, in: place)
            }
            guard subtree.depth > 4 * depth + 4 else { return cache.digest(of: node, in: place) }
            place = try open(slot, below: place, TreePosition(depth: depth + 1, above: subtree.prefix), source)
            depth += 1
        }
    }
}

extension TreePageCache {
    /// The highest node on the way down to one, itself included, that is not inner; nil if all are.
    fileprivate func firstNotInner(above node: Int, in place: Int) -> Int? {
        let levels = Int.bitWidth - 1 - node.leadingZeroBitCount
        for level in 0...levels where !pages[place].shape.isInner(node >> (levels - level)) {
            return node >> (levels - level)
        }
        return nil
    }
}
