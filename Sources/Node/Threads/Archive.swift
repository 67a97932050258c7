package import Cryptography
internal import Foundation
internal import Ledger
internal import Primitives
package import Replica
internal import Storage
internal import Synchronization

/// The block log and the log of decisions, shared by the thread that appends, those that read, and those that need them
/// synced.
///
/// It is `@unchecked Sendable` because the logs are touched under `lock` only.
package final class Archive: BlockSource, @unchecked Sendable {
    /// Up to where the logs are durable.
    struct Synced {
        let height: UInt64
        /// Nil as long as only blocks that others have made were appended.
        let decision: UInt64?
    }

    private let lock = NSLock()
    private let log: BlockLog
    /// Of the present epoch.
    private var decisions: BlockLog
    private let openDecisions: @Sendable (_ epoch: UInt64) throws(StorageError) -> BlockLog
    /// The last decision in both logs; nil if blocks of others came after it.
    private var loggedDecision: UInt64?
    private let index: LedgerIndex
    private let rows: LedgerRows
    private let suite: Suite
    private let unsyncedByteCountMax: Int
    private let room: DiskRoom
    /// Apart from the log, so that who asks does not wait for a sync.
    private let highest: Atomic<UInt64>
    private let closed = Atomic<Bool>(false)

    /// Takes the logs over: nobody else may use them any more.
    init(
        log: BlockLog, decisions: BlockLog,
        openDecisions: @escaping @Sendable (_ epoch: UInt64) throws(StorageError) -> BlockLog, index: LedgerIndex,
        rows: LedgerRows, suite: Suite, unsyncedByteCountMax: Int, room: DiskRoom
    ) {
        self.log = log
        self.decisions = decisions
        self.openDecisions = openDecisions
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
        let durable = try sync().height
        guard durable > 0 else { return }
        index.seal(upTo: durable)
        try maintainIndex()
    }

    /// Writes what of the index is to be written, on the caller's thread.
    func maintainIndex() throws(StorageError) { try index.maintain(in: room) }

    /// Appends blocks and their rows of the index, and the decision that they are of, as far as the logs lack them; syncs
    /// when enough is waiting. A block that the log has must be the same.
    func append(_ decision: LoggedDecision?, _ blocks: [CommittedBlock]) throws(StorageError) {
        let logged = height
        let new = blocks.filter { $0.height > logged }
        let records = new.map { ($0.height, $0.record, rows.rows(of: $0)) }
        let record = decision.map { ($0.record.number, $0.canonicalBytes) }
        for block in blocks where block.height <= logged { try compare(block) }
        lock.lock()
        defer { lock.unlock() }
        if let (number, bytes) = record, number > decisions.heights?.upperBound ?? 0 {
            try decisions.append(height: number, payload: bytes)
        }
        for (height, record, rows) in records {
            try log.append(height: height, payload: record)
            index.append(height: height, rows: rows)
        }
        loggedDecision = record?.0
        // Only now may others let go of the blocks: the log and the index have them.
        if let last = new.last { highest.store(last.height, ordering: .releasing) }
    }

    /// Demands that the log holds the same result of a block's height.
    private func compare(_ block: CommittedBlock) throws(StorageError) {
        let statement = try? reader(at: block.height)?.certificate.statement
        guard statement == block.certified.certificate.statement else {
            throw .damaged(
                path: BlockLog.blocks, offset: 0, height: block.height, what: "another block was certified")
        }
    }

    /// Goes on with the log of another epoch's decisions, and lets go of the one before.
    func enter(_ epoch: UInt64) throws(StorageError) {
        let opened = try openDecisions(epoch)
        try withLog { _ in
            decisions = opened
            loggedDecision = nil
        }
    }

    /// Whether so much waits that it must be synced.
    var isOverLimit: Bool {
        (try? withLog { log in log.bufferedByteCount + decisions.bufferedByteCount >= unsyncedByteCountMax }) ?? false
    }

    /// Makes the logs durable, decisions first, and says up to where they are. Waits for room on the disk without
    /// keeping others from reading; once the node has given that up, that is less than what was appended.
    @discardableResult func sync() throws(StorageError) -> Synced {
        let isWhole = try room.wait { () throws(StorageError) in
            try withLog { log throws(StorageError) in
                try decisions.sync()
                try log.sync()
            }
        }
        return try withLog { log in
            let durable = log.durableHeight ?? 0
            if index.shouldSeal || index.isOverLimit { index.seal(upTo: durable) }
            return Synced(height: durable, decision: isWhole ? loggedDecision : nil)
        }
    }

    // MARK: For peers

    /// Decisions from one on, as many as one answer may hold.
    func decisionRecords(from first: UInt64) throws(StorageError) -> [DecisionRecord] {
        var (records, byteCount) = ([DecisionRecord](), 0)
        while records.count < ReplicaLimits.servedDecisionsMax, byteCount < ReplicaLimits.servedBlocksByteCountMax {
            let number = first + UInt64(records.count)
            let bytes = try withLog { _ throws(StorageError) -> [UInt8]? in
                guard number <= decisions.durableHeight ?? 0 else { return nil }
                return try decisions.read(height: number)
            }
            guard let bytes else { break }
            do throws(CodingError) { records.append(try LoggedDecision(canonicalBytes: bytes).record) } catch {
                throw .damaged(path: "decisions", offset: 0, height: number, what: "\(error)")
            }
            byteCount += bytes.count
        }
        return records
    }

    /// Blocks from a height on, as many as one answer may hold.
    func fetchedBlocks(from first: UInt64) throws(BlockRecordError) -> FetchedBlocks {
        let last = durableHeight ?? 0
        var (blocks, byteCount) = ([FetchedBlock](), 0)
        while blocks.count < ReplicaLimits.servedBlocksMax, first + UInt64(blocks.count) <= last,
            let block = try block(at: first + UInt64(blocks.count))
        {
            let fetched = FetchedBlock(block.certified)
            byteCount += fetched.byteCount
            guard blocks.isEmpty || byteCount <= ReplicaLimits.servedBlocksByteCountMax else { break }
            blocks.append(fetched)
        }
        return FetchedBlocks(first: first, last: last, blocks: blocks)
    }

    // MARK: Reading

    package var heights: ClosedRange<UInt64>? { (try? withLog { $0.heights }) ?? nil }

    package var durableHeight: UInt64? { (try? withLog { $0.durableHeight }) ?? nil }

    package func block(at height: UInt64, in suite: Suite) throws(BlockRecordError) -> CommittedBlock? {
        try block(at: height)
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
    package func reader(at height: UInt64) throws(BlockRecordError) -> BlockRecordReader? {
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
