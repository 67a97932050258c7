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
    /// The digests of the nodes that are kept, ascending, and after them the path and the value of each leaf.
    private var digests: [Digest] = []

    /// Which slots hold anything.
    var filled: UInt16 { leaves | tops }

    /// Whether this is less than a page: an empty one, or a single leaf, which stands in a slot further up.
    var isLessThanTwoLeaves: Bool { tops == 0 && leaves.nonzeroBitCount < 2 }

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
    func digest(of node: Int) -> Digest {
        if nodes.hasBit(node) { return digests[place(node)] }
        let slots = leaves & Self.slots(below: node)
        return slots == 0 ? .zero : digests[place(16 + slots.trailingZeroBitCount)]
    }

    /// What a kept node's digest is the hash of: a leaf's path and value, or the digests of the nodes under it.
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

/// What a change leaves stale are the digests of the slot, if it holds a leaf, and of the nodes above it.
extension TreePage {
    mutating func setLeaf(_ slot: Int, _ leaf: StateProof.Leaf) {
        reshape(leaves | 1 << UInt16(slot), tops & ~(1 << UInt16(slot)))
        let place = contentPlace(slot)
        digests[place] = leaf.path
        digests[place + 1] = leaf.value
    }

    mutating func setTop(_ slot: Int, _ digest: Digest) {
        reshape(leaves & ~(1 << UInt16(slot)), tops | 1 << UInt16(slot))
        digests[place(16 + slot)] = digest
    }

    mutating func clear(_ slot: Int) { reshape(leaves & ~(1 << UInt16(slot)), tops & ~(1 << UInt16(slot))) }

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

// MARK: - Coding

/// Coded as two masks of sixteen bits, of the leaves and of the tops, and what stands in the slots that they name.
extension TreePage {
    var canonicalBytes: [UInt8] {
        var encoder = CanonicalEncoder(
            reservingCapacity: 4 + Digest.byteCount * (2 * leaves.nonzeroBitCount + tops.nonzeroBitCount))
        encoder.encode(leaves)
        encoder.encode(tops)
        for slot in filled.setBits {
            if isLeaf(slot) {
                let (path, value) = content(of: 16 + slot)
                path.append(to: &encoder.bytes)
                value.append(to: &encoder.bytes)
            } else {
                digest(of: 16 + slot).append(to: &encoder.bytes)
            }
        }
        return encoder.bytes
    }

    /// Decodes a page that holds only what may stand at `position`. Its nodes' digests, but for the tops', are still
    /// to be hashed.
    init(canonicalBytes bytes: [UInt8], at position: TreePosition) throws(CodingError) {
        var decoder = CanonicalDecoder(bytes)
        let (leaves, tops): (UInt16, UInt16) = (try decoder.decode(), try decoder.decode())
        guard leaves & tops == 0 else { throw CodingError(.invalid("a slot that is two things"), at: 0) }
        guard tops == 0 || position.depth < Self.depthMax else {
            throw CodingError(.invalid("a page below the lowest"), at: 2)
        }
        reshape(leaves, tops)
        guard position == .root || !isLessThanTwoLeaves else {
            throw CodingError(.invalid("a page of less than two leaves"), at: 0)
        }
        for slot in filled.setBits {
            let start = decoder.offset
            guard isLeaf(slot) else {
                setTop(slot, try decoder.decodeFixed(Digest.self))
                continue
            }
            let leaf = StateProof.Leaf(
                path: try decoder.decodeFixed(Digest.self), value: try decoder.decodeFixed(Digest.self))
            guard position.isAbove(leaf.path), leaf.path.nibble(at: position.depth) == slot else {
                throw CodingError(.invalid("a leaf that belongs elsewhere"), at: start)
            }
            setLeaf(slot, leaf)
        }
        try decoder.finish()
    }
}

// MARK: - Bits

extension FixedWidthInteger where Self: UnsignedInteger {
    func hasBit(_ index: Int) -> Bool { self >> Self(truncatingIfNeeded: index) & 1 == 1 }

    /// The places of the bits that are set, ascending.
    var setBits: SetBits { SetBits(rest: UInt32(truncatingIfNeeded: self)) }
}

/// The places of the bits that are set in 32, ascending.
struct SetBits: Sequence, IteratorProtocol {
    fileprivate(set) var rest: UInt32

    mutating func next() -> Int? {
        guard rest != 0 else { return nil }
        defer { rest &= rest - 1 }
        return rest.trailingZeroBitCount
    }
}
