package import Cryptography
package import Primitives

/// A Merkle tree over a list, shaped as in RFC 6962 (section 2.1): the left subtree of n leaves holds the largest
/// power of two below n.
///
/// A leaf is H(2, H(element), 0) and an inner node H(3, left, right), with the hash of the chain's suite; the list's
/// length is bound elsewhere (the header counts transactions).
package enum MerkleList {
    /// The root of a list of coded elements; zero for the empty list.
    package static func root(of elements: [[UInt8]], in suite: Suite) -> Digest {
        root(ofElements: elements.map { suite.hash($0) }, in: suite)
    }

    /// The root of a list whose coded elements have these hashes.
    package static func root(ofElements hashes: [Digest], in suite: Suite) -> Digest {
        var pairs: [Digest] = []
        pairs.reserveCapacity(2 * hashes.count)
        for hash in hashes {
            pairs.append(hash)
            pairs.append(.zero)
        }
        return root(ofLeaves: hashPairs(tag: TreeTag.listLeaf, pairs, in: suite), in: suite)
    }

    /// The hashes of the pairs of a list, whose last element is left alone if it has no neighbour.
    private static func hashPairs(tag: UInt8, _ list: [Digest], in suite: Suite) -> [Digest] {
        let count = list.count / 2
        var digests = [Digest](repeating: .zero, count: count)
        var span = digests.mutableSpan
        suite.hashPairs(tag: tag, list.span.extracting(first: 2 * count), into: &span)
        return digests
    }

    /// Where element `index` stands below the root: the siblings from the leaf upwards.
    package static func proof(for index: Int, in elements: [[UInt8]], suite: Suite) -> InclusionProof {
        precondition(elements.indices.contains(index))
        var siblings: [Digest] = []
        collect(index, elements.map { leaf(of: $0, in: suite) }[...], suite, &siblings)
        return InclusionProof(index: UInt32(index), count: UInt32(elements.count), siblings: siblings)
    }

    static func leaf(of element: [UInt8], in suite: Suite) -> Digest {
        suite.hash(tag: TreeTag.listLeaf, suite.hash(element), .zero)
    }

    private static func root(ofLeaves leaves: [Digest], in suite: Suite) -> Digest {
        guard !leaves.isEmpty else { return .zero }
        // Joining neighbours and carrying an odd last node up unchanged gives the same shape as splitting does.
        var level = leaves
        while level.count > 1 {
            var next = hashPairs(tag: TreeTag.listInner, level, in: suite)
            if !level.count.isMultiple(of: 2) { next.append(level[level.count - 1]) }
            level = next
        }
        return level[0]
    }

    private static func collect(
        _ index: Int, _ leaves: ArraySlice<Digest>, _ suite: Suite, _ siblings: inout [Digest]
    ) {
        guard leaves.count > 1 else { return }
        let split = leaves.startIndex + leftCount(of: leaves.count)
        let isLeft = leaves.startIndex + index < split
        let (own, other) = isLeft ? (leaves[..<split], leaves[split...]) : (leaves[split...], leaves[..<split])
        collect(isLeft ? index : index - (split - leaves.startIndex), own, suite, &siblings)
        siblings.append(root(ofLeaves: Array(other), in: suite))
    }

    /// The largest power of two below `count`, which is at least 2.
    static func leftCount(of count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}

/// A proof that an element stands at an index of a list with a known root.
package struct InclusionProof: Hashable, Sendable, CanonicalCodable {
    package let index: UInt32
    package let count: UInt32
    /// From the leaf upwards.
    package let siblings: [Digest]

    package init(index: UInt32, count: UInt32, siblings: [Digest]) {
        self.index = index
        self.count = count
        self.siblings = siblings
    }

    /// The root that follows if `element` stands at the index, or nil if the proof has another shape than the list.
    package func root(of element: [UInt8], in suite: Suite) -> Digest? {
        guard index < count else { return nil }
        var directions: [Bool] = []
        var (index, count) = (Int(index), Int(count))
        while count > 1 {
            let left = MerkleList.leftCount(of: count)
            directions.append(index < left)
            (index, count) = index < left ? (index, left) : (index - left, count - left)
        }
        guard directions.count == siblings.count else { return nil }
        var node = MerkleList.leaf(of: element, in: suite)
        for (isLeft, sibling) in zip(directions.reversed(), siblings) {
            node =
                isLeft
                ? suite.hash(tag: TreeTag.listInner, node, sibling) : suite.hash(tag: TreeTag.listInner, sibling, node)
        }
        return node
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(index)
        encoder.encode(count)
        encoder.encode(sequence: siblings)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        index = try decoder.decode()
        count = try decoder.decode()
        siblings = try decoder.decodeSequence(maximum: 32, elementByteCountMin: Digest.byteCount)
    }
}
