internal import Primitives

/// A page of the state tree as it comes from its store: its shape, and its row of digests, of which those that hashing
/// gives are still zero.
///
/// It is stored as two masks of sixteen bits, of the leaves and of the tops, and for each slot that they name a leaf's
/// path and value, or a top's digest.
struct TreePage: Sendable {
    /// The depth of the lowest pages, in nibbles: a path has one nibble more.
    static let depthMax = 63

    private static let masksByteCount = 4

    let shape: TreePageShape
    let digests: [Digest]

    /// The page of nothing.
    init() { (shape, digests) = (.empty, []) }

    /// Reads a page that holds only what may stand at `position`.
    init(canonicalBytes bytes: [UInt8], at position: TreePosition) throws(CodingError) {
        var decoder = CanonicalDecoder(bytes)
        shape = TreePageShape(leaves: try decoder.decode(), tops: try decoder.decode())
        guard shape.leaves & shape.tops == 0 else { throw CodingError(.invalid("a slot that is two things"), at: 0) }
        guard shape.tops == 0 || position.depth < Self.depthMax else {
            throw CodingError(.invalid("a page below the lowest"), at: 2)
        }
        guard position == .root || !shape.isLessThanTwoLeaves else {
            throw CodingError(.invalid("a page of less than two leaves"), at: 0)
        }
        var digests = [Digest](repeating: .zero, count: shape.digestCount)
        for slot in shape.filled.setBits {
            let (start, place) = (decoder.offset, shape.place(ofSlot: slot))
            let first = try decoder.decodeFixed(Digest.self)
            guard shape.isLeaf(slot) else {
                digests[place] = first
                continue
            }
            guard position.isAbove(first), first.nibble(at: position.depth) == slot else {
                throw CodingError(.invalid("a leaf that belongs elsewhere"), at: start)
            }
            digests[place + 1] = first
            digests[place + 2] = try decoder.decodeFixed(Digest.self)
        }
        try decoder.finish()
        self.digests = digests
    }

    /// The bytes of a page that has this shape and row of digests.
    static func canonicalBytes(_ shape: TreePageShape, _ digests: Span<Digest>) -> [UInt8] {
        let digestCount = 2 * shape.leaves.nonzeroBitCount + shape.tops.nonzeroBitCount
        var bytes = [UInt8](repeating: 0, count: masksByteCount + digestCount * Digest.byteCount)
        for index in 0..<2 {
            bytes[index] = UInt8(truncatingIfNeeded: shape.leaves >> UInt16(8 * index))
            bytes[2 + index] = UInt8(truncatingIfNeeded: shape.tops >> UInt16(8 * index))
        }
        var target = bytes.mutableSpan
        var offset = masksByteCount
        for slot in shape.filled.setBits {
            let place = shape.place(ofSlot: slot)
            for index in shape.isLeaf(slot) ? place + 1..<place + 3 : place..<place + 1 {
                digests[index].store(to: &target, at: offset)
                offset += Digest.byteCount
            }
        }
        return bytes
    }
}
