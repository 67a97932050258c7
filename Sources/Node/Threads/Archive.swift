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
    private let room: DiskRoom
    /// Apart from the log, so that who asks does not wait for a sync.
    private let highest: Atomic<UInt64>
    private let closed = Atomic<Bool>(false)

    /// Takes the log over: nobody else may use it any more.
    init(
        log: BlockLog, index: LedgerIndex, rows: LedgerRows, suite: Suite, unsyncedByteCountMax: Int, room: DiskRoom
    ) {
        self.log = log
        self.index = index
        self.rows = rows
        self.suite = suite
        self.unsyncedByteCountMax = unsyncedByteCountMax
        self.room = room
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

    /// Ends the log's growth, and writes what the index holds in memory, so that the next start need not make it.
    func close() throws(StorageError) {
        closed.store(true, ordering: .releasing)
        let durable = try sync()
        guard durable > 0 else { return }
        index.seal(upTo: durable)
        try maintainIndex()
    }

    /// Writes what of the index is to be written, on the caller's thread.
    func maintainIndex() throws(StorageError) { try index.maintain(in: room) }

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
        }
        if try withLog({ $0.bufferedByteCount >= unsyncedByteCountMax }) { _ = try sync() }
    }

    /// Makes the log durable, and gives back the height up to which it is. Waits for room on the disk without keeping
    /// others from reading; once the node has given that up, the height is below what was appended.
    func sync() throws(StorageError) -> UInt64 {
        _ = try room.wait { () throws(StorageError) in try withLog { log throws(StorageError) in try log.sync() } }
        return try withLog { log in
            let durable = log.durableHeight ?? 0
            if index.shouldSeal || index.isOverLimit { index.seal(upTo: durable) }
            return durable
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
