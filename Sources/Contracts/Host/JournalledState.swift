package import Ledger
internal import Primitives

/// The state as the transactions of a block see it: a read-only view, what they wrote over it, and the journal by
/// which writes are undone.
package struct JournalledState {
    private let view: any StateView
    /// Every key that was touched, in the order of the first touch, and beside it what it held and holds.
    private var keys: [StoreKey] = []
    private var originals: [[UInt8]?] = []
    private var values: [[UInt8]?] = []
    /// The number of the seal that last looked at an entry.
    private var seals: [Int] = []
    private var sealCount = 0
    private var table: StoreKeyTable
    /// The entry that was looked up last: a contract mostly writes what it has just read.
    private var last = 0
    /// What entries held before, newest last.
    private var undo: [(position: Int, previous: [UInt8]?)] = []
    private var order = EntryOrder()

    /// `expectedKeys` is a hint of how many keys will be touched.
    package init(over view: any StateView, expectedKeys: Int = 0) {
        self.view = view
        table = StoreKeyTable(minimumCapacity: expectedKeys)
        keys.reserveCapacity(expectedKeys)
        originals.reserveCapacity(expectedKeys)
        values.reserveCapacity(expectedKeys)
        seals.reserveCapacity(expectedKeys)
    }

    /// A point to which writes can be undone.
    package struct Checkpoint { fileprivate let undoCount: Int }

    package var checkpoint: Checkpoint { Checkpoint(undoCount: undo.count) }

    /// Undoes every write since the checkpoint.
    package mutating func rollBack(to checkpoint: Checkpoint) {
        while undo.count > checkpoint.undoCount {
            let (position, previous) = undo.removeLast()
            values[position] = previous
        }
    }

    /// Makes the writes so far final within the block, and gives each key that they changed once, with what it holds
    /// now, in the order of first writes.
    package mutating func seal(_ take: (StateWrite) -> Void) {
        sealCount += 1
        for (position, previous) in undo where seals[position] != sealCount {
            seals[position] = sealCount
            guard values[position] != previous else { continue }
            take(StateWrite(key: StateKey(keys[position]), value: values[position]))
        }
        undo.removeAll(keepingCapacity: true)
    }

    package mutating func value(at key: StateKey) throws(StateUnavailable) -> [UInt8]? {
        values[try position(of: key)]
    }

    package mutating func set(_ value: [UInt8]?, at key: StateKey) throws(StateUnavailable) {
        let position = try position(of: key)
        undo.append((position, values[position]))
        values[position] = value
    }

    private mutating func position(of key: StateKey) throws(StateUnavailable) -> Int {
        if last < keys.count, keys[last] == key.storeKey { return last }
        let (position, isNew) = table.claim(key.storeKey, in: keys)
        if isNew {
            keys.append(key.storeKey)
            // If this throws, the node stops; but until then a contract may go on asking, and must find an entry.
            var value: [UInt8]?
            defer {
                originals.append(value)
                values.append(value)
                seals.append(0)
            }
            value = try view.value(at: key)
        }
        last = position
        return position
    }

    /// What differs from the view, in the order in which keys were first touched; nil stands for a removed value.
    package func changes() -> [(key: StateKey, value: [UInt8]?)] {
        var changes: [(key: StateKey, value: [UInt8]?)] = []
        changes.reserveCapacity(keys.count)
        for position in keys.indices where values[position] != originals[position] {
            changes.append((StateKey(keys[position]), values[position]))
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
            let ownKey = own.first.map { StateKey(keys[$0]) }.flatMap { key in end.map { key < $0 } ?? true ? key : nil
            }
            guard let viewKey = rest.first?.0 ?? ownKey else { return }
            if let ownKey, let position = own.first, ownKey <= viewKey {
                if rest.first?.0 == ownKey { rest.removeFirst() }
                own.removeFirst()
                if let value = values[position] { found.append((ownKey, value)) }
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
            if keys[sorted[middle]] < start.storeKey { low = middle + 1 } else { high = middle }
        }
        return Array(sorted[low...].prefix { keys[$0].hasPrefix(prefix.storeKey) })
    }

    private mutating func sortedPositions() -> [Int] {
        let keys = keys
        order.extend(to: keys.count) { keys[$0] < keys[$1] }
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
