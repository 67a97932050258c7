internal import CRocksDB

/// Checkpoints of a RocksDB store: folders of hard links to its files, which are never changed once they are written.
/// So a checkpoint takes room only for what the store has rewritten or removed since.
///
/// A checkpoint is made under another name and renamed when it is whole and durable, and it is renamed before its files
/// go: a folder whose name is a height is whole, whenever the process or the machine stops.
///
/// Sendable because RocksDB's handle may be used from any thread.
package final class RocksDBCheckpoints: CheckpointStore {
    private let store: RocksDBStore
    private let disk: FileDisk

    /// RocksDB gives its own half-made folder one more ending.
    private static let (making, removing, makingByRocksDB) = (".new", ".old", ".new.tmp")

    /// Opens or makes the folder at `path`, on the file system of the store, and removes what a crash has left
    /// half-made or half-removed.
    package init(of store: RocksDBStore, path: String) throws(StorageError) {
        self.store = store
        disk = try FileDisk(root: path)
        // What can't be removed takes room, and is no reason not to start.
        for name in try disk.list("") where Self.isLeftover(name) { try? disk.removeFolder(name) }
    }

    private static func isLeftover(_ name: String) -> Bool {
        [making, removing, makingByRocksDB].contains { ending in
            name.hasSuffix(ending) && height(String(name.dropLast(ending.count))) != nil
        }
    }

    private static func height(_ name: String) -> UInt64? { UInt64(name).flatMap { "\($0)" == name ? $0 : nil } }

    package func heights() throws(StorageError) -> [UInt64] { try disk.list("").compactMap(Self.height).sorted() }

    package func keep(_ height: UInt64) throws(StorageError) {
        if try !heights().contains(height) {
            try makeWhole("\(height)\(Self.making)")
            try disk.rename("\(height)\(Self.making)", to: "\(height)")
        }
        try disk.sync(folder: "")
    }

    /// RocksDB syncs the files that it copies, and the folder.
    private func makeWhole(_ name: String) throws(StorageError) {
        // What an earlier try has left that found no room.
        for left in [name, name + ".tmp"] where try disk.list("").contains(left) { try disk.removeFolder(left) }
        let path = "\(disk.root)/\(name)"
        try store.handle.use { database throws(StorageError) in
            var failure: UnsafeMutablePointer<CChar>?
            let checkpoint = rocksdb_checkpoint_object_create(database, &failure)
            if let failure { throw RocksDBStore.error("make a checkpoint of", path, failure) }
            defer { rocksdb_checkpoint_object_destroy(checkpoint) }
            rocksdb_checkpoint_create(checkpoint, path, 0, &failure)
            if let failure { throw RocksDBStore.error("make the checkpoint", path, failure) }
        }
    }

    package func open(_ height: UInt64) throws(StorageError) -> any KeyValueReader {
        // RocksDB would make the folder.
        guard try heights().contains(height) else { throw .notFound(path: "\(disk.root)/\(height)") }
        var options = RocksDBStore.Options()
        options.blockCacheBytes = StorageLimits.checkpointCacheBytes
        options.openTableFilesMax = StorageLimits.checkpointTableFilesMax
        return try RocksDBStore(reading: "\(disk.root)/\(height)", options: options)
    }

    package func remove(_ height: UInt64) throws(StorageError) {
        let name = "\(height)\(Self.removing)"
        try disk.rename("\(height)", to: name)
        // Else a crash could bring the name back, and not the files.
        try disk.sync(folder: "")
        try disk.removeFolder(name)
    }
}
