package import Primitives

internal import CRocksDB
internal import Synchronization

/// A key-value store on RocksDB: no write-ahead log, one column family, batches flushed as wholes.
///
/// On a full disk `apply` throws `noSpace`, and reads are answered. RocksDB 7.8 recovers from that by itself, but not
/// always: it may wait for ever for a flush, or call flushed what is not. So nothing is written as long as there is less
/// room than a write may need; and where a write found none all the same, the database is opened anew when there is.
///
/// `@unchecked Sendable` because of RocksDB's options, which are set once, never leave this class, and are freed only in
/// `deinit`, when no call can be under way.
package final class RocksDBStore: KeyValueStore, @unchecked Sendable {
    package struct Options: Hashable, Sendable {
        /// The memory for blocks read from tables, index and filter blocks included.
        package var blockCacheBytes = 512 << 20
        /// The memory for changes that are not in a table yet: twice this at most, but for one batch that is larger.
        /// Nothing is written unless twice as much is free.
        package var writeBufferBytes = 128 << 20
        package var openTableFilesMax = StorageLimits.openTableFilesMax
        package var backgroundJobsMax = 2

        package init() {}
    }

    private let path: String
    private let configuration: RocksDBConfiguration
    private let writeBufferBytes: Int
    /// Used besides by those who keep its checkpoints.
    let handle: RocksDBHandle
    /// Whether the last write found no room, and what was written before it may not be in tables.
    private let wasFull = Atomic<Bool>(false)
    private let hasUnflushed = Atomic<Bool>(false)

    /// Opens or makes the store in the folder `path`; a store of another format is refused.
    package init(path: String, options: Options = Options()) throws(StorageError) {
        (self.path, writeBufferBytes) = (path, options.writeBufferBytes)
        configuration = RocksDBConfiguration(options)
        handle = try RocksDBHandle(path: path, configuration, isReadOnly: false)
        try checkFormat(path: path)
    }

    /// Opens a store that nobody writes any more, to be read only.
    init(reading path: String, options: Options) throws(StorageError) {
        (self.path, writeBufferBytes) = (path, options.writeBufferBytes)
        configuration = RocksDBConfiguration(options)
        handle = try RocksDBHandle(path: path, configuration, isReadOnly: true)
        guard try get(ReservedKeys.format) == ReservedKeys.formatBytes else {
            throw .unknownFormat(
                path: path, found: "that is not known", supported: "version \(ReservedKeys.formatVersion)")
        }
    }

    package func get(_ key: StoreKey) throws(StorageError) -> [UInt8]? {
        try handle.use { database throws(StorageError) in
            var failure: UnsafeMutablePointer<CChar>?
            let slice = key.withBytes { bytes in
                rocksdb_get_pinned(database, configuration.reads, bytes.baseAddress, bytes.count, &failure)
            }
            if let failure { throw Self.error("read", path, failure) }
            guard let slice else { return nil }
            defer { rocksdb_pinnableslice_destroy(slice) }
            var count = 0
            let start = rocksdb_pinnableslice_value(slice, &count)
            return Self.bytes(start, count)
        }
    }

    package func apply(_ changes: [KeyValueChange], flush: Bool) throws(StorageError) {
        let byteCount = changes.reduce(0) { $0 + $1.key.count + ($1.value?.count ?? 0) }
        guard try freeSpace().byteCount >= 2 * (writeBufferBytes + byteCount) else {
            throw .noSpace(.write, path: path)
        }
        do throws(StorageError) {
            if wasFull.load(ordering: .relaxed) { try reopen() }
            try handle.use { database throws(StorageError) in try write(changes, flush: flush, to: database) }
            hasUnflushed.store(!flush, ordering: .relaxed)
        } catch {
            if case .noSpace = error { wasFull.store(true, ordering: .relaxed) }
            throw error
        }
    }

    /// Begins anew with what is in tables, which must be all that was written.
    private func reopen() throws(StorageError) {
        guard !hasUnflushed.load(ordering: .relaxed) else {
            throw .keyValueStore(operation: "write to", path: path, text: "the disk was full before a flush")
        }
        try handle.reopen()
        wasFull.store(false, ordering: .relaxed)
    }

    private func write(
        _ changes: [KeyValueChange], flush: Bool, to database: OpaquePointer
    ) throws(StorageError) {
        guard let batch = rocksdb_writebatch_create() else {
            throw .keyValueStore(operation: "write to", path: path, text: "out of memory")
        }
        defer { rocksdb_writebatch_destroy(batch) }
        for change in changes { try Self.add(change, to: batch) }
        var failure: UnsafeMutablePointer<CChar>?
        rocksdb_write(database, configuration.writes, batch, &failure)
        if let failure { throw Self.error("write to", path, failure) }
        guard flush else { return }
        rocksdb_flush(database, configuration.flushes, &failure)
        if let failure { throw Self.error("flush", path, failure) }
        // While it recovers from a full disk RocksDB may say so without having done it.
        guard Self.isFlushed(database) else { throw .noSpace(.write, path: path) }
    }

    /// Whether all that was written is in tables.
    private static func isFlushed(_ database: OpaquePointer) -> Bool {
        ["rocksdb.num-entries-active-mem-table", "rocksdb.num-immutable-mem-table"].allSatisfy { name in
            var count: UInt64 = 0
            return rocksdb_property_int(database, name, &count) == 0 && count == 0
        }
    }

    package func freeSpace() throws(StorageError) -> FreeSpace { try .measured(at: path) }

    private static func add(_ change: KeyValueChange, to batch: OpaquePointer) throws(StorageError) {
        guard let value = change.value else {
            change.key.withBytes { key in rocksdb_writebatch_delete(batch, key.baseAddress, key.count) }
            return
        }
        guard value.count <= StorageLimits.valueBytesMax else {
            throw .aboveLimit(what: "a value", byteCount: value.count, maximum: StorageLimits.valueBytesMax)
        }
        change.key.withBytes { key in
            value.withUnsafeBytes { value in
                // RocksDB copies both; an empty value's address may be nil, which it takes with the length 0.
                let start = value.baseAddress?.assumingMemoryBound(to: CChar.self)
                rocksdb_writebatch_put(batch, key.baseAddress, key.count, start, value.count)
            }
        }
    }

    package func iterate(
        from start: StoreKey, prefix: StoreKey, _ body: (StoreKey, [UInt8]) -> Bool
    ) throws(StorageError) {
        try handle.use { database throws(StorageError) in
            guard let iterator = rocksdb_create_iterator(database, configuration.scans) else {
                throw .keyValueStore(operation: "scan", path: path, text: "out of memory")
            }
            defer { rocksdb_iter_destroy(iterator) }
            max(start, prefix).withBytes { rocksdb_iter_seek(iterator, $0.baseAddress, $0.count) }
            while rocksdb_iter_valid(iterator) != 0 {
                var (keyCount, valueCount) = (0, 0)
                let keyStart = rocksdb_iter_key(iterator, &keyCount)
                guard keyCount <= StoreKeyLimits.byteCountMax else {
                    throw .keyValueStore(operation: "scan", path: path, text: "it holds a key of \(keyCount) bytes")
                }
                let key = StoreKey(Self.bytes(keyStart, keyCount))
                guard key.hasPrefix(prefix) else { break }
                let valueStart = rocksdb_iter_value(iterator, &valueCount)
                guard body(key, Self.bytes(valueStart, valueCount)) else { break }
                rocksdb_iter_next(iterator)
            }
            var failure: UnsafeMutablePointer<CChar>?
            rocksdb_iter_get_error(iterator, &failure)
            if let failure { throw Self.error("scan", path, failure) }
        }
    }

    /// Copies what RocksDB lends until its next call.
    private static func bytes(_ start: UnsafePointer<CChar>?, _ count: Int) -> [UInt8] {
        guard let start, count > 0 else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The error that RocksDB describes in a text, which is freed.
    static func error(_ operation: String, _ path: String, _ text: UnsafeMutablePointer<CChar>?) -> StorageError {
        defer { rocksdb_free(text) }
        let cause = text.map { String(cString: $0) } ?? "no cause given"
        // RocksDB has a code for this, but C's interface gives its text only.
        if cause.hasPrefix("IO error: No space left on device") { return .noSpace(.write, path: path) }
        return .keyValueStore(operation: operation, path: path, text: cause)
    }
}

extension StoreKey {
    /// Lends the key's bytes as C's characters, from the stack.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<CChar>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: max(count, Self.inlineByteCount)) { buffer in
            for index in 0..<8 {
                let word = words[index].bigEndian
                // Eight words fill the first 64 bytes, which the capacity holds.
                UnsafeMutableRawBufferPointer(buffer).storeBytes(of: word, toByteOffset: 8 * index, as: UInt64.self)
            }
            if let overflow {
                for (index, byte) in overflow.enumerated() {
                    buffer[Self.inlineByteCount + index] = CChar(bitPattern: byte)
                }
            }
            return body(UnsafeBufferPointer(rebasing: buffer[0..<count]))
        }
    }
}
