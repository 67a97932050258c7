/// For each key the places where it occurs, ascending: an index of one block.
///
/// The lists are chains through one array, so that a block with thousands of keys does not make as many arrays.
struct PostingLists<Key: Hashable> {
    private struct Entry {
        let place: BlockPlace
        /// The entry before it in the list; negative for none.
        let previous: Int32
    }

    private var entries: [Entry] = []
    /// The last entry of each key.
    private var ends: [Key: Int32] = [:]

    /// Adds a place, which must not come before those that the key has; the last of them again changes nothing.
    mutating func add(_ place: BlockPlace, to key: Key) {
        let previous = ends[key] ?? -1
        guard previous < 0 || entries[Int(previous)].place != place else { return }
        ends[key] = Int32(entries.count)
        entries.append(Entry(place: place, previous: previous))
    }

    subscript(key: Key) -> [BlockPlace] {
        var places: [BlockPlace] = []
        var next = ends[key] ?? -1
        while next >= 0 {
            places.append(entries[Int(next)].place)
            next = entries[Int(next)].previous
        }
        places.reverse()
        return places
    }
}

/// A transaction of a block, and one of its events where it is about that.
struct BlockPlace: Hashable, Comparable {
    let transaction: UInt32
    let event: UInt32

    init(_ transaction: Int, event: Int = 0) {
        self.transaction = UInt32(transaction)
        self.event = UInt32(event)
    }

    static func < (left: BlockPlace, right: BlockPlace) -> Bool {
        (left.transaction, left.event) < (right.transaction, right.event)
    }
}
