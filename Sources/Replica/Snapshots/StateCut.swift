internal import Ledger
internal import Primitives

/// Cuts pairs that come in the order of their paths into chunks, by the rule of `SnapshotManifest`. It holds no more of
/// them than a chunk and one pair.
struct StateCut {
    private var source: PairMerge
    /// What came and is in no chunk yet, from `first` on.
    private var waiting: [PairRecord] = []
    private var first = 0
    private var isAtEnd = false
    /// The subtrees that are to be cut, the first one last.
    private var open: [StateSubtree] = [.whole]
    private let chunkByteCount: Int

    init(_ source: PairMerge, chunkByteCount: Int) {
        (self.source, self.chunkByteCount) = (source, chunkByteCount)
    }

    /// The next chunk; nil after the last.
    mutating func next() throws(SnapshotError) -> (subtree: StateSubtree, pairs: ArraySlice<PairRecord>)? {
        while let subtree = open.popLast() {
            if let count = try pairCount(ofWhole: subtree) {
                defer { first += count }
                return (subtree, waiting[first..<first + count])
            }
            open.append(subtree.half(true))
            open.append(subtree.half(false))
        }
        return nil
    }

    /// How many pairs a subtree has; nil if it is to be cut.
    private mutating func pairCount(ofWhole subtree: StateSubtree) throws(SnapshotError) -> Int? {
        var (count, byteCount) = (0, 0)
        while let pair = try pair(after: count), subtree.contains(pair.leaf.path) {
            count += 1
            byteCount += pair.coding.count
            // Two keys whose hashes share so many bits as the deepest subtree has are not to be found.
            if byteCount > chunkByteCount, count > 1, subtree.depth < StateSubtree.depthMax { return nil }
        }
        return count
    }

    private mutating func pair(after count: Int) throws(SnapshotError) -> PairRecord? {
        if first + count == waiting.count, !isAtEnd {
            if first > 0 { waiting.removeFirst(first) }
            first = 0
            if let pair = try source.next() { waiting.append(pair) } else { isAtEnd = true }
        }
        return first + count < waiting.count ? waiting[first + count] : nil
    }
}
