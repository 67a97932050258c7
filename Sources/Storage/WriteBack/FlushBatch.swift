/// A frozen overlay on its way to the store: immutable, and of one height.
package struct FlushBatch: Sendable {
    /// The state that the store holds once the batch is written.
    package let height: UInt64
    let group: UInt32
    let overlay: Overlay

    /// How many keys it changes.
    package var keyCount: Int { overlay.count }

    /// The changes, ascending by key. Sorting is done here, on the thread that writes, so that freezing takes no time.
    package func sortedChanges() -> [KeyValueChange] { overlay.sortedChanges() }

    /// Writes the changes and the height they lead to as one atomic batch, and makes them durable. Blocks: call it
    /// from the flushing thread, and only once the blocks up to `height` are durable in the log.
    package func write(to store: any KeyValueStore) throws(StorageError) {
        try store.apply(changesToWrite(), flush: true)
    }

    /// What `write` writes, for who may have to try more than once.
    package func changesToWrite() -> [KeyValueChange] {
        sortedChanges() + ReservedKeys.changes(appliedHeight: height, of: group)
    }
}
