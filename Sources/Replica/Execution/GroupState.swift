package import Ledger
internal import Primitives
package import Storage

/// A group's part of the write-back store: the state as the executor sees it, laid out as `StateLayout` says. Used by
/// one thread at a time.
package final class GroupState: LedgerState {
    package let store: WriteBackStore
    private let layout: StateLayout

    package init(group: GroupIdentifier, store: WriteBackStore) {
        layout = StateLayout(group: group)
        self.store = store
    }

    package var group: GroupIdentifier { layout.group }

    private func get(_ key: StoreKey) throws(StateUnavailable) -> [UInt8]? {
        do throws(StorageError) { return try store.get(key) } catch { throw StateUnavailable("\(error)") }
    }

    package func value(at key: StateKey) throws(StateUnavailable) -> [UInt8]? { try get(layout.key(of: key)) }

    package func scan(
        prefix: StateKey, from start: StateKey, limit: Int
    ) throws(StateUnavailable) -> [(StateKey, [UInt8])] {
        do throws(StorageError) {
            let items = try store.scan(prefix: layout.key(of: prefix), from: layout.key(of: start), limit: limit)
            return items.map { key, value in (layout.stateKey(key), value) }
        } catch {
            throw StateUnavailable("\(error)")
        }
    }

    package func page(at position: TreePosition) throws(StateUnavailable) -> [UInt8]? {
        try get(layout.key(of: position))
    }

    package func commit(_ changes: BlockChanges) {
        store.commit(
            height: changes.height, changes: changes.values.lazy.map { (self.layout.key(of: $0.key), $0.stored) })
        store.keptKeyCount = changes.keptPageCount
        store.keptByteCount = changes.keptPageCount * ReplicaLimits.keptTreePageByteCount
    }

    package func beginFreeze() -> Bool { store.beginFreeze() }

    package func addFrozen(_ pages: [PageChange]) {
        for page in pages { store.addFrozen(layout.key(of: page.position), page.bytes.map { StoreValue($0) }) }
    }

    package func finishFreeze() -> FlushBatch { store.finishFreeze() }
}
