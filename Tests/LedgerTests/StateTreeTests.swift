import Cryptography
@testable import Ledger
import Primitives
import Testing

/// The tree against its definition, its pages served only from what its updates gave out.
@Suite struct StateTreeTests {
    private let suite = Samples.suite

    @Test func theEmptyTree() throws {
        var tree = StateTree(suite: suite, cachedPagesMax: 10)
        let store = PageStore()
        #expect(try tree.root(from: store) == .zero)
        let update = try tree.updateAndTake([], from: store)
        #expect(update.root == .zero && update.pages.isEmpty)
        let removal = try tree.updateAndTake([LeafChange(path: .zero, value: nil)], from: store)
        #expect(removal.root == .zero && removal.pages.isEmpty)
    }

    @Test(arguments: UInt64(100)..<112, [0, 1, 8, 10_000])
    func followsTheDefinition(_ seed: UInt64, _ cachedPagesMax: Int) throws {
        var samples = Samples(seed: seed)
        var tree = StateTree(suite: suite, cachedPagesMax: cachedPagesMax)
        let store = PageStore()
        var model: [Digest: Digest] = [:]
        for round in 0..<60 {
            let count = [0, 1, 1, 2, 3, 5, 16, 100][samples.number(below: 8)]
            // The tree grows, shrinks and grows again.
            let changes = samples.changes(count, to: &model, removing: round % 30 < 15 ? 10 : 70)
            let update = try tree.updateAndTake(changes, from: store)
            store.apply(update.pages)
            #expect(update.root == NaiveStateTree.root(of: model))
            #expect(try tree.root(from: store) == update.root)
            if samples.number(below: 5) == 0 { tree = StateTree(suite: suite, cachedPagesMax: cachedPagesMax) }
        }
        try checkPages(of: store, model)
        let removals = model.keys.sorted().map { LeafChange(path: $0, value: nil) }
        let update = try tree.updateAndTake(removals, from: store)
        store.apply(update.pages)
        #expect(update.root == .zero)
        #expect(store.pages.keys.allSatisfy { $0 == .root })
    }

