internal import Primitives

/// Four levels of the state tree: sixteen slots, each empty, a single leaf, or the top of a page below.
///
/// Above the slots lie binary nodes. They are numbered as in a heap: 1 is the page's top, 2 and 3 lie under it, and 16
/// to 31 are the slots. A subtree that holds one leaf is that leaf, at whatever depth, and an empty subtree is the zero
/// digest.
///
/// What the slots hold is kept as it is stored: two masks of sixteen bits, of the leaves and of the tops, and for each
/// slot that they name a leaf's path and value, or a top's digest. A page that is given out to be stored is not copied
/// until it changes again. Beside it stand the digests of the leaves and of the nodes above, so that an update hashes
/// only what it changes.
struct TreePage: Sendable {
    /// The depth of the lowest pages, in nibbles: a path has one nibble more.
    static let depthMax = 63

    /// Which slots hold a single leaf.
    private(set) var leaves: UInt16 = 0
    /// Which slots hold the top of a page below. Invariant: none that holds a leaf.
    private(set) var tops: UInt16 = 0
    /// Which nodes' digests are in `digests`: those of leaves, and inner ones but for tops.
    private(set) var nodes: UInt32 = 0
    /// The slots that have changed since the page was last hashed: what is stale by that are the leaves' own digests
    /// and those of the nodes above.
    private(set) var changed: UInt16 = 0
    /// The page as it is stored.
    private(set) var canonicalBytes = [UInt8](repeating: 0, count: 4)
    /// Ascending by node.
    private var digests: [Digest] = []

    /// Which slots hold anything.
    var filled: UInt16 { leaves | tops }

    /// Whether this is less than a page: an empty one, or a single leaf, which stands in a slot further up.
    var isLessThanTwoLeaves: Bool { tops == 0 && leaves.nonzeroBitCount < 2 }

    init() {}

    /// Reads a page that holds only what may stand at `position`. All of it counts as changed.
    init(canonicalBytes bytes: [UInt8], at position: TreePosition) throws(CodingError) {
        var decoder = CanonicalDecoder(bytes)
        (leaves, tops) = (try decoder.decode(), try decoder.decode())
        guard leaves & tops == 0 else { throw CodingError(.invalid("a slot that is two things"), at: 0) }
        guard tops == 0 || position.depth < Self.depthMax else {
            throw CodingError(.invalid("a page below the lowest"), at: 2)
        }
        guard position == .root || !isLessThanTwoLeaves else {
            throw CodingError(.invalid("a page of less than two leaves"), at: 0)
        }
        for slot in filled.setBits {
            let start = decoder.offset
            let first = try decoder.decodeFixed(Digest.self)
            guard isLeaf(slot) else { continue }
            _ = try decoder.decodeFixed(Digest.self)
            guard position.isAbove(first), first.nibble(at: position.depth) == slot else {
                throw CodingError(.invalid("a leaf that belongs elsewhere"), at: start)
            }
        }
        try decoder.finish()
        canonicalBytes = bytes
        nodes = Self.nodes(leaves, tops)
        digests = [Digest](repeating: .zero, count: nodes.nonzeroBitCount)
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
        return inner & 0xFFFF | UInt32(leaves) << 16
    }
}

// MARK: - Reading

extension TreePage {
    func isLeaf(_ slot: Int) -> Bool { leaves.hasBit(slot) }
    func isTop(_ slot: Int) -> Bool { tops.hasBit(slot) }
    func isInner(_ node: Int) -> Bool { node < 16 ? nodes.hasBit(node) : isTop(node - 16) }

    /// The leaf in a slot that holds one.
    func leaf(_ slot: Int) -> StateProof.Leaf {
        let (path, value) = content(of: 16 + slot)
        return StateProof.Leaf(path: path, value: value)
    }

    /// The one leaf below a node that is not inner, or nil if there is none.
    func onlyLeaf(below node: Int) -> StateProof.Leaf? {
        let slots = leaves & Self.slots(below: node)
        return slots == 0 ? nil : leaf(slots.trailingZeroBitCount)
    }

    /// The digest of any node.
    func digest(of node: Int) -> Digest {
        if nodes.hasBit(node) { return digests[place(node)] }
        if node >= 16, isTop(node - 16) { return Digest(copying: canonicalBytes.span, at: offset(node - 16)) }
        let slots = leaves & Self.slots(below: node)
        return slots == 0 ? .zero : digests[place(16 + slots.trailingZeroBitCount)]
    }

