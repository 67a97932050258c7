@testable import Ledger
import Primitives
import Testing

/// Keeps a tree's pages as a disk would: it gives what updates wrote, and nothing else.
final class PageStore: TreePageSource {
    var pages: [TreePosition: [UInt8]] = [:]
    /// How many more pages may be read before reading fails.
    var readsLeft = Int.max

    func page(at position: TreePosition) throws(StateUnavailable) -> [UInt8]? {
        guard readsLeft > 0 else { throw StateUnavailable("the disk failed, as the test asked") }
        readsLeft -= 1
        return pages[position]
    }

    /// Takes in what one update changed: what `take` demands, and no page that did not change.
    func apply(_ changes: [PageChange]) {
        for change in changes { #expect(change.bytes != pages[change.position], "a page that did not change") }
        take(changes)
    }

    /// Takes in what updates changed: each page once and after those below it, and none removed that was not there.
    func take(_ changes: [PageChange]) {
        #expect(Set(changes.map(\.position)).count == changes.count)
        var isTreated: Set<TreePosition> = []
        for change in changes {
            if let above = change.position.parent { #expect(!isTreated.contains(above)) }
            isTreated.insert(change.position)
            #expect(change.bytes != nil || pages[change.position] != nil)
            pages[change.position] = change.bytes
        }
    }

    /// The root and the pages of a tree that was empty before these changes.
    static func tree(of changes: [LeafChange]) throws -> (root: Digest, store: PageStore) {
        let store = PageStore()
        var tree = StateTree(suite: Samples.suite, cachedPagesMax: 100)
        let update = try tree.updateAndTake(changes.sorted { $0.path < $1.path }, from: store)
        store.apply(update.pages)
        return (update.root, store)
    }
}

extension StateTree {
    /// Updates the tree, and gives out what changed at once.
    mutating func updateAndTake(
        _ changes: [LeafChange], from source: any TreePageSource
    ) throws -> (root: Digest, pages: [PageChange]) {
        (try update(changes, from: source), takeChangedPages())
    }
}

extension TreePosition {
    /// The page above, or nil for the root's.
    fileprivate var parent: TreePosition? {
        guard depth > 0 else { return nil }
        return (0..<depth - 1).reduce(.root) { $0.child(prefix.nibble(at: $1)) }
    }
}
