internal import Cryptography
internal import Primitives

/// A page on which an update works.
struct OpenPage {
    let position: TreePosition
    /// Whether the source has the page.
    let isStored: Bool
    /// Where the page above stands among the open ones of its level; -1 for the root's.
    let parent: Int
    /// Which of the update's changes belong at or below the page.
    let changes: Range<Int>
    var page = TreePage()
    /// The slots whose contents are not what they were.
    private(set) var changed: UInt16 = 0

    var slotInParent: Int { position.prefix.nibble(at: position.depth - 1) }

    mutating func setLeaf(_ slot: Int, _ leaf: StateProof.Leaf) {
        guard !page.isLeaf(slot) || page.leaf(slot) != leaf else { return }
        page.setLeaf(slot, leaf)
        changed |= 1 << UInt16(slot)
    }

    mutating func setTop(_ slot: Int, _ digest: Digest) {
        guard !page.isTop(slot) || page.digest(of: 16 + slot) != digest else { return }
        page.setTop(slot, digest)
        changed |= 1 << UInt16(slot)
    }

    mutating func clear(_ slot: Int) {
        guard page.filled.hasBit(slot) else { return }
        page.clear(slot)
        changed |= 1 << UInt16(slot)
    }

    /// Applies the only change at or below a slot if it needs no page below, and says whether it did.
    mutating func apply(_ change: LeafChange, at slot: Int) -> Bool {
        if page.isTop(slot) { return false }
        if page.isLeaf(slot), page.leaf(slot).path != change.path { return change.value == nil }
        if let value = change.value {
            setLeaf(slot, StateProof.Leaf(path: change.path, value: value))
        } else {
            clear(slot)
        }
        return true
    }

    /// Takes all slots for changed, as those of a page are that was just decoded.
    mutating func markAllChanged() { changed = page.filled }
}

// MARK: - Hashing

extension OpenPage {
    /// A row of nodes in heap order, from the slots' up to the top.
    private static let rows: [(nodes: UInt32, tag: UInt8)] = [
        (0xFFFF_0000, TreeTag.stateLeaf), (0xFF00, TreeTag.stateInner), (0xF0, TreeTag.stateInner),
        (0xC, TreeTag.stateInner), (0x2, TreeTag.stateInner),
    ]

    /// The nodes whose digests are to be hashed anew: leaves that changed, and inner nodes above changed slots.
    private var staleNodes: UInt32 {
        var stale = UInt32(changed) << 16
        for node in stride(from: UInt32(15), through: 1, by: -1) where stale >> (2 * node) & 3 != 0 {
            stale |= 1 << node
        }
        return stale & page.nodes & ~(UInt32(page.tops) << 16)
    }

    /// Hashes what changed in pages that are not above each other: row by row through all of them, so that the
    /// processor has many independent hashes at hand.
    static func hash(_ pages: inout [OpenPage], in suite: Suite) {
        let stale = pages.map(\.staleNodes)
        var pairs: [(Digest, Digest)] = []
        for row in rows {
            pairs.removeAll(keepingCapacity: true)
            for index in pages.indices {
                for node in (stale[index] & row.nodes).setBits { pairs.append(pages[index].page.content(of: node)) }
            }
            var digests = hashNodes(tag: row.tag, pairs, in: suite).makeIterator()
            for index in pages.indices {
                for node in (stale[index] & row.nodes).setBits {
                    pages[index].page.setDigest(of: node, digests.next() ?? .zero)
                }
            }
        }
    }
}

/// The digests of many nodes of one kind, none of which is under another. All hashing of updates goes through here.
private func hashNodes(tag: UInt8, _ pairs: [(Digest, Digest)], in suite: Suite) -> [Digest] {
    pairs.map { suite.hash(tag: tag, $0.0, $0.1) }
}
