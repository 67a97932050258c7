/// What a page of the state tree holds where.
///
/// A page is four levels of the tree: sixteen slots, each empty, a single leaf, or the top of a page below, and binary
/// nodes above them. The nodes are numbered as in a heap: 1 is the page's top, 2 and 3 lie under it, and 16 to 31 are
/// the slots. A subtree that holds one leaf is that leaf, at whatever depth, and an empty subtree is the zero digest.
///
/// In memory a page is a row of digests: those of its inner nodes, ascending, and then for each slot in use, ascending,
/// a top's digest, or a leaf's digest, path and value.
struct TreePageShape: Hashable, Sendable {
    /// Which slots hold a single leaf.
    let leaves: UInt16
    /// Which slots hold the top of a page below. Invariant: none that holds a leaf.
    let tops: UInt16
    /// Which nodes above the slots are inner ones: it follows from the other two.
    let inner: UInt16

    static let empty = TreePageShape(leaves: 0, tops: 0)

    init(leaves: UInt16, tops: UInt16) {
        (self.leaves, self.tops) = (leaves, tops)
        inner = Self.inner(leaves, tops)
    }

    private static func inner(_ leaves: UInt16, _ tops: UInt16) -> UInt16 {
        var filled = UInt32(leaves | tops) << 16
        var inner = UInt32(tops) << 16
        for node in stride(from: UInt32(15), through: 1, by: -1) {
            let children = filled &>> (2 * node) & 3
            if children != 0 { filled |= 1 &<< node }
            if children == 3 || inner &>> (2 * node) & 3 != 0 { inner |= 1 &<< node }
        }
        return UInt16(truncatingIfNeeded: inner)
    }

    /// Which slots hold anything.
    var filled: UInt16 { leaves | tops }

    /// Whether this is less than a page: an empty one, or a single leaf, which stands in a slot further up.
    var isLessThanTwoLeaves: Bool { tops == 0 && leaves.nonzeroBitCount < 2 }

    /// Which nodes have a digest of their own that is hashed in this page: inner ones but for tops, and leaves.
    var hashed: UInt32 { UInt32(inner) | UInt32(leaves) << 16 }

    func isLeaf(_ slot: Int) -> Bool { leaves.hasBit(slot) }
    func isTop(_ slot: Int) -> Bool { tops.hasBit(slot) }
    func isInner(_ node: Int) -> Bool { node < 16 ? inner.hasBit(node) : isTop(node - 16) }

    /// The slots at or below a node.
    static func slots(below node: Int) -> UInt16 {
        let width = 16 &>> (Int.bitWidth - 1 - node.leadingZeroBitCount)
        return UInt16(truncatingIfNeeded: (1 &<< width - 1) &<< (node * width - 16))
    }
}

// MARK: - Places in the row of digests

extension TreePageShape {
    /// One bit for each digest of the row, so that a place is a count of the bits below: from the least, sixteen for
    /// inner nodes, sixteen for slots in use, and twice sixteen for leaves' slots.
    private var digests: UInt64 {
        UInt64(inner) | UInt64(filled) << 16 | UInt64(leaves) << 32 | UInt64(leaves) << 48
    }

    /// How many digests the row has.
    var digestCount: Int { digests.nonzeroBitCount }
    static let digestCountMax = 15 + 3 * 16

    /// Where a node's digest stands, or nil for the zero digest of nothing.
    func place(of node: Int) -> Int? {
        if node >= 16 { return filled.hasBit(node - 16) ? place(ofSlot: node - 16) : nil }
        if inner.hasBit(node) { return place(ofInner: node) }
        let leaf = leaves & Self.slots(below: node)
        return leaf == 0 ? nil : place(ofSlot: leaf.trailingZeroBitCount)
    }

    func place(ofInner node: Int) -> Int { (inner & (1 &<< UInt16(node) - 1)).nonzeroBitCount }

    /// Where a slot's digest stands, or would; a leaf's path and value follow it.
    func place(ofSlot slot: Int) -> Int {
        let before: UInt64 = 1 &<< UInt64(slot) - 1
        return (digests & (0xFFFF | before << 16 | before << 32 | before << 48)).nonzeroBitCount
    }

    /// How many digests a slot has.
    func digestCount(ofSlot slot: Int) -> Int { isLeaf(slot) ? 3 : isTop(slot) ? 1 : 0 }
}
