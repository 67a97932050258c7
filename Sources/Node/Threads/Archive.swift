internal import Cryptography
internal import Foundation
internal import Ledger
internal import Replica
internal import Storage
internal import Synchronization

/// The block log, shared by the thread that appends, those that read, and those that need it synced.
///
/// It is `@unchecked Sendable` because the log is touched under `lock` only.
package final class Archive: @unchecked Sendable {
    private let lock = NSLock()
    private let log: BlockLog
    private let index: LedgerIndex
    private let rows: LedgerRows
    private let suite: Suite
    private let unsyncedByteCountMax: Int
    /// Apart from the log, so that who asks does not wait for a sync.
    private let highest: Atomic<UInt64>
    private let closed = Atomic<Bool>(false)

    /// Takes the log over: nobody else may use it any more.
    init(log: BlockLog, index: LedgerIndex, rows: LedgerRows, suite: Suite, unsyncedByteCountMax: Int) {
        self.log = log
        self.index = index
        self.rows = rows
        self.suite = suite
        self.unsyncedByteCountMax = unsyncedByteCountMax
        highest = Atomic(log.heights?.upperBound ?? 0)
    }

    private func withLog<Value>(
        _ body: (BlockLog) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        lock.lock()
        defer { lock.unlock() }
        return try body(log)
    }

    /// The highest block in the log; 0 if there is none.
    var height: UInt64 { highest.load(ordering: .acquiring) }

    /// Whether no more blocks will come.
    var isClosed: Bool { closed.load(ordering: .acquiring) }

    func close() { closed.store(true, ordering: .releasing) }

    /// Appends blocks and their rows of the index, and syncs when enough is waiting.
    func append(_ blocks: [CommittedBlock]) throws(StorageError) {
        let records = blocks.map { ($0.height, $0.record, rows.rows(of: $0)) }
        try withLog { log throws(StorageError) in
            for (height, record, rows) in records {
                try log.append(height: height, payload: record)
                index.append(height: height, rows: rows)
            }
            // Only now may others let go of the blocks: the log and the index have them.
            if let last = blocks.last { highest.store(last.height, ordering: .releasing) }
            if log.bufferedByteCount >= unsyncedByteCountMax { try log.sync() }
        }
    }

    /// Makes the log durable, and gives back the height up to which it is.
    func sync() throws(StorageError) -> UInt64 {
        try withLog { log throws(StorageError) in
            try log.sync()
            if let sealed = log.sealedHeight, sealed < index.nextHeight ?? 0 { index.seal(upTo: sealed) }
            return log.durableHeight ?? 0
        }
    }

    /// A whole block; nil if the log does not hold the height.
    func block(at height: UInt64) throws(BlockRecordError) -> CommittedBlock? {
        let record: [UInt8]?
        do throws(StorageError) {
            record = try withLog { log throws(StorageError) in try log.read(height: height) }
        } catch { throw .unreadable(error) }
        // Decoded with the log free for others.
        return try record.map { record throws(BlockRecordError) in try CommittedBlock(record: record, suite: suite) }
    }

    /// Reads a block by parts; nil if the log does not hold the height. Each part takes the log for itself.
    func reader(at height: UInt64) throws(BlockRecordError) -> BlockRecordReader? {
        let byteCount: Int?
        do throws(StorageError) {
            byteCount = try withLog { log throws(StorageError) in try log.byteCount(height: height) }
        } catch { throw .unreadable(error) }
        guard let byteCount else { return nil }
        return try BlockRecordReader(byteCount: byteCount) { [self] range throws(StorageError) in
            try withLog { log throws(StorageError) in try log.read(height: height, range: range) ?? [] }
        }
    }
}
