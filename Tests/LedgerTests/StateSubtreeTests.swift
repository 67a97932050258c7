import Cryptography
@testable import Ledger
import Primitives
import Testing

/// Subtrees by their leaves and in the tree, against the definition.
@Suite struct StateSubtreeTests {
    private static func subtree(of path: Digest, depth: Int) -> StateSubtree {
        (0..<depth).reduce(.whole) { subtree, bit in subtree.half(path.bit(at: bit)) }
    }

    @Test(arguments: UInt64(300)..<310, [1, 3, 40, 300])
    func `digests are those of the definition`(_ seed: UInt64, _ count: Int) throws {
        var samples = Samples(seed: seed)
        var model: [Digest: Digest] = [:]
        let changes = samples.changes(count, to: &model, removing: 0)
        let (root, store) = try PageStore.tree(of: changes)
        let leaves = model.sorted { $0.key < $1.key }.map { StateProof.Leaf(path: $0.key, value: $0.value) }
        #expect(StateSubtree.whole.digest(of: leaves[...], in: Samples.suite) == root)
        var tree = StateTree(suite: Samples.suite, cachedPagesMax: 4)
        for _ in 0..<200 {
            let isNear = !leaves.isEmpty && samples.number(below: 4) > 0
            let path = isNear ? leaves[samples.number(below: leaves.count)].path : samples.fixed()
            let subtree = Self.subtree(of: path, depth: samples.number(below: samples.number(below: 3) == 0 ? 256 : 16))
            let inside = leaves.filter { subtree.contains($0.path) }
            let expected = NaiveStateTree.root(of: inside.map { ($0.path, $0.value) }[...], below: subtree.depth)
            #expect(subtree.digest(of: inside[...], in: Samples.suite) == expected)
            #expect(try tree.digest(of: subtree, from: store) == expected)
        }
    }

    @Test func `subtrees of the empty tree are empty`() throws {
        var tree = StateTree(suite: Samples.suite, cachedPagesMax: 4)
        var samples = Samples(seed: 1)
        for depth in [0, 1, 4, 5, 200] {
            let subtree = Self.subtree(of: samples.fixed(), depth: depth)
            #expect(try tree.digest(of: subtree, from: PageStore()) == .zero)
        }
    }

    @Test func `halves are next to each other`() {
        var samples = Samples(seed: 2)
        for depth in 0..<StateSubtree.depthMax {
            let path = samples.fixed(Digest.self)
            let subtree = Self.subtree(of: path, depth: depth)
            let (left, right) = (subtree.half(false), subtree.half(true))
            #expect(subtree.contains(path) && left.contains(path) != right.contains(path))
            #expect(left.prefix == subtree.prefix && left.end == right.prefix && right.end == subtree.end)
            #expect(StateSubtree(depth: depth, from: subtree.prefix) == subtree)
            // It does not begin at the right half.
            #expect(StateSubtree(depth: depth, from: right.prefix) == nil)
        }
        #expect(StateSubtree(depth: 256, from: .zero) == nil)
        #expect(StateSubtree.whole.end == nil)
        #expect(Self.subtree(of: Digest(words: .init(repeating: .max)), depth: 255).end == nil)
    }
}
