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

    /// Takes in what updates changed: no page is written twice, and none removed that was not there.
    func take(_ changes: [PageChange]) {
        let written = changes.filter { $0.bytes != nil }
        #expect(Set(written.map(\.position)).count == written.count)
        for change in changes {
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
        let root = try update(changes, from: source)
        freeze()
        return (root, takeFrozenPages(atMost: .max))
    }
}
