import Cryptography
import Ledger
import Primitives
import Testing

/// Held against the recursive definitions of RFC 6962, sections 2.1 and 2.1.1.
@Suite struct MerkleListTests {
    private let suite = Samples.suite

    /// MTH(D[n]), with the ledger's own hashes of leaves and inner nodes.
    private func root(_ elements: ArraySlice<[UInt8]>) -> Digest {
        guard let first = elements.first else { return .zero }
        guard elements.count > 1 else { return suite.hash([2] + suite.hash(first).bytes + Digest.zero.bytes) }
        let split = elements.startIndex + split(elements.count)
        return suite.hash([3] + root(elements[..<split]).bytes + root(elements[split...]).bytes)
    }

    /// PATH(m, D[n]).
    private func path(_ index: Int, _ elements: ArraySlice<[UInt8]>) -> [Digest] {
        guard elements.count > 1 else { return [] }
        let count = split(elements.count)
        let split = elements.startIndex + count
        return index < count
            ? path(index, elements[..<split]) + [root(elements[split...])]
            : path(index - count, elements[split...]) + [root(elements[..<split])]
    }

    /// The largest power of two below `count`.
    private func split(_ count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }

    private func elements(_ count: Int) -> [[UInt8]] {
        var samples = Samples(seed: 40)
        return (0..<count).map { _ in samples.bytes(samples.number(below: 70)) }
    }

    @Test(arguments: 0...70) func rootsAndProofs(_ count: Int) {
        let elements = elements(count)
        let root = root(elements[...])
        #expect(MerkleList.root(of: elements, in: suite) == root)
        for index in elements.indices {
            let proof = MerkleList.proof(for: index, in: elements, suite: suite)
            #expect(
                proof
                    == InclusionProof(index: UInt32(index), count: UInt32(count), siblings: path(index, elements[...])))
            #expect(proof.root(of: elements[index], in: suite) == root)
            checkForgeries(of: proof, elements, root)
        }
    }

    /// Other indices, elements, siblings and shapes lead to other roots or to none.
    private func checkForgeries(of proof: InclusionProof, _ elements: [[UInt8]], _ root: Digest) {
        let element = elements[Int(proof.index)]
        #expect(proof.root(of: element + [0], in: suite) != root)
        for index in UInt32(0)...proof.count where index != proof.index {
            let forged = InclusionProof(index: index, count: proof.count, siblings: proof.siblings)
            #expect(forged.root(of: element, in: suite) != root)
        }
        for place in proof.siblings.indices {
            var siblings = proof.siblings
            siblings[place] = .zero
            let forged = InclusionProof(index: proof.index, count: proof.count, siblings: siblings)
            #expect(forged.root(of: element, in: suite) != root)
        }
        for siblings in [proof.siblings + [.zero], Array(proof.siblings.dropLast())] where siblings != proof.siblings {
            let forged = InclusionProof(index: proof.index, count: proof.count, siblings: siblings)
            #expect(forged.root(of: element, in: suite) == nil)
        }
    }

    @Test func largestCounts() {
        let proof = InclusionProof(index: .max - 1, count: .max, siblings: [Digest](repeating: .zero, count: 32))
        #expect(proof.root(of: [], in: suite) == nil || proof.siblings.count == 32)
        #expect(InclusionProof(index: 0, count: 0, siblings: []).root(of: [], in: suite) == nil)
        #expect(InclusionProof(index: .max, count: .max, siblings: []).root(of: [], in: suite) == nil)
    }

    /// A list's node is no state tree's, even where they hold the same two digests.
    @Test func listsAreNoStateTrees() {
        let element: [UInt8] = [1]
        let path = suite.hash(element)
        let state = StateProof(leaf: StateProof.Leaf(path: path, value: .zero), siblings: [])
        let root = MerkleList.root(of: [element], in: suite)
        #expect(!state.proves(value: .zero, at: path, root: root, in: suite))
    }
}
