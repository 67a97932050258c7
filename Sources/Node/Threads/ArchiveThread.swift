internal import Ledger
internal import Networking
internal import Replica
internal import Storage

/// Appends committed blocks, and the decisions that they are of, to their logs, and syncs these: when enough waits, when
/// the journal wants to let go of what it holds, and when nothing has come for a while.
///
/// It is `@unchecked Sendable` because what varies is touched on its thread only.
final class ArchiveThread: @unchecked Sendable {
    enum Message: Sendable {
        /// The blocks of a decision, or, without one, a block that others have made.
        case append(LoggedDecision?, [CommittedBlock], byteCount: Int)
        /// Another epoch has begun: its decisions have a log of their own.
        case enter(epoch: UInt64)
        case sync(thenRelease: Bool)
    }

    private let archive: Archive
    private let index: LedgerIndex
    private let unlogged: UnloggedBlocks
    private let threads: NodeThreads
    private let metrics: NodeMetrics
    /// How many decisions or blocks were appended since the last sync.
    private var unsyncedCount = 0

    init(
        archive: Archive, index: LedgerIndex, unlogged: UnloggedBlocks, threads: NodeThreads, metrics: NodeMetrics
    ) {
        self.metrics = metrics
        self.archive = archive
        self.index = index
        self.unlogged = unlogged
        self.threads = threads
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        let wait: @Sendable () -> UInt64? = { [self] in
            unsyncedCount > 0 ? NodeLimits.archiveSyncMilliseconds : nil
        }
        return try threads.archive.start(waitMilliseconds: wait, fail: threads.fail) {
            [self] messages throws(NodeError) in
            try NodeError.storage { () throws(StorageError) in try handle(messages) }
        }
    }

    private func handle(_ messages: [Message]) throws(StorageError) {
        var mustSync = messages.isEmpty && unsyncedCount > 0
        var mustRelease = false
        for message in messages {
            switch message {
            case .append(let decision, let blocks, let byteCount):
                try archive.append(decision, blocks)
                unlogged.remove(byteCount: byteCount)
                unsyncedCount += 1
                if archive.isOverLimit { try sync() }
            case .enter(let epoch):
                // What was logged before is said of the epoch before.
                try sync()
                try archive.enter(epoch)
            case .sync(let thenRelease):
                mustSync = true
                mustRelease = mustRelease || thenRelease
            }
        }
        // What is too much for memory waits for the index, whose runs need the log to be durable.
        let isOverLimit = index.isOverLimit
        if mustSync || index.shouldSeal || isOverLimit || unsyncedCount >= NodeLimits.unsyncedDecisionsMax {
            try sync()
            threads.index.send(.look)
            if isOverLimit { try archive.maintainIndex() }
        }
        if mustRelease { threads.replica.send(.release) }
    }

    /// Syncs the logs, and tells the replica up to where they are durable.
    private func sync() throws(StorageError) {
        unsyncedCount = 0
        let synced = try NodeMetrics.time(metrics.logSyncs) { () throws(StorageError) in try archive.sync() }
        if let decision = synced.decision {
            threads.replica.send(.input(.logged(decision: decision)))
        } else {
            threads.replica.send(.input(.loggedBlocks(upTo: synced.height)))
        }
    }
}