    /// Pages are frozen after some of the updates only, taken during later ones, and read again after some of these.
    @Test(arguments: UInt64(150)..<162, [0, 1, 8, 100, 10_000])
    func followsTheDefinitionOverSeveralFlushes(_ seed: UInt64, _ cachedPagesMax: Int) throws {
        var samples = Samples(seed: seed)
        var tree = StateTree(suite: suite, cachedPagesMax: cachedPagesMax)
        let store = PageStore()
        var model: [Digest: Digest] = [:]
        var frozen: [Digest: Digest]?
        for round in 0..<80 {
            let count = [0, 1, 1, 2, 3, 5, 16, 100][samples.number(below: 8)]
            let changes = samples.changes(count, to: &model, removing: round % 20 < 10 ? 10 : 80)
            let before = tree.changedPageCount
            let root = try tree.update(changes, from: store)
            #expect(root == NaiveStateTree.root(of: model))
            for path in model.keys.sorted().prefix(3) {
                let proof = try tree.proof(for: path, from: store)
                #expect(proof.proves(value: model[path], at: path, root: root, in: suite))
            }
            if changes.isEmpty { #expect(tree.changedPageCount == before) }
            // Frozen pages are taken a few at a time, while the tree goes on, or all at once.
            guard samples.number(below: 6) == 0 else {
                if tree.hasFrozenPages { store.take(tree.takeFrozenPages(atMost: samples.number(below: 20))) }
                if let frozen, !tree.hasFrozenPages { try checkPages(of: store, frozen) }
                if !tree.hasFrozenPages { frozen = nil }
                continue
            }
            while tree.hasFrozenPages { store.take(tree.takeFrozenPages(atMost: 1)) }
            tree.freeze()
            frozen = model
            guard samples.number(below: 2) == 0 else { continue }
            store.take(tree.takeFrozenPages(atMost: .max))
            #expect(!tree.hasFrozenPages)
            try checkPages(of: store, model)
            if samples.number(below: 2) == 0 { tree = StateTree(suite: suite, cachedPagesMax: cachedPagesMax) }
            let again = try tree.root(from: store)
            #expect(again == root)
        }
    }

    /// The pages, too, depend on what the tree holds only, not on how it came to.
    private func checkPages(of store: PageStore, _ model: [Digest: Digest]) throws {
        guard !model.isEmpty else {
            #expect(store.pages.keys.allSatisfy { $0 == .root })
            return
        }
        let fresh = try PageStore.tree(of: model.map { LeafChange(path: $0.key, value: $0.value) })
        #expect(fresh.store.pages == store.pages)
        #expect(fresh.root == NaiveStateTree.root(of: model))
    }

    @Test func theOrderOfChangesDoesNotMatter() throws {
        var samples = Samples(seed: 120)
        var model: [Digest: Digest] = [:]
        _ = samples.changes(300, to: &model, removing: 0)
        var leaves = model.map { LeafChange(path: $0.key, value: $0.value) }.sorted { $0.path < $1.path }
        let expected = try PageStore.tree(of: leaves)
        for batch in [1, 2, 7, 50, 299] {
            for index in leaves.indices { leaves.swapAt(index, samples.number(below: index + 1)) }
            var tree = StateTree(suite: suite, cachedPagesMax: 4)
            let store = PageStore()
            var root = Digest.zero
            for start in stride(from: 0, to: leaves.count, by: batch) {
                let changes = leaves[start..<min(start + batch, leaves.count)].sorted { $0.path < $1.path }
                let update = try tree.updateAndTake(changes, from: store)
                store.apply(update.pages)
                root = update.root
            }
            #expect(root == expected.root)
            #expect(store.pages == expected.store.pages)
        }
    }

    /// Two paths that share all bits but the last: a page on each of the 64 levels, and none when one leaf is gone.
    @Test(arguments: [1, 4, 5, 100, 252, 253, 255]) func longSharedPrefixes(_ shared: Int) throws {
        var bytes = [UInt8](repeating: 0xA5, count: 32)
        let first = Digest(copying: bytes.span, at: 0)
        bytes[shared / 8] ^= 0x80 >> UInt8(shared % 8)
        let second = Digest(copying: bytes.span, at: 0)
        let model = [first: first, second: second]
        let (root, store) = try PageStore.tree(of: model.map { LeafChange(path: $0.key, value: $0.value) })
        #expect(root == NaiveStateTree.root(of: model))
        #expect(store.pages.count == shared / 4 + 1)
        for path in [first, second] {
            var tree = StateTree(suite: suite, cachedPagesMax: 3)
            let proof = try tree.proof(for: path, from: store)
            #expect(proof.siblings.count == shared + 1)
            #expect(proof.proves(value: path, at: path, root: root, in: suite))
        }
        var tree = StateTree(suite: suite, cachedPagesMax: 3)
        let update = try tree.updateAndTake([LeafChange(path: first, value: nil)], from: store)
        store.apply(update.pages)
        #expect(update.root == NaiveStateTree.root(of: [second: second]))
        #expect(store.pages.count == 1)
    }

    /// A page's name as bytes and as a key are the same, at each depth.
    @Test func aPagesNameIsOneInBothForms() throws {
        var samples = Samples(seed: 122)
        var position = TreePosition.root
        for depth in 0...TreePage.depthMax {
            #expect(position.depth == depth)
            #expect(position.bytes.count == 1 + (depth + 1) / 2)
            var key = StoreKey([7])
            position.append(to: &key)
            #expect(key == StoreKey([7] + position.bytes))
            if depth < TreePage.depthMax { position = position.child(samples.number(below: 16)) }
        }
    }

    @Test func changesThatChangeNothingWriteNothing() throws {
        var samples = Samples(seed: 121)
        var model: [Digest: Digest] = [:]
        _ = samples.changes(200, to: &model, removing: 0)
        let leaves = model.map { LeafChange(path: $0.key, value: $0.value) }.sorted { $0.path < $1.path }
        let (root, store) = try PageStore.tree(of: leaves)
        var tree = StateTree(suite: suite, cachedPagesMax: 100)
        let same = try tree.updateAndTake(leaves, from: store)
        #expect(same.root == root && same.pages.isEmpty)
        let strangers = leaves.map { LeafChange(path: samples.path(near: $0.path), value: nil) }
            .filter { model[$0.path] == nil }.sorted { $0.path < $1.path }
        let nothing = try tree.updateAndTake(strangers, from: store)
        #expect(nothing.root == root && nothing.pages.isEmpty)
    }
}

/// What the tree makes of pages that are missing, damaged or made up.
@Suite struct StateTreeFaultTests {
    private let suite = Samples.suite

