internal import Cryptography
package import Primitives

/// A page at or below which an update has changes.
private struct OpenPage {
    /// Its place in the cache, that of the page above, and its slot there.
    let place, parent, slot: Int
    /// Which of the update's changes belong at or below the page.
    let changes: Range<Int>
}

/// Changes that belong in a slot of a page, below which there is no page yet.
private struct SlotChanges {
    let place, slot: Int
    let changes: Range<Int>
}

/// The pages of one depth at or below which an update has changes. All work goes through one level after another, not
/// down each way in turn, because then the memory's answers do not wait for each other.
private struct OpenLevel {
    var pages: [OpenPage] = []
    var slots: [SlotChanges] = []
}

/// An update's changes, and the first words of their paths, which lie closer together.
private struct SortedChanges {
    let all: [LeafChange]
    private let firstWords: [UInt64]

    init(_ changes: [LeafChange]) {
        all = changes
        firstWords = changes.map { $0.path.words[0] }
    }

    /// Takes the first changes of a range whose paths have the same nibble at a depth; nil at the end.
    func nextRun(of range: inout Range<Int>, at depth: Int) -> (slot: Int, run: Range<Int>)? {
        guard !range.isEmpty else { return nil }
        let slot = nibble(range.lowerBound, depth)
        var end = range.lowerBound + 1
        while end < range.upperBound, nibble(end, depth) == slot { end += 1 }
        defer { range = end..<range.upperBound }
        return (slot, range.lowerBound..<end)
    }

    private func nibble(_ index: Int, _ depth: Int) -> Int {
        guard depth < 16 else { return all[index].path.nibble(at: depth) }
        return Int(truncatingIfNeeded: firstWords[index] &>> UInt64(60 - 4 * depth) & 15)
    }
}

extension StateTree {
    /// Applies changes, which must be ascending by path with no path twice, and gives back the new root. An update
    /// that fails has no effect.
    package mutating func update(
        _ changes: [LeafChange], from source: any TreePageSource
    ) throws(StateUnavailable) -> Digest {
        precondition(zip(changes, changes.dropFirst()).allSatisfy { $0.path < $1.path })
        let changes = SortedChanges(changes)
        defer { trim() }
        var levels = try openAll(changes, source)
        apply(changes, to: &levels)
        for depth in levels.indices.reversed() { hashAndClose(levels[depth].pages[...], depth) }
        return cache.digest(of: 1, in: TreePageCache.rootPlace)
    }

    /// Opens all stored pages on the ways to changes, before any of them is changed. What is frozen of these is saved.
    private mutating func openAll(
        _ changes: SortedChanges, _ source: any TreePageSource
    ) throws(StateUnavailable) -> [OpenLevel] {
        let root = try openRoot(source)
        saveFrozen(root)
        var levels: [OpenLevel] = []
        var level = OpenLevel(pages: [OpenPage(place: root, parent: 0, slot: 0, changes: changes.all.indices)])
        while !level.pages.isEmpty {
            let below = try openBelow(&level, levels.count, changes, source)
            levels.append(level)
            level = below
        }
        return levels
    }

    /// Opens the pages below those of a level, and notes the changes that need none.
    private mutating func openBelow(
        _ level: inout OpenLevel, _ depth: Int, _ changes: SortedChanges, _ source: any TreePageSource
    ) throws(StateUnavailable) -> OpenLevel {
        var below = OpenLevel()
        for (index, open) in level.pages.enumerated() {
            readAhead(level.pages, from: index)
            let page = cache.pages[open.place]
            var rest = open.changes
            while let (slot, run) = changes.nextRun(of: &rest, at: depth) {
                guard page.shape.isTop(slot) else {
                    level.slots.append(SlotChanges(place: open.place, slot: slot, changes: run))
                    continue
                }
                let place = cache.placeOrZero(below: page, slot)
                cache.readAhead(place)
                below.pages.append(OpenPage(place: place, parent: open.place, slot: slot, changes: run))
            }
        }
        try readMissing(&below, depth + 1, changes, source)
        for open in below.pages {
            cache.use(open.place)
            saveFrozen(open.place)
        }
        return below
    }

    /// Asks for what is opened some steps later: first for the page, then for its links.
    private func readAhead(_ pages: [OpenPage], from index: Int) {
        let (soon, later) = (index + TreePageCache.stepsAhead, index + 2 * TreePageCache.stepsAhead)
        guard later < pages.count else { return }
        cache.readAhead(pages[later].place)
        cache.readAhead(linksOf: pages[soon].place)
    }

