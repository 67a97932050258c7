import Cryptography
import Ledger
import Primitives
import Testing

@Suite struct StateProofTests {
    private let suite = Samples.suite

    @Test(arguments: [0, 1, 2, 3, 30, 300]) func presenceAndAbsence(_ count: Int) throws {
        var samples = Samples(seed: 140)
        var model: [Digest: Digest] = [:]
        _ = samples.changes(count, to: &model, removing: 0)
        let (root, store) = try PageStore.tree(of: model.map { LeafChange(path: $0.key, value: $0.value) })
        var tree = StateTree(suite: suite, cachedPagesMax: 20)
        var paths = model.keys.sorted()
        paths += paths.map { samples.path(near: $0) } + (0..<100).map { _ in samples.fixed() }
        for path in paths {
            let proof = try tree.proof(for: path, from: store)
            #expect(try StateProof(canonicalBytes: proof.canonicalBytes) == proof)
            #expect(proof.proves(value: model[path], at: path, root: root, in: suite))
            let wrong: [Digest?] = [model[path] == nil ? path : nil, .zero, samples.fixed()]
            for value in wrong { #expect(!proof.proves(value: value, at: path, root: root, in: suite)) }
            #expect(!proof.proves(value: model[path], at: path, root: samples.fixed(), in: suite))
        }
    }

    /// Every changed byte and every truncation of a proof proves nothing.
    @Test func mutations() throws {
        var samples = Samples(seed: 141)
        var model: [Digest: Digest] = [:]
        _ = samples.changes(60, to: &model, removing: 0)
        let (root, store) = try PageStore.tree(of: model.map { LeafChange(path: $0.key, value: $0.value) })
        var tree = StateTree(suite: suite, cachedPagesMax: 20)
        let present = model.keys.sorted().prefix(6)
        for path in Array(present) + present.map({ samples.path(near: $0) }) + [samples.fixed(), samples.fixed()] {
            let bytes = try tree.proof(for: path, from: store).canonicalBytes
            for index in bytes.indices {
                for bit in UInt8(0)..<8 {
                    var changed = bytes
                    changed[index] ^= 1 << bit
                    guard let proof = try? StateProof(canonicalBytes: changed) else { continue }
                    #expect(!proof.proves(value: model[path], at: path, root: root, in: suite))
                }
            }
        }
    }

    /// No proof for one path can be turned into the absence of another that is there.
    @Test func absenceCannotBeMadeOfOtherProofs() throws {
        var samples = Samples(seed: 142)
        var model: [Digest: Digest] = [:]
        _ = samples.changes(40, to: &model, removing: 0)
        let (root, store) = try PageStore.tree(of: model.map { LeafChange(path: $0.key, value: $0.value) })
        var tree = StateTree(suite: suite, cachedPagesMax: 20)
        let paths = model.keys.sorted()
        for path in paths {
            let proof = try tree.proof(for: path, from: store)
            for other in paths {
                for length in 0...proof.siblings.count {
                    for leaf in [nil, proof.leaf, StateProof.Leaf(path: samples.path(near: path), value: .zero)] {
                        let forged = StateProof(leaf: leaf, siblings: Array(proof.siblings.prefix(length)))
                        #expect(!forged.proves(value: nil, at: other, root: root, in: suite))
                    }
                }
            }
        }
    }

    @Test func longerWaysThanPathsProveNothing() {
        let proof = StateProof(leaf: nil, siblings: [Digest](repeating: .zero, count: 257))
        #expect(!proof.proves(value: nil, at: .zero, root: .zero, in: suite))
    }

    /// A path is what a contract's address and key hash to, a value what its bytes do.
    @Test func keysAndValues() {
        let key = StateKey(contract: .system(3), key: [1, 2])
        #expect(key.bytes == [UInt8](repeating: 0, count: 19) + [3, 1, 2] && key.key == [1, 2])
        #expect(key.path(in: suite) == suite.hash(Array("cairn.key".utf8) + key.bytes))
        #expect(StateKey.digest(ofValue: [7], in: suite) == suite.hash(Array("cairn.value".utf8) + [7]))
        #expect(StateKey(contract: .system(3), key: [1]) < key && key < StateKey(contract: .system(3), key: [1, 2, 0]))
        #expect(key.hasPrefix(StateKey(contract: .system(3), key: [1])))
        #expect(!key.hasPrefix(StateKey(contract: .system(3), key: [2])))
    }
}
