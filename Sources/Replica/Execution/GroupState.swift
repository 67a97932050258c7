package import Ledger
internal import Primitives
package import Storage

/// A group's part of the write-back store: the state as the executor sees it.
///
/// | space | key | value |
/// |---|---|---|
/// | `s` | contract, contract's key | what the contract wrote |
/// | `t` | position in the tree | page of the state tree |
///
/// Each key begins with the group's number in four bytes and the space. Used by one thread at a time.
package final class GroupState: LedgerState {
    package let group: GroupIdentifier
    package let store: WriteBackStore

    package init(group: GroupIdentifier, store: WriteBackStore) {
        self.group = group
        self.store = store
    }

    private func key(_ space: Unicode.Scalar) -> StoreKey {
        var key = StoreKey.empty
        key.append(group)
        key.append(UInt8(ascii: space))
        return key
    }

    private func key(of position: TreePosition) -> StoreKey {
        var key = key("t")
        position.append(to: &key)
        return key
    }

    private func key(of stateKey: StateKey) -> StoreKey {
        var key = key("s")
        key.append(stateKey.storeKey)
        return key
    }

    private func get(_ key: StoreKey) throws(StateUnavailable) -> [UInt8]? {
        do throws(StorageError) { return try store.get(key) } catch { throw StateUnavailable("\(error)") }
    }

    package func value(at key: StateKey) throws(StateUnavailable) -> [UInt8]? { try get(self.key(of: key)) }

    package func scan(
        prefix: StateKey, from start: StateKey, limit: Int
    ) throws(StateUnavailable) -> [(StateKey, [UInt8])] {
        do throws(StorageError) {
            let items = try store.scan(prefix: key(of: prefix), from: key(of: start), limit: limit)
            return items.map { key, value in (StateKey(key.dropFirst(Self.prefixByteCount)), value) }
        } catch {
            throw StateUnavailable("\(error)")
        }
    }

    package func page(at position: TreePosition) throws(StateUnavailable) -> [UInt8]? {
        try get(key(of: position))
    }

    package func commit(_ changes: BlockChanges) {
        store.commit(height: changes.height, changes: changes.values.lazy.map { (self.key(of: $0.key), $0.stored) })
        store.keptKeyCount = changes.keptPageCount
        store.keptByteCount = changes.keptPageCount * ReplicaLimits.keptTreePageByteCount
    }

    package func beginFreeze() -> Bool { store.beginFreeze() }

    package func addFrozen(_ pages: [PageChange]) {
        for page in pages { store.addFrozen(key(of: page.position), page.bytes.map { StoreValue($0) }) }
    }

    package func finishFreeze() -> FlushBatch { store.finishFreeze() }

    private static let prefixByteCount = 5
}
