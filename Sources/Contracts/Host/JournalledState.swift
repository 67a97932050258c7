package import Ledger
package import Primitives

/// The state as the transactions of a block see it: a read-only view, what they wrote over it, and the journal by
/// which writes are undone.
///
/// From block to block it remembers what it has read and written, so that keys in frequent use are looked up in one
/// table; `beginBlock` demands that the changes of the block before are in the view by then.
package struct JournalledState {
    let view: any StateView
    /// What is remembered.
    private var entries: [Entry] = []
    private var blockCount = 1
    private var sealCount = 0
    private var table: StoreKeyTable
    /// The entry that was looked up last: a contract mostly writes what it has just read.
    private var last = 0
    /// The entries that the block wrote, in the order of first writes, with what they held before it.
    private var written: [(position: Int, original: StoreValue?)] = []
    /// What entries held before, newest last.
    private var undo: [(position: Int, previous: StoreValue?)] = []
    private var order = EntryOrder()

    private struct Entry {
        let key: StoreKey
        var value: StoreValue?
        /// The number of the block that last wrote it, and of the seal that last looked at it.
        var block = 0
        var seal = 0
    }

    package init(over view: any StateView) {
        self.view = view
        table = StoreKeyTable()
    }

    /// Starts the next block. `expectedKeys` is a hint of how many keys it will touch.
    package mutating func beginBlock(expectedKeys: Int = 0) {
        blockCount += 1
        if entries.count > ContractLimits.rememberedKeysMax { forget() }
        written.removeAll(keepingCapacity: true)
        undo.removeAll(keepingCapacity: true)
        order = EntryOrder()
        guard entries.isEmpty else { return }
        table = StoreKeyTable(minimumCapacity: expectedKeys)
        entries.reserveCapacity(expectedKeys)
    }

    private mutating func forget() {
        entries = []
        (table, last) = (StoreKeyTable(), 0)
    }

    /// A point to which writes can be undone.
    package struct Checkpoint { fileprivate let undoCount: Int }

    package var checkpoint: Checkpoint { Checkpoint(undoCount: undo.count) }

    /// Undoes every write since the checkpoint.
    package mutating func rollBack(to checkpoint: Checkpoint) {
        while undo.count > checkpoint.undoCount {
            let (position, previous) = undo.removeLast()
            entries[position].value = previous
        }
    }

    /// Makes the writes so far final within the block, and appends each key that they changed once, with what it holds
    /// now, in the order of first writes.
    package mutating func seal(into writes: inout BlockWrites) {
        sealCount += 1
        for (position, previous) in undo where entries[position].seal != sealCount {
            entries[position].seal = sealCount
            let value = entries[position].value
            if value != previous { writes.append(StateWrite(key: StateKey(entries[position].key), stored: value)) }
        }
        writes.endTransaction()
        undo.removeAll(keepingCapacity: true)
    }

    package mutating func value(at key: StateKey) throws(StateUnavailable) -> StoreValue? {
        // First the position, which may add the entry.
        let position = try position(of: key)
        return entries[position].value
    }

    package mutating func set(_ value: StoreValue?, at key: StateKey) throws(StateUnavailable) {
        set(value, at: try position(of: key))
    }

    func value(at position: Int) -> StoreValue? { entries[position].value }

    mutating func set(_ value: StoreValue?, at position: Int) {
        let previous = entries[position].value
        if entries[position].block != blockCount {
            entries[position].block = blockCount
            written.append((position, previous))
        }
        undo.append((position, previous))
        entries[position].value = value
    }

    /// Where a key is remembered: the same until the next block begins.
    mutating func position(of key: StateKey) throws(StateUnavailable) -> Int {
        if last < entries.count, entries[last].key == key.storeKey { return last }
        var search = table.search(for: key.storeKey)
        while let position = table.candidate(&search) {
            guard entries[position].key == key.storeKey else { continue }
            last = position
            return position
        }
        table.insert(entries.count, at: search)
        last = entries.count
        // If this throws, the node stops; but until then a contract may go on asking, and must find an entry.
        var entry = Entry(key: key.storeKey)
        defer { entries.append(entry) }
        entry.value = try view.value(at: key).map { StoreValue($0) }
        return last
    }

    /// What the block has changed, in the order in which keys were first written; nil stands for a removed value.
    package func changes() -> [StateWrite] {
        var changes: [StateWrite] = []
        changes.reserveCapacity(written.count)
        for (position, original) in written {
            let value = entries[position].value
            guard value != original else { continue }
            changes.append(StateWrite(key: StateKey(entries[position].key), stored: value))
        }
        return changes
    }
}

