internal import Cryptography
internal import Primitives

/// A node to be hashed: where its digest belongs in the blocks of digests, and where the two stand that it is the hash
/// of.
struct NodeToHash: BitwiseCopyable {
    let target, left, right: UInt32

    fileprivate static let none = NodeToHash(target: 0, left: 0, right: 0)
}

/// The nodes that are to be hashed in a number of pages, by rows: those of one row do not depend on each other.
struct HashingBench: Sendable {
    /// Room for the nodes of each row of `pagesMax` pages, one row after another.
    private var nodes = [NodeToHash](repeating: .none, count: pagesMax * 31)
    private var counts = [5 of Int](repeating: 0)

    /// How many pages are hashed together: enough to have many independent hashes at hand, few enough that what was
    /// read for one row is still in the processor's caches for the next.
    static let pagesMax = 128
    /// How many nodes of a row are hashed together: few enough that their copies stay in the nearest cache.
    private static let nodesTogetherMax = 64
    private typealias Pairs = [128 of Digest]
    private typealias Hashes = [64 of Digest]

    /// A row's number is how many rows are above it; it begins behind the room of these.
    private static func start(_ row: Int) -> Int { pagesMax * (1 &<< row - 1) }

    mutating func removeAll() { counts = .init(repeating: 0) }

    /// Adds a node, numbered as in a page.
    mutating func add(_ node: Int, _ entry: NodeToHash) {
        let row = Int.bitWidth - 1 - node.leadingZeroBitCount
        nodes[Self.start(row) + counts[row]] = entry
        counts[row] += 1
    }

    /// Hashes all nodes, from the slots' row up.
    func hash(in digests: inout [Digest], by suite: Suite) {
        var digests = digests.mutableSpan
        for row in stride(from: 4, through: 0, by: -1) {
            let tag = row == 4 ? TreeTag.stateLeaf : TreeTag.stateInner
            var rest = Self.start(row)..<Self.start(row) + counts[row]
            while !rest.isEmpty {
                let together = rest.prefix(Self.nodesTogetherMax)
                Self.hash(nodes.span.extracting(together), tag: tag, in: &digests, by: suite)
                rest = together.upperBound..<rest.upperBound
            }
        }
    }

    /// Hashes nodes of a row. All hashing of updates goes through here.
    private static func hash(
        _ nodes: Span<NodeToHash>, tag: UInt8, in digests: inout MutableSpan<Digest>, by suite: Suite
    ) {
        var pairs = Pairs(repeating: .zero)
        for index in nodes.indices {
            let node = nodes[index]
            pairs[2 * index] = digests[Int(node.left)]
            pairs[2 * index + 1] = digests[Int(node.right)]
        }
        var hashes = Hashes(repeating: .zero)
        var span = hashes.mutableSpan
        suite.hashPairs(tag: tag, pairs.span.extracting(first: 2 * nodes.count), into: &span)
        for index in nodes.indices { digests[Int(nodes[index].target)] = hashes[index] }
    }
}

extension TreePageCache {
    /// Hashes what changed in pages of which none is above another, many pages together, so that the processor has
    /// many independent hashes at hand.
    mutating func hash(_ places: [Int], in suite: Suite) {
        var rest = places[...]
        while !rest.isEmpty {
            bench.removeAll()
            for place in rest.prefix(HashingBench.pagesMax) { addStaleNodes(of: place) }
            bench.hash(in: &blocks.digests, by: suite)
            rest = rest.dropFirst(HashingBench.pagesMax)
        }
    }

    /// Adds the nodes whose digests are to be hashed anew: leaves that changed, and inner nodes above changed slots.
    private mutating func addStaleNodes(of place: Int) {
        let page = pages[place]
        var stale = UInt32(page.changed) << 16
        for slot in page.changed.setBits {
            for level in 1...4 { stale |= 1 &<< UInt32((16 + slot) >> level) }
        }
        for node in (stale & page.shape.hashed).setBits {
            let entry = toHash(node, in: page)
            readAhead(entry)
            bench.add(node, entry)
        }
    }

    private func toHash(_ node: Int, in page: Page) -> NodeToHash {
        if node >= 16 {
            let place = page.start + UInt32(page.shape.place(ofSlot: node - 16))
            return NodeToHash(target: place, left: place + 1, right: place + 2)
        }
        return NodeToHash(
            target: page.start + UInt32(page.shape.place(ofInner: node)),
            left: page.shape.place(of: 2 * node).map { page.start + UInt32($0) } ?? DigestBlocks.zeroPlace,
            right: page.shape.place(of: 2 * node + 1).map { page.start + UInt32($0) } ?? DigestBlocks.zeroPlace)
    }
}
