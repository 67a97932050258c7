internal import Primitives

extension TreePageCache {
    /// The digest of any node of a page.
    func digest(of node: Int, in place: Int) -> Digest {
        guard let offset = pages[place].shape.place(of: node) else { return .zero }
        return blocks.digests[Int(pages[place].start) + offset]
    }

    /// The leaf in a slot that holds one.
    func leaf(_ slot: Int, in place: Int) -> StateProof.Leaf {
        let start = Int(pages[place].start) + pages[place].shape.place(ofSlot: slot)
        return StateProof.Leaf(path: blocks.digests[start + 1], value: blocks.digests[start + 2])
    }

    /// The one leaf below a node that is not inner, or nil if there is none.
    func onlyLeaf(below node: Int, in place: Int) -> StateProof.Leaf? {
        let slots = pages[place].shape.leaves & TreePageShape.slots(below: node)
        return slots == 0 ? nil : leaf(slots.trailingZeroBitCount, in: place)
    }

    func canonicalBytes(of place: Int) -> [UInt8] {
        let (shape, start) = (pages[place].shape, Int(pages[place].start))
        return TreePage.canonicalBytes(
            shape, blocks.digests.span.extracting(start..<start + shape.digestCount))
    }

    // MARK: Changing

    /// Applies the only change at or below a slot if it needs no page below, and says whether it did.
    mutating func apply(_ change: LeafChange, at slot: Int, in place: Int) -> Bool {
        let shape = pages[place].shape
        if shape.isTop(slot) { return false }
        guard shape.isLeaf(slot) else {
            if let value = change.value { setLeaf(slot, StateProof.Leaf(path: change.path, value: value), in: place) }
            return true
        }
        let start = Int(pages[place].start) + shape.place(ofSlot: slot)
        guard blocks.digests[start + 1] == change.path else { return change.value == nil }
        guard let value = change.value else {
            setLeaf(slot, nil, in: place)
            return true
        }
        if blocks.digests[start + 2] != value {
            blocks.digests[start + 2] = value
            pages[place].changed |= 1 &<< UInt16(slot)
        }
        return true
    }

    /// Sets a slot to a leaf, or to nothing.
    mutating func setLeaf(_ slot: Int, _ leaf: StateProof.Leaf?, in place: Int) {
        guard let leaf else { return clear(slot, in: place) }
        guard !pages[place].shape.isLeaf(slot) || self.leaf(slot, in: place) != leaf else { return }
        reshape(place, slot, isLeaf: true, isTop: false)
        let start = Int(pages[place].start) + pages[place].shape.place(ofSlot: slot)
        blocks.digests[start + 1] = leaf.path
        blocks.digests[start + 2] = leaf.value
    }

    mutating func setTop(_ slot: Int, _ digest: Digest, in place: Int) {
        if !pages[place].shape.isTop(slot) {
            reshape(place, slot, isLeaf: false, isTop: true)
        } else if self.digest(of: 16 + slot, in: place) == digest {
            return
        }
        pages[place].changed |= 1 &<< UInt16(slot)
        blocks.digests[Int(pages[place].start) + pages[place].shape.place(ofSlot: slot)] = digest
    }

    private mutating func clear(_ slot: Int, in place: Int) {
        guard pages[place].shape.filled.hasBit(slot) else { return }
        reshape(place, slot, isLeaf: false, isTop: false)
    }

    /// Makes room for what a slot is to hold, and keeps what the others do.
    private mutating func reshape(_ place: Int, _ slot: Int, isLeaf: Bool, isTop: Bool) {
        let (old, bit) = (pages[place].shape, UInt16(1) &<< UInt16(slot))
        pages[place].changed |= bit
        let (leaves, tops) = (isLeaf ? old.leaves | bit : old.leaves & ~bit, isTop ? old.tops | bit : old.tops & ~bit)
        guard leaves != old.leaves || tops != old.tops else { return }
        reshape(place, TreePageShape(leaves: leaves, tops: tops))
    }
}
