internal import Synchronization

/// Checkpoints of a store in memory, for tests and the simulator: copies, which survive every crash.
package final class MemoryCheckpoints: CheckpointStore {
    private let store: MemoryKeyValueStore
    /// Ascending by height.
    private let kept: Mutex<[(height: UInt64, copy: MemoryKeyValueStore)]>

    /// Those of a store, with those that another object kept: as after a start.
    package init(of store: MemoryKeyValueStore, with other: MemoryCheckpoints? = nil) {
        self.store = store
        kept = Mutex(other?.kept.withLock { $0 } ?? [])
    }

    package func heights() throws(StorageError) -> [UInt64] { kept.withLock { $0.map(\.height) } }

    package func keep(_ height: UInt64) throws(StorageError) {
        let copy = MemoryKeyValueStore(copying: store)
        kept.withLock { kept in
            guard !kept.contains(where: { $0.height == height }) else { return }
            kept.append((height, copy))
            kept.sort { $0.height < $1.height }
        }
    }

    package func open(_ height: UInt64) throws(StorageError) -> any KeyValueReader {
        guard let copy = kept.withLock({ kept in kept.first { $0.height == height }?.copy }) else {
            throw .notFound(path: "checkpoint \(height)")
        }
        return copy
    }

    package func remove(_ height: UInt64) throws(StorageError) {
        kept.withLock { kept in kept.removeAll { $0.height == height } }
    }
}
