internal import Cryptography
internal import Foundation
internal import Ledger
internal import Storage
internal import Synchronization

/// The block log, shared by the thread that appends, those that read, and those that need it synced.
///
/// It is `@unchecked Sendable` because the log is touched under `lock` only.
package final class Archive: @unchecked Sendable {
    private let lock = NSLock()
    private let log: BlockLog
    private let suite: Suite
    private let unsyncedByteCountMax: Int
    private let room: DiskRoom
    /// Apart from the log, so that who asks does not wait for a sync.
    private let highest: Atomic<UInt64>
    private let closed = Atomic<Bool>(false)

    /// Takes the log over: nobody else may use it any more.
    init(log: BlockLog, suite: Suite, unsyncedByteCountMax: Int, room: DiskRoom) {
        self.log = log
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

    func close() { closed.store(true, ordering: .releasing) }

    /// Appends blocks, and syncs when enough is waiting.
    func append(_ blocks: [(height: UInt64, payload: [UInt8])]) throws(StorageError) {
        try withLog { log throws(StorageError) in
            for block in blocks { try log.append(height: block.height, payload: block.payload) }
            if let last = blocks.last { highest.store(last.height, ordering: .releasing) }
        }
        if try withLog({ $0.bufferedByteCount >= unsyncedByteCountMax }) { _ = try sync() }
    }

    /// Makes the log durable, and gives back the height up to which it is. Waits for room on the disk without keeping
    /// others from reading; once the node has given that up, the height is below what was appended.
    func sync() throws(StorageError) -> UInt64 {
        _ = try room.wait { () throws(StorageError) in try withLog { log throws(StorageError) in try log.sync() } }
        return try withLog { $0.durableHeight ?? 0 }
    }

    /// A block's record; nil if the log does not hold the height.
    func payload(at height: UInt64) throws(StorageError) -> [UInt8]? {
        try withLog { log throws(StorageError) in try log.read(height: height) }
    }
}
