package import Primitives

/// When the write-back store wants a flush, and when the executor must wait for one.
package struct WriteBackLimits: Hashable, Sendable {
    package var keysToFlush = StorageLimits.dirtyKeysToFlush
    package var bytesToFlush = StorageLimits.dirtyBytesToFlush
    /// In units of the above.
    package var factorMax = StorageLimits.dirtyFactorMax

    package init() {}
}

/// A group's state above a key-value store: changes gather in memory, hot keys coalesce, and large sorted batches go
/// to the store at a bounded distance behind. After a crash the store holds the state of `appliedHeight`, and the
/// blocks above it are executed again. Above one that is only read, the changes stay in memory.
///
/// One thread, the executor's, owns this object and makes every call. A `FlushBatch` may go to any other thread,
/// which calls its `write(to:)` while the executor goes on reading and committing: the frozen changes stay readable
/// here until the executor learns that they are written and calls `flushed`.
package final class WriteBackStore {
    package let group: UInt32
    private let store: any KeyValueReader
    private let limits: WriteBackLimits
    private var active = Overlay()
    private var frozen: (overlay: Overlay, height: UInt64)?
    /// What the owner keeps to itself until the next freeze, and then adds: it counts as dirty.
    package var (keptKeyCount, keptByteCount) = (0, 0)
    /// The height of the last commit; nil before the first.
    package private(set) var height: UInt64?
    /// The height whose state the store durably holds; nil if it holds none.
    package private(set) var appliedHeight: UInt64?

    package init(
        store: any KeyValueReader, group: UInt32, limits: WriteBackLimits = WriteBackLimits()
    ) throws(StorageError) {
        (self.store, self.group, self.limits) = (store, group, limits)
        if let bytes = try store.get(ReservedKeys.appliedHeight(of: group)) {
            guard bytes.count == 8 else {
                throw .keyValueStore(operation: "read", path: "state", text: "the applied height is malformed")
            }
            appliedHeight = loadLittleEndian(bytes, at: 0)
        }
        height = appliedHeight
    }

    package func get(_ key: StoreKey) throws(StorageError) -> [UInt8]? {
        if let value = active.get(key) { return value?.bytes }
        if let value = frozen?.overlay.get(key) { return value?.bytes }
        return try store.get(key)
    }

    /// Takes the changes of one block; heights ascend. Keys begin with the group's number.
    package func commit(height: UInt64, changes: some Sequence<(StoreKey, StoreValue?)>) {
        precondition(self.height.map { $0 < height } ?? true, "heights ascend")
        for (key, value) in changes { active.set(key, value) }
        self.height = height
    }

    /// At most `limit` keys with this prefix and their values, ascending, from `start` on.
    package func scan(
        prefix: StoreKey, from start: StoreKey, limit: Int
    ) throws(StorageError) -> [(StoreKey, [UInt8])] {
        active.sortNew()
        frozen?.overlay.sortNew()
        var merge = ScanMerge(active: active, frozen: frozen?.overlay, from: max(start, prefix), prefix: prefix, limit)
        try store.iterate(from: max(start, prefix), prefix: prefix) { key, value in merge.takeStored(key, value) }
        merge.finish()
        return merge.result
    }
}

// MARK: - Flushing

extension WriteBackStore {
    package var dirtyKeyCount: Int { active.count + keptKeyCount }
    package var dirtyByteCount: Int { active.byteCount + keptByteCount }
    package var isFlushing: Bool { frozen != nil }

    /// Whether enough is dirty, and the last flush done.
    package var shouldFlush: Bool { frozen == nil && isDirty(factor: 1) }

    /// Whether the executor must wait for the flush before it commits more.
    package var isOverLimit: Bool { isDirty(factor: limits.factorMax) }

    private func isDirty(factor: Int) -> Bool {
        dirtyKeyCount >= factor * limits.keysToFlush || dirtyByteCount >= factor * limits.bytesToFlush
    }

    /// Sets the changes so far apart, to be written by another thread; nil if there are none or others are still
    /// being written.
    package func freeze() -> FlushBatch? {
        precondition(keptKeyCount == 0, "what the owner keeps would be missing")
        return beginFreeze() ? finishFreeze() : nil
    }

    /// Sets the changes so far apart, for the owner to add what it kept by `addFrozen`; false if there are none or
    /// others are still being written. Commits of later blocks may come between this and `finishFreeze`.
    package func beginFreeze() -> Bool {
        guard frozen == nil, let height, height != appliedHeight else { return false }
        frozen = (active, height)
        active = Overlay()
        (keptKeyCount, keptByteCount) = (0, 0)
        return true
    }

    /// Adds a change to those set apart.
    package func addFrozen(_ key: StoreKey, _ value: StoreValue?) {
        precondition(frozen != nil, "nothing is set apart")
        frozen?.overlay.set(key, value)
    }

    /// What was set apart, to be written by another thread.
    package func finishFreeze() -> FlushBatch {
        guard let frozen else { preconditionFailure("nothing is set apart") }
        return FlushBatch(height: frozen.height, group: group, overlay: frozen.overlay)
    }

    /// The batch is in the store, durably: its changes need no longer be held in memory.
    package func flushed(_ batch: FlushBatch) {
        precondition(frozen?.height == batch.height, "this batch is not the one being written")
        frozen = nil
        appliedHeight = batch.height
    }
}

/// Merges two overlays with what the store yields: the newest change of a key counts, and a deletion hides it.
private struct ScanMerge {
    private(set) var result: [(StoreKey, [UInt8])] = []
    private var active: Overlay.Cursor
    private var frozen: Overlay.Cursor?
    private var nextActive: Overlay.Entry?
    private var nextFrozen: Overlay.Entry?
    private let limit: Int

    init(active: Overlay, frozen: Overlay?, from start: StoreKey, prefix: StoreKey, _ limit: Int) {
        self.active = Overlay.Cursor(active, from: start, prefix: prefix)
        self.frozen = frozen.map { Overlay.Cursor($0, from: start, prefix: prefix) }
        self.limit = limit
        nextActive = self.active.next()
        nextFrozen = self.frozen?.next()
    }

    private var isFull: Bool { result.count >= limit }

    /// Takes the store's next key, after what the overlays have before it; false once there is enough.
    mutating func takeStored(_ key: StoreKey, _ value: [UInt8]) -> Bool {
        while !isFull, let entry = nextChange, entry.key < key { take(entry) }
        guard !isFull else { return false }
        if let entry = nextChange, entry.key == key {
            take(entry)
        } else {
            result.append((key, value))
        }
        return !isFull
    }

    /// Takes what the overlays have after the store's last key.
    mutating func finish() {
        while !isFull, let entry = nextChange { take(entry) }
    }

    /// The lowest change; of two of one key the active one.
    private var nextChange: Overlay.Entry? {
        guard let nextActive else { return nextFrozen }
        guard let nextFrozen, nextFrozen.key < nextActive.key else { return nextActive }
        return nextFrozen
    }

    private mutating func take(_ entry: Overlay.Entry) {
        if let value = entry.value { result.append((entry.key, value.bytes)) }
        if nextFrozen?.key == entry.key { nextFrozen = frozen?.next() }
        if nextActive?.key == entry.key { nextActive = active.next() }
    }
}