    private func sample(_ seed: UInt64) throws -> (model: [Digest: Digest], root: Digest, store: PageStore) {
        var samples = Samples(seed: seed)
        var model: [Digest: Digest] = [:]
        _ = samples.changes(150, to: &model, removing: 0)
        let (root, store) = try PageStore.tree(of: model.map { LeafChange(path: $0.key, value: $0.value) })
        return (model, root, store)
    }

    /// An update that fails half-way leaves nothing of itself behind.
    @Test func aFailedUpdateChangesNothing() throws {
        var samples = Samples(seed: 130)
        for reads in 0..<40 {
            var (model, root, store) = try sample(131)
            var tree = StateTree(suite: suite, cachedPagesMax: 1000)
            _ = try tree.proof(for: model.keys.sorted()[reads], from: store)
            var after = model
            let changes = samples.changes(60, to: &after, removing: 30)
            store.readsLeft = reads
            #expect(throws: StateUnavailable.self) { try tree.updateAndTake(changes, from: store) }
            store.readsLeft = .max
            #expect(try tree.root(from: store) == root)
            let other = samples.changes(30, to: &model, removing: 30)
            let update = try tree.updateAndTake(other, from: store)
            #expect(update.root == NaiveStateTree.root(of: model))
            root = update.root
        }
    }

    @Test func missingPagesAreNoticed() throws {
        let (model, _, store) = try sample(132)
        for position in store.pages.keys where position != .root {
            let page = store.pages.removeValue(forKey: position)
            var tree = StateTree(suite: suite, cachedPagesMax: 100)
            #expect(throws: StateUnavailable.self) {
                for path in model.keys { _ = try tree.proof(for: path, from: store) }
            }
            store.pages[position] = page
        }
    }

    /// A changed byte in any page is noticed when the page is read; in the root's page at the latest by the root.
    @Test func damagedPagesAreNoticed() throws {
        let (model, root, store) = try sample(133)
        for (position, bytes) in store.pages.sorted(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }) {
            for index in bytes.indices {
                var changed = bytes
                changed[index] ^= 1 << UInt8(index % 8)
                store.pages[position] = changed
                var tree = StateTree(suite: suite, cachedPagesMax: 100)
                let paths = position == .root ? Array(model.keys) : model.keys.filter { position.leads(to: $0) }
                let noticed = (try? paths.forEach { _ = try tree.proof(for: $0, from: store) }) == nil
                #expect(noticed || position == .root && (try? tree.root(from: store)) != root)
            }
            store.pages[position] = bytes
        }
    }

    /// Pages at every level that say "below is more", or hold leaves of other places: no trap, no endless way.
    @Test func madeUpPagesNeverTrap() throws {
        var samples = Samples(seed: 134)
        for round in 0..<3000 {
            let source = MadeUpPages(samples: Samples(seed: UInt64(round)), shape: round % 4)
            var tree = StateTree(suite: suite, cachedPagesMax: 10)
            var model: [Digest: Digest] = [:]
            let changes = samples.changes(5, to: &model, removing: 20)
            _ = try? tree.root(from: source)
            _ = try? tree.proof(for: samples.fixed(), from: source)
            _ = try? tree.updateAndTake(changes, from: source)
        }
    }
}

/// Answers every question with a page that nobody wrote.
private final class MadeUpPages: TreePageSource {
    private var samples: Samples
    private let shape: Int

    init(samples: Samples, shape: Int) { (self.samples, self.shape) = (samples, shape) }

    func page(at position: TreePosition) -> [UInt8]? {
        switch shape {
        case 0: [0, 0, 0xFF, 0xFF] + samples.bytes(16 * 32)
        case 1: [0xFF, 0xFF, 0, 0] + samples.bytes(16 * 64)
        case 2: samples.bytes(samples.number(below: 40))
        default: [0x0F, 0, 0xF0, 0xFF] + samples.bytes(4 * 64 + 12 * 32)
        }
    }
}

extension TreePosition {
    func leads(to path: Digest) -> Bool { (0..<depth).allSatisfy { path.nibble(at: $0) == prefix.nibble(at: $0) } }
}
