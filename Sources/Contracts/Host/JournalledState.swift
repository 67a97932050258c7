package import Ledger

/// The state as the transactions of a block see it: a read-only view, what they wrote over it, and the journal by
/// which writes are undone.
package struct JournalledState {
    private struct Entry {
        let key: StateKey
        let original: [UInt8]?
        var current: [UInt8]?
    }

    private let view: any StateView
    /// Every key that was touched, in the order of the first touch.
    private var entries: [Entry] = []
    private var positions: [StateKey: Int] = [:]
    /// What entries held before, newest last.
    private var undo: [(position: Int, previous: [UInt8]?)] = []
    private var order = EntryOrder()

    package init(over view: any StateView) { self.view = view }

    /// A point to which writes can be undone.
    package struct Checkpoint { fileprivate let undoCount: Int }

    package var checkpoint: Checkpoint { Checkpoint(undoCount: undo.count) }

    /// Undoes every write since the checkpoint.
    package mutating func rollBack(to checkpoint: Checkpoint) {
        while undo.count > checkpoint.undoCount {
            let (position, previous) = undo.removeLast()
            entries[position].current = previous
        }
    }

    /// Makes the writes so far final within the block.
    package mutating func seal() { undo.removeAll(keepingCapacity: true) }

    package mutating func value(at key: StateKey) throws(StateUnavailable) -> [UInt8]? {
        entries[try position(of: key)].current
    }

    package mutating func set(_ value: [UInt8]?, at key: StateKey) throws(StateUnavailable) {
        let position = try position(of: key)
        undo.append((position, entries[position].current))
        entries[position].current = value
    }

    private mutating func position(of key: StateKey) throws(StateUnavailable) -> Int {
        if let position = positions[key] { return position }
        let value = try view.value(at: key)
        entries.append(Entry(key: key, original: value, current: value))
        positions[key] = entries.count - 1
        return entries.count - 1
    }

    /// What differs from the view, ascending by key; nil stands for a removed value.
    package mutating func changes() -> [(key: StateKey, value: [UInt8]?)] {
        sortedPositions().compactMap { position in
            let entry = entries[position]
            return entry.current == entry.original ? nil : (entry.key, entry.current)
        }
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
            let ownKey = own.first.map { entries[$0].key }.flatMap { key in end.map { key < $0 } ?? true ? key : nil }
            guard let viewKey = rest.first?.0 ?? ownKey else { return }
            if let ownKey, let position = own.first, ownKey <= viewKey {
                if rest.first?.0 == ownKey { rest.removeFirst() }
                own.removeFirst()
                if let value = entries[position].current { found.append((ownKey, value)) }
            } else if let item = rest.popFirst() {
                found.append((item.0, item.1))
            }
        }
    }

    private mutating func ownEntries(prefix: StateKey, from start: StateKey) -> [Int] {
        let sorted = sortedPositions()
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[sorted[middle]].key < start { low = middle + 1 } else { high = middle }
        }
        return Array(sorted[low...].prefix { entries[$0].key.hasPrefix(prefix) })
    }

    private mutating func sortedPositions() -> [Int] {
        let entries = entries
        order.extend(to: entries.count) { entries[$0].key < entries[$1].key }
        return order.positions
    }
}

/// The positions of entries, ascending by key, brought up to date only when somebody asks.
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
