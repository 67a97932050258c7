package import Cryptography
package import Primitives

/// A proof of what the state tree holds at a path: a value, or nothing.
///
/// Sound because a subtree with one leaf is that leaf: where the way down to a path ends at another leaf, or at
/// nothing, the path is not in the tree.
package struct StateProof: Hashable, Sendable, CanonicalCodable {
    package struct Leaf: Hashable, Sendable, CanonicalCodable {
        package let path: Digest
        package let value: Digest

        package init(path: Digest, value: Digest) {
            self.path = path
            self.value = value
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(path)
            encoder.encode(value)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            path = try decoder.decode()
            value = try decoder.decode()
        }
    }

    /// The leaf at the end of the way down, or nil where the way ends in an empty subtree.
    package let leaf: Leaf?
    /// From the root downwards.
    package let siblings: [Digest]

    package init(leaf: Leaf?, siblings: [Digest]) {
        self.leaf = leaf
        self.siblings = siblings
    }

    /// Whether a tree with this root holds a value of this digest at the path, or, for nil, holds nothing there.
    package func proves(value: Digest?, at path: Digest, root: Digest, in suite: Suite) -> Bool {
        guard siblings.count <= 256 else { return false }
        var node = Digest.zero
        switch (leaf, value) {
        case (let leaf?, let value?):
            guard leaf.path == path, leaf.value == value else { return false }
        case (let leaf?, nil):
            // Another leaf that stands on the way to the path.
            guard leaf.path != path, (0..<siblings.count).allSatisfy({ leaf.path.bit(at: $0) == path.bit(at: $0) })
            else { return false }
        case (nil, nil): break
        case (nil, _?): return false
        }
        if let leaf { node = suite.hash(tag: TreeTag.stateLeaf, leaf.path, leaf.value) }
        for (depth, sibling) in siblings.enumerated().reversed() {
            node =
                path.bit(at: depth)
                ? suite.hash(tag: TreeTag.stateInner, sibling, node)
                : suite.hash(tag: TreeTag.stateInner, node, sibling)
        }
        return node == root
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(leaf)
        encoder.encode(sequence: siblings)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        leaf = try decoder.decodeOption()
        siblings = try decoder.decodeSequence(maximum: 256, elementByteCountMin: Digest.byteCount)
    }
}
