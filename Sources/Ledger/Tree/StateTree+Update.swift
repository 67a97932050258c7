internal import Cryptography
package import Primitives

/// A page at or below which an update has changes.
private struct OpenPage {
    /// The depth of the page in nibbles, its place in the cache, that of the page above, and its slot there.
    let depth, place, parentPlace, slot: Int
    /// Which of the update's changes belong at or below the page.
    let changes: Range<Int>
}

extension StateTree {
    /// Applies changes, which must be ascending by path with no path twice, and gives back the new root. An update
    /// that fails has no effect.
    package mutating func update(
        _ changes: [LeafChange], from source: any TreePageSource
    ) throws(StateUnavailable) -> Digest {
        precondition(zip(changes, changes.dropFirst()).allSatisfy { $0.path < $1.path })
        defer { trim() }
        let root = OpenPage(
            depth: 0, place: try openRoot(source), parentPlace: 0, slot: 0, changes: 0..<changes.count)
        try openAll(below: root.place, depth: 0, changes, root.changes, source)
        update([root], with: changes)
        return cache.digest(of: 1, in: root.place)
    }

    /// Opens all stored pages on the ways to changes, before any of them is changed. What is frozen of these is saved.
    private mutating func openAll(
        below place: Int, depth: Int, _ changes: [LeafChange], _ range: Range<Int>, _ source: any TreePageSource
    ) throws(StateUnavailable) {
        saveFrozen(place)
        var rest = range
        while let (slot, run) = changes.nextRun(of: &rest, at: depth) {
            guard cache.pages[place].shape.isTop(slot) else { continue }
            let position = TreePosition(depth: depth + 1, above: changes[run.lowerBound].path)
            let below = try open(slot, below: place, position, source)
            try openAll(below: below, depth: depth + 1, changes, run, source)
        }
    }

    /// How many pages of a level are worked on together: enough to have many independent hashes at hand, few enough
    /// that they are still in the processor's caches when it comes back to them.
    private static let pagesTogetherMax = 64

    /// Applies the changes at and below pages of one level, hashes the pages, and hands each one's top to the page
    /// above.
    private mutating func update(_ level: [OpenPage], with changes: [LeafChange]) {
        var rest = level[...]
        while !rest.isEmpty {
            let together = rest.prefix(Self.pagesTogetherMax)
            rest = rest.dropFirst(together.count)
            let below = applyAndOpenBelow(together, changes)
            if !below.isEmpty { update(below, with: changes) }
            cache.hash(together.map(\.place), in: suite)
            for open in together { close(open) }
        }
    }

    /// Applies to pages of a level the changes that need no page below, and opens the pages for the others.
    private mutating func applyAndOpenBelow(_ level: ArraySlice<OpenPage>, _ changes: [LeafChange]) -> [OpenPage] {
        var below: [OpenPage] = []
        for open in level {
            var rest = open.changes
            while let (slot, run) = changes.nextRun(of: &rest, at: open.depth) {
                if run.count == 1, cache.apply(changes[run.lowerBound], at: slot, in: open.place) { continue }
                below.append(
                    OpenPage(
                        depth: open.depth + 1, place: openOrMake(slot, below: open.place, depth: open.depth + 1),
                        parentPlace: open.place, slot: slot, changes: run))
            }
        }
        return below
    }

    /// The page below a slot; if there is none, a new one, into which the slot's leaf moves down.
    private mutating func openOrMake(_ slot: Int, below parent: Int, depth: Int) -> Int {
        if let place = cache.place(below: parent, slot) { return place }
        let place = cache.insert(TreePage())
        if let leaf = cache.onlyLeaf(below: 16 + slot, in: parent) {
            cache.setLeaf(leaf.path.nibble(at: depth), leaf, in: place)
        }
        cache.link(place, below: parent, slot)
        return place
    }

    /// Hands a page's top to the page above. A page of less than two leaves, but for the root's, goes; its leaf moves
    /// up.
    private mutating func close(_ open: OpenPage) {
        let isChanged = cache.pages[open.place].changed != 0
        cache.pages[open.place].changed = 0
        if isChanged, cache.pages[open.place].changeEpoch == 0 {
            cache.pages[open.place].changeEpoch = epoch
            changedPageCount += 1
        }
        guard open.depth > 0 else { return }
        if cache.pages[open.place].shape.isLessThanTwoLeaves {
            cache.setLeaf(open.slot, cache.onlyLeaf(below: 1, in: open.place), in: open.parentPlace)
            remove(open)
        } else {
            cache.setTop(open.slot, cache.digest(of: 1, in: open.place), in: open.parentPlace)
        }
    }

    private mutating func remove(_ open: OpenPage) {
        let page = cache.pages[open.place]
        if page.isStored { removed.append(cache.position(of: open.place)) }
        changedPageCount += (page.isStored ? 1 : 0) - (page.changeEpoch == 0 ? 0 : 1)
        cache.remove(below: open.parentPlace, open.slot)
    }
}

extension [LeafChange] {
    /// Takes the first changes of a range whose paths have the same nibble at a depth; nil at the end.
    fileprivate func nextRun(of range: inout Range<Int>, at depth: Int) -> (slot: Int, run: Range<Int>)? {
        guard !range.isEmpty else { return nil }
        let slot = self[range.lowerBound].path.nibble(at: depth)
        var end = range.lowerBound + 1
        while end < range.upperBound, self[end].path.nibble(at: depth) == slot { end += 1 }
        defer { range = end..<range.upperBound }
        return (slot, range.lowerBound..<end)
    }
}