// MARK: - Scanning

extension JournalledState {
    /// The first `limit` keys with the prefix that are at or above `start`, ascending, with their values.
    package mutating func scan(
        prefix: StateKey, from start: StateKey, limit: Int
    ) throws(StateUnavailable) -> [(key: StateKey, value: [UInt8])] {
        var own = ownEntries(prefix: prefix, from: max(start, prefix))[...]
        var found: [(key: StateKey, value: [UInt8])] = []
        var next: StateKey? = max(start, prefix)
        while found.count < limit, next != nil || !own.isEmpty {
            let page: [(StateKey, [UInt8])]
            if let from = next {
                page = try view.scan(prefix: prefix, from: from, limit: ContractLimits.scanPageItems)
                next = page.count < ContractLimits.scanPageItems ? nil : page.last?.0.successor
            } else {
                page = []
            }
            merge(page, upTo: next, &own, into: &found, limit: limit)
        }
        return found
    }

    /// Merges a page of the view with own entries below `end`; an own entry stands for the view's.
    private func merge(
        _ page: [(StateKey, [UInt8])], upTo end: StateKey?, _ own: inout ArraySlice<Int>,
        into found: inout [(key: StateKey, value: [UInt8])], limit: Int
    ) {
        var rest = page[...]
        while found.count < limit {
            let ownKey = own.first.map { StateKey(entries[$0].key) }.flatMap { key in
                end.map { key < $0 } ?? true ? key : nil
            }
            guard let viewKey = rest.first?.0 ?? ownKey else { return }
            if let ownKey, let position = own.first, ownKey <= viewKey {
                if rest.first?.0 == ownKey { rest.removeFirst() }
                own.removeFirst()
                if let value = entries[position].value { found.append((ownKey, value.bytes)) }
            } else if let item = rest.popFirst() {
                found.append((item.0, item.1))
            }
        }
    }

    /// What the block wrote; all else that is remembered is in the view too.
    private mutating func ownEntries(prefix: StateKey, from start: StateKey) -> [Int] {
        let sorted = sortedPositions()
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[sorted[middle]].key < start.storeKey { low = middle + 1 } else { high = middle }
        }
        return Array(sorted[low...].prefix { entries[$0].key.hasPrefix(prefix.storeKey) })
    }

    private mutating func sortedPositions() -> [Int] {
        let (entries, written) = (entries, written)
        order.extend(to: written.count) { entries[written[$0].position].key < entries[written[$1].position].key }
        return order.positions.map { written[$0].position }
    }
}

/// The numbers of written entries, ascending by key, brought up to date only when somebody asks.
private struct EntryOrder {
    private(set) var positions: [Int] = []

    mutating func extend(to count: Int, by precedes: (Int, Int) -> Bool) {
        guard positions.count < count else { return }
        let added = (positions.count..<count).sorted(by: precedes)
        var merged: [Int] = []
        merged.reserveCapacity(count)
        var rest = positions[...]
        for position in added {
            while let first = rest.first, precedes(first, position) {
                merged.append(first)
                rest.removeFirst()
            }
            merged.append(position)
        }
        positions = merged + rest
    }
}
