internal import Cryptography
internal import Primitives

extension TreePage {
    /// The nodes whose digests are to be hashed anew: leaves that changed, and inner nodes above changed slots.
    fileprivate var staleNodes: UInt32 {
        guard changed != 0 else { return 0 }
        var stale = UInt32(changed) << 16
        for node in stride(from: UInt32(15), through: 1, by: -1) where stale >> (2 * node) & 3 != 0 {
            stale |= 1 << node
        }
        return stale & nodes & ~(UInt32(tops) << 16)
    }

    /// The rows of nodes in a page, from the slots' up to the top.
    fileprivate static let rows: [(nodes: UInt32, tag: UInt8)] = [
        (0xFFFF_0000, TreeTag.stateLeaf), (0xFF00, TreeTag.stateInner), (0xF0, TreeTag.stateInner),
        (0xC, TreeTag.stateInner), (0x2, TreeTag.stateInner),
    ]

    /// Hashes what changed, after which nothing counts as changed.
    mutating func hash(in suite: Suite) {
        let stale = staleNodes
        for row in Self.rows {
            let nodes = (stale & row.nodes).setBits
            let digests = hashNodes(tag: row.tag, nodes.map { content(of: $0) }, in: suite)
            for (node, digest) in zip(nodes, digests) { setDigest(of: node, digest) }
        }
        markHashed()
    }
}

extension TreePageCache {
    /// Hashes what changed in pages of which none is above another: row by row through all of them, so that the
    /// processor has many independent hashes at hand.
    mutating func hash(_ places: [Int], in suite: Suite) {
        let stale = staleNodes(of: places)
        for row in TreePage.rows {
            var digests = hashNodes(tag: row.tag, contents(of: stale, in: row.nodes), in: suite).makeIterator()
            for (place, nodes) in stale {
                for node in (nodes & row.nodes).setBits {
                    pages[place].setDigest(of: node, digests.next() ?? .zero)
                }
            }
        }
    }

    // A span lends its elements, where an array would retain what it gives out, which costs as much as a hash.

    private func staleNodes(of places: [Int]) -> [(place: Int, nodes: UInt32)] {
        let pages = pages.span
        return places.map { ($0, pages[$0].staleNodes) }
    }

    private func contents(
        of stale: [(place: Int, nodes: UInt32)], in row: UInt32
    ) -> [(Digest, Digest)] {
        let pages = pages.span
        var contents: [(Digest, Digest)] = []
        contents.reserveCapacity(stale.count)
        for (place, nodes) in stale {
            for node in (nodes & row).setBits { contents.append(pages[place].content(of: node)) }
        }
        return contents
    }
}

/// The digests of many nodes of one kind, none of which is under another. All hashing of updates goes through here.
private func hashNodes(tag: UInt8, _ pairs: [(Digest, Digest)], in suite: Suite) -> [Digest] {
    suite.hashPairs(tag: tag, pairs: pairs)
}
