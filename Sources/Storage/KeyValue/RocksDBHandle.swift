internal import CRocksDB
internal import Glibc

/// An open RocksDB database, which may be closed and opened again while others read.
///
/// `@unchecked Sendable`: the pointer is used under `lock` only, which readers share; RocksDB itself may be used from any
/// thread.
final class RocksDBHandle: @unchecked Sendable {
    private let path: String
    private let configuration: RocksDBConfiguration
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>
    /// Nil if it could not be opened again.
    private var database: OpaquePointer?

    init(path: String, _ configuration: RocksDBConfiguration, isReadOnly: Bool) throws(StorageError) {
        (self.path, self.configuration) = (path, configuration)
        var failure: UnsafeMutablePointer<CChar>?
        let opened =
            isReadOnly
            ? rocksdb_open_for_read_only(configuration.options, path, 0, &failure)
            : rocksdb_open(configuration.options, path, &failure)
        guard let opened else { throw RocksDBStore.error("open", path, failure) }
        database = opened
        lock = .allocate(capacity: 1)
        pthread_rwlock_init(lock, nil)
    }

    deinit {
        // Closing in good order also writes out what was not flushed.
        if let database { rocksdb_close(database) }
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    /// Uses the database, beside others who do.
    func use<Value>(_ body: (OpaquePointer) throws(StorageError) -> Value) throws(StorageError) -> Value {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        guard let database else {
            throw .keyValueStore(operation: "use", path: path, text: "it could not be opened again after a full disk")
        }
        return try body(database)
    }

    /// Closes the database and opens it again: what is not in tables is forgotten. Others wait meanwhile.
    ///
    /// Somebody else may have taken the room that there was: then it is tried again for a while.
    func reopen() throws(StorageError) {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        if let database { rocksdb_close(database) }
        database = nil
        var error: StorageError?
        for _ in 0..<StorageLimits.reopeningTriesMax {
            var failure: UnsafeMutablePointer<CChar>?
            if let opened = rocksdb_open(configuration.options, path, &failure) {
                database = opened
                return
            }
            error = RocksDBStore.error("open", path, failure)
            guard case .noSpace? = error else { break }
            usleep(StorageLimits.reopeningPauseMicroseconds)
        }
        throw .keyValueStore(operation: "open again", path: path, text: error.map { "\($0)" } ?? "no cause given")
    }
}
