package import Primitives

internal import Synchronization

/// A key-value store in memory, for tests and the simulator. Sendable because all state stands behind one mutex.
package final class MemoryKeyValueStore: KeyValueStore {
    private struct State {
        /// Ascending by key.
        var current: [Entry] = []
        var durable: [Entry] = []
    }

    private struct Entry {
        let key: StoreKey
        let value: [UInt8]
    }

    private let state: Mutex<State>

    package init() throws(StorageError) {
        state = Mutex(State())
        try checkFormat(path: "memory")
    }

    /// A store of its own that holds what another does.
    package init(copying other: MemoryKeyValueStore) {
        let entries = other.state.withLock { $0.current }
        state = Mutex(State(current: entries, durable: entries))
    }

    package func get(_ key: StoreKey) throws(StorageError) -> [UInt8]? {
        state.withLock { state in
            let index = Self.lowerBound(of: key, in: state.current)
            guard index < state.current.count, state.current[index].key == key else { return nil }
            return state.current[index].value
        }
    }

    package func apply(_ changes: [KeyValueChange], flush: Bool) throws(StorageError) {
        var last: [StoreKey: [UInt8]?] = [:]
        for change in changes { last[change.key] = .some(change.value) }
        let sorted = last.sorted { $0.key < $1.key }.map { KeyValueChange($0.key, $0.value) }
        state.withLock { state in
            state.current = Self.merge(state.current, sorted)
            if flush { state.durable = state.current }
        }
    }

    package func iterate(
        from start: StoreKey, prefix: StoreKey, _ body: (StoreKey, [UInt8]) -> Bool
    ) throws(StorageError) {
        let entries = state.withLock { $0.current }
        for entry in entries[Self.lowerBound(of: max(start, prefix), in: entries)...] {
            guard entry.key.hasPrefix(prefix), body(entry.key, entry.value) else { return }
        }
    }

    package func freeSpace() throws(StorageError) -> FreeSpace { FreeSpace(path: "memory", byteCount: .max) }

    /// Loses what was not flushed, as killing the process does.
    package func crash() { state.withLock { $0.current = $0.durable } }

    private static func lowerBound(of key: StoreKey, in entries: [Entry]) -> Int {
        var range = 0..<entries.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = entries[middle].key < key ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    private static func merge(_ entries: [Entry], _ changes: [KeyValueChange]) -> [Entry] {
        var merged: [Entry] = []
        merged.reserveCapacity(entries.count + changes.count)
        var index = 0
        for change in changes {
            while index < entries.count, entries[index].key < change.key {
                merged.append(entries[index])
                index += 1
            }
            if index < entries.count, entries[index].key == change.key { index += 1 }
            if let value = change.value { merged.append(Entry(key: change.key, value: value)) }
        }
        return merged + entries[index...]
    }
}
