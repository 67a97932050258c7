package import Cryptography
package import Ledger
internal import Primitives
package import Storage

/// Puts the verified chunks of a snapshot, which may come in any order, together to a state in a key-value store.
///
/// ```
/// nothing, or an old state ──▶ cleared ──chunks and the tree above them, in batches──▶ whole, with its height
/// ```
/// Each batch is atomic and durable. As long as the state is not whole the store says so, and says no height; so it is
/// never taken for a state, and a node that starts again goes on. Which chunks are there, the tree itself tells: those
/// whose subtrees have their digests. So the state may even be cut otherwise when it goes on, as long as it is the same.
///
/// Beside the state a node needs the block log to hold the block of that height and those before it that reach into its
/// duplicates' window (`SnapshotTail`), and the journal to say that they are logged; on a network besides the record of
/// the block's decision with the frontier of lanes after it. Blocks below those are for it to fetch or to do without.
///
/// Blocks while it writes: it belongs on the thread that flushes.
package struct SnapshotRestorer {
    private let statement: ResultStatement
    private let suite: Suite
    private let store: any KeyValueStore
    private let pages: StoredPages
    private var manifest: SnapshotManifest
    private var tree: StateTree
    /// What was put and is not in the store, and about how many bytes that is.
    private var values: [KeyValueChange] = []
    private var byteCount = 0
    /// A batch that found no room.
    private var unwritten: [KeyValueChange] = []
    /// How many chunks the store, or a batch to come, has; and which.
    private var completeCount = 0
    package private(set) var isComplete: [Bool] = []
    private let batchByteCount: Int

    /// Begins, or goes on where an earlier one of the same state ended. Any other state of the group is removed from the
    /// store. The statement must be verified, and the manifest checked against it.
    package init(
        _ manifest: SnapshotManifest, certified statement: ResultStatement, suite: Suite, store: any KeyValueStore,
        batchByteCount: Int = ReplicaLimits.restoredByteCount
    ) throws(SnapshotError) {
        self.statement = statement
        self.suite = suite
        self.store = store
        self.manifest = manifest
        self.batchByteCount = batchByteCount
        pages = StoredPages(store: store, layout: StateLayout(group: statement.group))
        tree = StateTree(suite: suite, cachedPagesMax: ReplicaLimits.restoredTreePagesMax)
        do throws(StorageError) { try prepare() } catch { throw .storage(error) }
        try findComplete()
    }

    /// Whether a group's state is one that is being restored, and not whole.
    package static func isUnderWay(
        in store: any KeyValueReader, group: GroupIdentifier
    ) throws(StorageError) -> Bool {
        try store.get(ReservedKeys.restoring(group)) != nil
    }

    /// Goes on with the same state, cut otherwise.
    package mutating func recut(_ manifest: SnapshotManifest) throws(SnapshotError) {
        try flush()
        self.manifest = manifest
        try findComplete()
    }

    /// Takes in a chunk. If there is no room on the disk, nothing is lost: `flush` may be called again.
    package mutating func put(_ chunk: VerifiedChunk) throws(SnapshotError) {
        guard !isComplete[chunk.index] else { return }
        // The tree may read what it has given out.
        do throws(StorageError) { try write() } catch { throw .storage(error) }
        let changes = chunk.leaves.map { LeafChange(path: $0.path, value: $0.value) }
        do throws(StateUnavailable) { _ = try tree.update(changes, from: pages) } catch { throw .state(error) }
        for pair in chunk.pairs {
            values.append(KeyValueChange(pages.layout.key(of: pair.key), pair.value))
            byteCount += pair.key.storeKey.count + pair.value.count
        }
        isComplete[chunk.index] = true
        completeCount += 1
        if byteCount >= batchByteCount { try flush() }
    }

    /// Writes what was put.
    package mutating func flush() throws(SnapshotError) {
        do throws(StorageError) {
            try write()
            unwritten = takeBatch()
            try write()
        } catch { throw .storage(error) }
    }

    /// Ends it: from here on the store holds the state of the height.
    package mutating func finish() throws(SnapshotError) {
        guard completeCount == manifest.chunks.count else { throw .incomplete }
        try flush()
        // By another tree, which knows only what is stored.
        var stored = StateTree(suite: suite, cachedPagesMax: 1)
        let root: Digest
        do throws(StateUnavailable) { root = try stored.root(from: pages) } catch { throw .state(error) }
        guard root == statement.stateRoot else { throw .notCertified(height: statement.height) }
        unwritten =
            ReservedKeys.changes(appliedHeight: statement.height, of: statement.group)
            + [KeyValueChange(ReservedKeys.restoring(statement.group), nil)]
        do throws(StorageError) { try write() } catch { throw .storage(error) }
    }

    // MARK: Writing

    private mutating func takeBatch() -> [KeyValueChange] {
        tree.freeze()
        var batch: [KeyValueChange] = []
        swap(&batch, &values)
        byteCount = 0
        while tree.hasFrozenPages {
            for page in tree.takeFrozenPages(atMost: ReplicaLimits.frozenPagesTogetherMax) {
                batch.append(KeyValueChange(pages.layout.key(of: page.position), page.bytes))
            }
        }
        return Self.sorted(batch)
    }

    /// Ascending by key. Of one key the last change counts, so those keep their order. Their places are sorted, which
    /// are moved more easily than they.
    private static func sorted(_ changes: [KeyValueChange]) -> [KeyValueChange] {
        let places = changes.indices.sorted { left, right in
            let (first, second) = (changes[left].key, changes[right].key)
            return first == second ? left < right : first < second
        }
        return places.map { changes[$0] }
    }

    private mutating func write() throws(StorageError) {
        guard !unwritten.isEmpty else { return }
        try store.apply(unwritten, flush: true)
        unwritten = []
    }

    // MARK: Beginning

    private func prepare() throws(StorageError) {
        let record = RestoreRecord(statement, isClearing: false)
        let found = try store.get(ReservedKeys.restoring(statement.group))
        guard found != record.canonicalBytes else { return }
        try store.apply(
            ReservedKeys.changes(appliedHeight: nil, of: statement.group)
                + [RestoreRecord(statement, isClearing: true).change(of: statement.group)], flush: true)
        try clear(pages.layout.valuesPrefix)
        try clear(pages.layout.pagesPrefix)
        try store.apply([record.change(of: statement.group)], flush: true)
    }

    private func clear(_ prefix: StoreKey) throws(StorageError) {
        var start = prefix
        while true {
            var changes: [KeyValueChange] = []
            try store.iterate(from: start, prefix: prefix) { key, _ in
                changes.append(KeyValueChange(key, nil))
                return changes.count < ReplicaLimits.clearedKeysTogetherMax
            }
            guard let last = changes.last else { return }
            try store.apply(changes, flush: true)
            start = last.key
        }
    }

    private mutating func findComplete() throws(SnapshotError) {
        isComplete = []
        isComplete.reserveCapacity(manifest.chunks.count)
        do throws(StateUnavailable) {
            for chunk in manifest.chunks {
                isComplete.append(try tree.digest(of: chunk.subtree, from: pages) == chunk.digest)
            }
        } catch { throw .state(error) }
        completeCount = isComplete.count { $0 }
    }
}

/// The tree's pages as the store holds them.
private final class StoredPages: TreePageSource {
    private let store: any KeyValueReader
    let layout: StateLayout

    init(store: any KeyValueReader, layout: StateLayout) { (self.store, self.layout) = (store, layout) }

    func page(at position: TreePosition) throws(StateUnavailable) -> [UInt8]? {
        do throws(StorageError) { return try store.get(layout.key(of: position)) } catch {
            throw StateUnavailable("\(error)")
        }
    }
}
