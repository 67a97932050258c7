internal import Cryptography
package import Primitives

/// Four levels of the state tree: sixteen slots, each empty, a single leaf, or the top of a page below.
///
/// Between the slots and the page's own node lie binary nodes, which are not stored. A subtree that holds one leaf is
/// that leaf, at whatever depth, and an empty subtree is the zero digest.
struct TreePage: Hashable, Sendable {
    enum Slot: Hashable, Sendable {
        case empty
        case leaf(path: Digest, value: Digest)
        /// The node of a page below; it holds at least two leaves.
        case inner(Digest)
    }

    /// Always sixteen.
    var slots = [Slot](repeating: .empty, count: 16)

    /// The only leaf of the page, if it has just one and nothing below.
    var onlyLeaf: Slot? {
        var found: Slot?
        for slot in slots where slot != .empty {
            guard found == nil, case .leaf = slot else { return nil }
            found = slot
        }
        return found
    }

    var isEmpty: Bool { slots.allSatisfy { $0 == .empty } }
}

/// A node of the tree as it enters its parent.
struct TreeNode: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case empty, leaf, inner }
    let kind: Kind
    let digest: Digest

    static let empty = TreeNode(kind: .empty, digest: .zero)

    static func leaf(path: Digest, value: Digest, in suite: Suite) -> TreeNode {
        TreeNode(kind: .leaf, digest: suite.hash(tag: TreeTag.stateLeaf, path, value))
    }

    /// The parent of two nodes: a lone leaf moves up as it is.
    static func join(_ left: TreeNode, _ right: TreeNode, in suite: Suite) -> TreeNode {
        if left.kind == .empty, right.kind != .inner { return right }
        if right.kind == .empty, left.kind != .inner { return left }
        return TreeNode(kind: .inner, digest: suite.hash(tag: TreeTag.stateInner, left.digest, right.digest))
    }
}

extension TreePage {
    /// The nodes of the page in heap order: 1 is the page's own, 2 and 3 its children, 16 to 31 the slots.
    func nodes(in suite: Suite) -> [TreeNode] {
        var nodes = [TreeNode](repeating: .empty, count: 32)
        for index in 0..<16 {
            nodes[16 + index] =
                switch slots[index] {
                case .empty: .empty
                case .leaf(let path, let value): .leaf(path: path, value: value, in: suite)
                case .inner(let digest): TreeNode(kind: .inner, digest: digest)
                }
        }
        for index in stride(from: 15, through: 1, by: -1) {
            nodes[index] = .join(nodes[2 * index], nodes[2 * index + 1], in: suite)
        }
        return nodes
    }

    func node(in suite: Suite) -> TreeNode { nodes(in: suite)[1] }
}

/// Coded as two masks of sixteen bits, of the leaves and of the inner nodes, and what stands in the slots that they
/// name.
extension TreePage: CanonicalCodable {
    func encode(to encoder: inout CanonicalEncoder) {
        var leaves: UInt16 = 0
        var inner: UInt16 = 0
        for (index, slot) in slots.enumerated() {
            switch slot {
            case .empty: break
            case .leaf: leaves |= 1 << UInt16(index)
            case .inner: inner |= 1 << UInt16(index)
            }
        }
        encoder.encode(leaves)
        encoder.encode(inner)
        for slot in slots {
            switch slot {
            case .empty: break
            case .leaf(let path, let value):
                encoder.encode(path)
                encoder.encode(value)
            case .inner(let digest): encoder.encode(digest)
            }
        }
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let leaves: UInt16 = try decoder.decode()
        let inner: UInt16 = try decoder.decode()
        guard leaves & inner == 0 else { throw CodingError(.invalid("a slot that is two things"), at: start) }
        for index in 0..<16 {
            if leaves >> UInt16(index) & 1 == 1 {
                slots[index] = .leaf(path: try decoder.decode(), value: try decoder.decode())
            } else if inner >> UInt16(index) & 1 == 1 {
                slots[index] = .inner(try decoder.decode())
            }
        }
    }
}

/// Which page: the nibbles that lead to it from the root.
package struct TreePosition: Hashable, Sendable {
    /// How many nibbles: 0 for the root's page.
    package let depth: Int
    /// The nibbles; the rest is zero.
    package let prefix: Digest

    package static let root = TreePosition(depth: 0, prefix: .zero)

    func child(_ nibble: Int) -> TreePosition {
        precondition(depth < 64)
        var words = prefix.words
        words[depth >> 4] |= UInt64(nibble) &<< (60 - 4 * UInt64(depth & 15))
        return TreePosition(depth: depth + 1, prefix: Digest(words: words))
    }

    /// The name under which the page is stored: the depth, then the nibbles in as many bytes as they need.
    package var bytes: [UInt8] { [UInt8(depth)] + prefix.bytes.prefix((depth + 1) / 2) }
}
