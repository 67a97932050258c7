internal import Cryptography
internal import Primitives

extension TreePageCache {
    /// The rows of nodes in a page, from the slots' up to the top.
    private static let rows: [(nodes: UInt32, tag: UInt8)] = [
        (0xFFFF_0000, TreeTag.stateLeaf), (0xFF00, TreeTag.stateInner), (0xF0, TreeTag.stateInner),
        (0xC, TreeTag.stateInner), (0x2, TreeTag.stateInner),
    ]

    /// Hashes what changed in pages of which none is above another: row by row through all of them, so that the
    /// processor has many independent hashes at hand.
    mutating func hash(_ places: [Int], in suite: Suite) {
        let stale = places.map { staleNodes(of: $0) }
        for row in Self.rows {
            let count = gather(places, stale, in: row.nodes)
            guard count > 0 else { continue }
            hash(count, tag: row.tag, in: suite)
            scatter(places, stale, in: row.nodes)
        }
    }

    /// The nodes whose digests are to be hashed anew: leaves that changed, and inner nodes above changed slots.
    private func staleNodes(of place: Int) -> UInt32 {
        var stale = UInt32(pages[place].changed) << 16
        guard stale != 0 else { return 0 }
        for node in stride(from: UInt32(15), through: 1, by: -1) where stale &>> (2 * node) & 3 != 0 {
            stale |= 1 &<< node
        }
        return stale & pages[place].shape.hashed
    }

    /// Puts what a row's stale nodes are the hashes of on the workbench, and says how many nodes these are.
    private mutating func gather(_ places: [Int], _ stale: [UInt32], in row: UInt32) -> Int {
        workbench.removeAll(keepingCapacity: true)
        for index in places.indices where stale[index] & row != 0 {
            let (shape, start) = (pages[places[index]].shape, Int(pages[places[index]].start))
            for node in (stale[index] & row).setBits {
                if node >= 16 {
                    let leaf = start + shape.place(ofSlot: node - 16)
                    workbench.append(blocks.digests[leaf + 1])
                    workbench.append(blocks.digests[leaf + 2])
                } else {
                    workbench.append(shape.place(of: 2 * node).map { blocks.digests[start + $0] } ?? .zero)
                    workbench.append(shape.place(of: 2 * node + 1).map { blocks.digests[start + $0] } ?? .zero)
                }
            }
        }
        return workbench.count / 2
    }

    /// Hashes the pairs on the workbench. All hashing of updates goes through here.
    private mutating func hash(_ count: Int, tag: UInt8, in suite: Suite) {
        while hashes.count < count { hashes.append(.zero) }
        var results: [Digest] = []
        swap(&results, &hashes)
        var span = results.mutableSpan
        suite.hashPairs(tag: tag, workbench.span, into: &span)
        hashes = results
    }

    private mutating func scatter(_ places: [Int], _ stale: [UInt32], in row: UInt32) {
        var next = 0
        for index in places.indices where stale[index] & row != 0 {
            let (shape, start) = (pages[places[index]].shape, Int(pages[places[index]].start))
            for node in (stale[index] & row).setBits {
                let place = node >= 16 ? shape.place(ofSlot: node - 16) : shape.place(ofInner: node)
                blocks.digests[start + place] = hashes[next]
                next += 1
            }
        }
    }
}