    /// What the digest of a leaf or inner node is the hash of: path and value, or the digests of the nodes under it.
    func content(of node: Int) -> (Digest, Digest) {
        guard node >= 16 else { return (digest(of: 2 * node), digest(of: 2 * node + 1)) }
        let (bytes, offset) = (canonicalBytes.span, offset(node - 16))
        return (Digest(copying: bytes, at: offset), Digest(copying: bytes, at: offset + Digest.byteCount))
    }

    private static func slots(below node: Int) -> UInt16 {
        let width = 16 >> (Int.bitWidth - 1 - node.leadingZeroBitCount)
        return UInt16(truncatingIfNeeded: (1 << width - 1) << (node * width - 16))
    }

    private func place(_ node: Int) -> Int { (nodes & (1 << UInt32(node) - 1)).nonzeroBitCount }

    /// Where a slot's contents stand in `canonicalBytes`; for 16, where they end.
    private func offset(_ slot: Int) -> Int {
        // For 16, where the page ends, the shift gives zero, and so all bits are before it.
        let before: UInt16 = 1 << UInt16(slot) &- 1
        return 4 + Digest.byteCount * ((filled & before).nonzeroBitCount + (leaves & before).nonzeroBitCount)
    }
}

// MARK: - Changing

extension TreePage {
    /// Sets a slot to a leaf, or to nothing.
    mutating func setLeaf(_ slot: Int, _ leaf: StateProof.Leaf?) {
        guard let leaf else { return clear(slot) }
        guard !isLeaf(slot) || self.leaf(slot) != leaf else { return }
        reshape(slot, isLeaf: true, isTop: false)
        store(leaf.path, at: offset(slot))
        store(leaf.value, at: offset(slot) + Digest.byteCount)
    }

    mutating func setTop(_ slot: Int, _ digest: Digest) {
        guard !isTop(slot) || self.digest(of: 16 + slot) != digest else { return }
        reshape(slot, isLeaf: false, isTop: true)
        store(digest, at: offset(slot))
    }

    private mutating func clear(_ slot: Int) {
        guard filled.hasBit(slot) else { return }
        reshape(slot, isLeaf: false, isTop: false)
    }

    /// Applies the only change at or below a slot if it needs no page below, and says whether it did.
    mutating func apply(_ change: LeafChange, at slot: Int) -> Bool {
        if isTop(slot) { return false }
        if isLeaf(slot), leaf(slot).path != change.path { return change.value == nil }
        setLeaf(slot, change.value.map { StateProof.Leaf(path: change.path, value: $0) })
        return true
    }

    mutating func setDigest(of node: Int, _ digest: Digest) { digests[place(node)] = digest }

    mutating func markHashed() { changed = 0 }

    private mutating func store(_ digest: Digest, at offset: Int) {
        var span = canonicalBytes.mutableSpan
        // Unsafe only for elements of which not every bit pattern is valid; every one is a valid byte.
        var bytes = unsafe span.mutableBytes
        digest.store(to: &bytes, at: offset)
    }

    /// Makes room for what a slot is to hold, and keeps what the others do.
    private mutating func reshape(_ slot: Int, isLeaf: Bool, isTop: Bool) {
        changed |= 1 << UInt16(slot)
        guard isLeaf != self.isLeaf(slot) || isTop != self.isTop(slot) else { return }
        let old = self
        leaves = isLeaf ? leaves | 1 << UInt16(slot) : leaves & ~(1 << UInt16(slot))
        tops = isTop ? tops | 1 << UInt16(slot) : tops & ~(1 << UInt16(slot))
        nodes = Self.nodes(leaves, tops)
        digests = nodes.setBits.map { old.nodes.hasBit($0) ? old.digests[old.place($0)] : .zero }
        let (start, end) = (old.offset(slot), old.offset(slot + 1))
        let room = [UInt8](repeating: 0, count: Digest.byteCount * (isLeaf ? 2 : isTop ? 1 : 0))
        var encoder = CanonicalEncoder(reservingCapacity: old.canonicalBytes.count + room.count - (end - start))
        encoder.encode(leaves)
        encoder.encode(tops)
        canonicalBytes = encoder.bytes + old.canonicalBytes[4..<start] + room + old.canonicalBytes[end...]
    }
}
