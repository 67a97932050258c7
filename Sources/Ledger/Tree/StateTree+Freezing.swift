/// The pages that a freeze has set apart and that were not given out yet.
struct FrozenPages: Sendable {
    /// Pages that are gone, and pages as they were at the freeze that have been opened for changes since.
    fileprivate var saved: [PageChange] = []
    /// From this place in the cache on pages may be frozen ones.
    fileprivate var nextPlace = Int.max

    fileprivate var isEmpty: Bool { saved.isEmpty && nextPlace == Int.max }
}

extension StateTree {
    /// Whether pages that were frozen wait to be taken.
    package var hasFrozenPages: Bool { !frozen.isEmpty }

    /// Sets apart what has changed since the last freeze, as it is now, to be given out by `takeFrozenPages` while the
    /// tree goes on. Takes no time. What the last freeze set apart must have been taken.
    package mutating func freeze() {
        precondition(frozen.isEmpty)
        guard changedPageCount > 0 else { return }
        frozen.saved = removed.map { PageChange(position: $0, bytes: nil) }
        frozen.nextPlace = 0
        removed.removeAll()
        changedPageCount = 0
        epoch += 1
    }

    /// The next of the frozen pages, about so many; empty when all have been taken. Of one position the last counts.
    /// The source must give them from now on.
    package mutating func takeFrozenPages(atMost countMax: Int) -> [PageChange] {
        var taken: [PageChange] = []
        swap(&taken, &frozen.saved)
        while frozen.nextPlace < cache.pages.count, taken.count < countMax {
            readAheadIfFrozen(frozen.nextPlace + TreePageCache.stepsAhead)
            if isFrozen(frozen.nextPlace) { taken.append(takenPage(frozen.nextPlace)) }
            frozen.nextPlace += 1
        }
        if frozen.nextPlace >= cache.pages.count { frozen.nextPlace = Int.max }
        return taken
    }

    /// Keeps a frozen page as it is for those who take it, because it may be about to change.
    mutating func saveFrozen(_ place: Int) {
        if isFrozen(place) { frozen.saved.append(takenPage(place)) }
    }

    /// Makes room in memory. Not before all frozen pages have been taken: until then the source does not hold them all,
    /// nor are those above them marked.
    mutating func trim() {
        if frozen.isEmpty { cache.trim() }
    }

    private func readAheadIfFrozen(_ place: Int) {
        guard place < cache.pages.count, isFrozen(place) else { return }
        cache.readAhead(rowOf: place)
        cache.readAhead(Int(cache.pages[place].parent))
    }

    private func isFrozen(_ place: Int) -> Bool {
        cache.pages[place].changeEpoch != 0 && cache.pages[place].changeEpoch != epoch
    }

    private mutating func takenPage(_ place: Int) -> PageChange {
        cache.pages[place].isStored = true
        cache.pages[place].changeEpoch = 0
        return PageChange(position: cache.position(of: place), bytes: cache.canonicalBytes(of: place))
    }
}
