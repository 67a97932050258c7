internal import Primitives

/// Four levels of the state tree: sixteen slots, each empty, a single leaf, or the top of a page below.
///
/// Above the slots lie binary nodes. They are numbered as in a heap: 1 is the page's top, 2 and 3 lie under it, and 16
/// to 31 are the slots. A subtree that holds one leaf is that leaf, at whatever depth, and an empty subtree is the zero
/// digest; every other node, and what stands in a slot, is kept here with its digest, so that an update hashes only
/// what it changes. All of it is in one array, because there are about as many pages as there are leaves.
struct TreePage: Sendable {
    /// The depth of the lowest pages, in nibbles: a path has one nibble more.
    static let depthMax = 63

    /// Which slots hold a single leaf.
    private(set) var leaves: UInt16 = 0
    /// Which slots hold the top of a page below. Invariant: none that holds a leaf.
    private(set) var tops: UInt16 = 0
    /// Which nodes are kept. Invariant: `Self.nodes(leaves, tops)`.
    private(set) var nodes: UInt32 = 0
    /// The slots that have changed since `markUnchanged()`. Stale by that are the digests of the nodes above, and
    /// those of the slots' own nodes if they hold leaves.
    private(set) var changed: UInt16 = 0
    /// The digests of the nodes that are kept, ascending, and after them the path and the value of each leaf.
    private(set) var digests: [Digest] = []

    /// Which slots hold anything.
    var filled: UInt16 { leaves | tops }

    /// Whether this is less than a page: an empty one, or a single leaf, which stands in a slot further up.
    var isLessThanTwoLeaves: Bool { tops == 0 && leaves.nonzeroBitCount < 2 }

    init() {}

    /// A page of this shape, still to be filled with other than zeros; all of it counts as changed.
    init(leaves: UInt16, tops: UInt16) {
        reshape(leaves, tops)
        changed = filled
    }

    private static func nodes(_ leaves: UInt16, _ tops: UInt16) -> UInt32 {
        var filled = UInt32(leaves | tops) << 16
        var inner = UInt32(tops) << 16
        for node in stride(from: UInt32(15), through: 1, by: -1) {
            let children = filled >> (2 * node) & 3
            if children != 0 { filled |= 1 << node }
            if children == 3 || inner >> (2 * node) & 3 != 0 { inner |= 1 << node }
        }
        return inner | UInt32(leaves) << 16
    }
}

// MARK: - Reading

extension TreePage {
    func isLeaf(_ slot: Int) -> Bool { leaves.hasBit(slot) }
    func isTop(_ slot: Int) -> Bool { tops.hasBit(slot) }
    func isInner(_ node: Int) -> Bool { node < 16 ? nodes.hasBit(node) : isTop(node - 16) }

    /// The leaf in a slot that holds one.
    func leaf(_ slot: Int) -> StateProof.Leaf {
        let place = contentPlace(slot)
        return StateProof.Leaf(path: digests[place], value: digests[place + 1])
    }

    /// The one leaf below a node that is not inner, or nil if there is none.
    func onlyLeaf(below node: Int) -> StateProof.Leaf? {
        let slots = leaves & Self.slots(below: node)
        return slots == 0 ? nil : leaf(slots.trailingZeroBitCount)
    }

    /// The digest of any node, kept or not.
    @inline(__always)
    func digest(of node: Int) -> Digest {
        if nodes.hasBit(node) { return digests[place(node)] }
        let slots = leaves & Self.slots(below: node)
        return slots == 0 ? .zero : digests[place(16 + slots.trailingZeroBitCount)]
    }

    /// What a kept node's digest is the hash of: a leaf's path and value, or the digests of the nodes under it.
    @inline(__always)
    func content(of node: Int) -> (Digest, Digest) {
        guard node < 16 else {
            let place = contentPlace(node - 16)
            return (digests[place], digests[place + 1])
        }
        return (digest(of: 2 * node), digest(of: 2 * node + 1))
    }

    private static func slots(below node: Int) -> UInt16 {
        let width = 16 >> (Int.bitWidth - 1 - node.leadingZeroBitCount)
        return UInt16(truncatingIfNeeded: (1 << width - 1) << (node * width - 16))
    }

    private func place(_ node: Int) -> Int { (nodes & (1 << UInt32(node) - 1)).nonzeroBitCount }

    private func contentPlace(_ slot: Int) -> Int {
        nodes.nonzeroBitCount + 2 * (leaves & (1 << UInt16(slot) - 1)).nonzeroBitCount
    }
}

// MARK: - Changing

extension TreePage {
    /// Sets a slot to a leaf, or to nothing.
    mutating func setLeaf(_ slot: Int, _ leaf: StateProof.Leaf?) {
        guard let leaf else { return clear(slot) }
        guard !isLeaf(slot) || self.leaf(slot) != leaf else { return }
        changed |= 1 << UInt16(slot)
        reshape(leaves | 1 << UInt16(slot), tops & ~(1 << UInt16(slot)))
        let place = contentPlace(slot)
        digests[place] = leaf.path
        digests[place + 1] = leaf.value
    }

    mutating func setTop(_ slot: Int, _ digest: Digest) {
        guard !isTop(slot) || self.digest(of: 16 + slot) != digest else { return }
        changed |= 1 << UInt16(slot)
        reshape(leaves & ~(1 << UInt16(slot)), tops | 1 << UInt16(slot))
        digests[place(16 + slot)] = digest
    }

    private mutating func clear(_ slot: Int) {
        guard filled.hasBit(slot) else { return }
        changed |= 1 << UInt16(slot)
        reshape(leaves & ~(1 << UInt16(slot)), tops & ~(1 << UInt16(slot)))
    }

    /// Applies the only change at or below a slot if it needs no page below, and says whether it did.
    mutating func apply(_ change: LeafChange, at slot: Int) -> Bool {
        if isTop(slot) { return false }
        if isLeaf(slot), leaf(slot).path != change.path { return change.value == nil }
        setLeaf(slot, change.value.map { StateProof.Leaf(path: change.path, value: $0) })
        return true
    }

    mutating func markUnchanged() { changed = 0 }

    mutating func setDigest(of node: Int, _ digest: Digest) { digests[place(node)] = digest }

    /// Makes room for other slots, and keeps what both shapes have.
    private mutating func reshape(_ leaves: UInt16, _ tops: UInt16) {
        guard leaves != self.leaves || tops != self.tops else { return }
        let old = self
        (self.leaves, self.tops, nodes) = (leaves, tops, Self.nodes(leaves, tops))
        digests = []
        digests.reserveCapacity(nodes.nonzeroBitCount + 2 * leaves.nonzeroBitCount)
        for node in nodes.setBits { digests.append(old.nodes.hasBit(node) ? old.digests[old.place(node)] : .zero) }
        for slot in leaves.setBits {
            let leaf = old.isLeaf(slot) ? old.leaf(slot) : StateProof.Leaf(path: .zero, value: .zero)
            digests.append(leaf.path)
            digests.append(leaf.value)
        }
    }
}