    /// Reads the pages of a level that are not in memory.
    private mutating func readMissing(
        _ level: inout OpenLevel, _ depth: Int, _ changes: SortedChanges, _ source: any TreePageSource
    ) throws(StateUnavailable) {
        let missing = level.pages.indices.filter { level.pages[$0].place == 0 }
        guard !missing.isEmpty else { return }
        let places = try read(
            missing.map { index in
                let open = level.pages[index]
                let position = TreePosition(depth: depth, above: changes.all[open.changes.lowerBound].path)
                return MissingPage(parent: open.parent, slot: open.slot, position: position)
            }, source)
        for (index, place) in zip(missing, places) {
            let open = level.pages[index]
            level.pages[index] = OpenPage(place: place, parent: open.parent, slot: open.slot, changes: open.changes)
        }
    }

    /// Applies all changes, and makes the pages that they need.
    private mutating func apply(_ changes: SortedChanges, to levels: inout [OpenLevel]) {
        var depth = 0
        while depth < levels.count {
            let slots = levels[depth].slots
            for (index, slot) in slots.enumerated() {
                readAhead(slots, from: index)
                if slot.changes.count == 1,
                    cache.apply(changes.all[slot.changes.lowerBound], at: slot.slot, in: slot.place)
                {
                    continue
                }
                if levels.count == depth + 1 { levels.append(OpenLevel()) }
                addPage(below: slot, depth + 1, changes, to: &levels[depth + 1])
            }
            depth += 1
        }
    }

    /// Asks for what is changed some steps later: first for the page, then for the slot's digests.
    private func readAhead(_ slots: [SlotChanges], from index: Int) {
        let (soon, later) = (index + TreePageCache.stepsAhead, index + 2 * TreePageCache.stepsAhead)
        guard later < slots.count else { return }
        cache.readAhead(slots[later].place)
        cache.readAhead(slots[soon].slot, in: slots[soon].place)
    }

    /// Makes a page for changes, into which the leaf moves down that was in their place.
    private mutating func addPage(
        below parent: SlotChanges, _ depth: Int, _ changes: SortedChanges, to level: inout OpenLevel
    ) {
        let place = cache.insert(TreePage())
        if let leaf = cache.onlyLeaf(below: 16 + parent.slot, in: parent.place) {
            cache.setLeaf(leaf.path.nibble(at: depth), leaf, in: place)
        }
        cache.link(place, below: parent.place, parent.slot)
        level.pages.append(
            OpenPage(place: place, parent: parent.place, slot: parent.slot, changes: parent.changes))
        var rest = parent.changes
        while let (slot, run) = changes.nextRun(of: &rest, at: depth) {
            level.slots.append(SlotChanges(place: place, slot: slot, changes: run))
        }
    }

    /// Hashes pages of one depth, and hands their tops to the pages above.
    private mutating func hashAndClose(_ level: ArraySlice<OpenPage>, _ depth: Int) {
        var rest = level
        while !rest.isEmpty {
            let together = rest.prefix(HashingBench.pagesMax)
            rest = rest.dropFirst(HashingBench.pagesMax)
            for page in together {
                cache.readAhead(page.place)
                cache.readAhead(page.parent)
            }
            for page in together {
                cache.readAhead(topOf: page.place)
                cache.readAhead(page.slot, in: page.parent)
            }
            cache.hash(together.map(\.place), in: suite)
            for page in together { close(page, depth) }
        }
    }

    /// Hands a page's top to the page above. A page of less than two leaves, but for the root's, goes; its leaf moves
    /// up.
    private mutating func close(_ open: OpenPage, _ depth: Int) {
        let isChanged = cache.pages[open.place].changed != 0
        cache.pages[open.place].changed = 0
        if isChanged, cache.pages[open.place].changeEpoch == 0 {
            cache.pages[open.place].changeEpoch = epoch
            changedPageCount += 1
        }
        guard depth > 0 else { return }
        if cache.pages[open.place].shape.isLessThanTwoLeaves {
            cache.setLeaf(open.slot, cache.onlyLeaf(below: 1, in: open.place), in: open.parent)
            remove(open)
        } else {
            cache.setTop(open.slot, cache.digest(of: 1, in: open.place), in: open.parent)
        }
    }

    private mutating func remove(_ open: OpenPage) {
        let page = cache.pages[open.place]
        if page.isStored { removed.append(cache.position(of: open.place)) }
        changedPageCount += (page.isStored ? 1 : 0) - (page.changeEpoch == 0 ? 0 : 1)
        cache.remove(below: open.parent, open.slot)
    }
}
