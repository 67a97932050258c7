internal import Primitives

/// Coded as two masks of sixteen bits, of the leaves and of the tops, and what stands in the slots that they name.
extension TreePage {
    var canonicalBytes: [UInt8] {
        let digestCount = 2 * leaves.nonzeroBitCount + tops.nonzeroBitCount
        var bytes = [UInt8](repeating: 0, count: 4 + Digest.byteCount * digestCount)
        var span = bytes.mutableSpan
        // Unsafe only for elements of which not every bit pattern is valid; every one is a valid byte.
        var raw = unsafe span.mutableBytes
        raw.storeBytes(of: leaves.littleEndian, toByteOffset: 0, as: UInt16.self)
        raw.storeBytes(of: tops.littleEndian, toByteOffset: 2, as: UInt16.self)
        var offset = 4
        // Tops stand among the slots' nodes, the leaves' contents behind them, each in the order of the slots.
        var (node, content) = ((nodes & 0xFFFF).nonzeroBitCount, nodes.nonzeroBitCount)
        for slot in filled.setBits {
            if isLeaf(slot) {
                digests[content].store(to: &raw, at: offset)
                digests[content + 1].store(to: &raw, at: offset + Digest.byteCount)
                content += 2
                offset += 2 * Digest.byteCount
            } else {
                digests[node].store(to: &raw, at: offset)
                offset += Digest.byteCount
            }
            node += 1
        }
        return bytes
    }

    /// Decodes a page that holds only what may stand at `position`. All of it counts as changed: its nodes are still to
    /// be hashed.
    init(canonicalBytes bytes: [UInt8], at position: TreePosition) throws(CodingError) {
        var decoder = CanonicalDecoder(bytes)
        let (leaves, tops): (UInt16, UInt16) = (try decoder.decode(), try decoder.decode())
        guard leaves & tops == 0 else { throw CodingError(.invalid("a slot that is two things"), at: 0) }
        guard tops == 0 || position.depth < Self.depthMax else {
            throw CodingError(.invalid("a page below the lowest"), at: 2)
        }
        self.init(leaves: leaves, tops: tops)
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
