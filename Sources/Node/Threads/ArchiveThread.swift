internal import Ledger
internal import Networking
internal import Replica
internal import Storage

/// Appends committed blocks to the log, and syncs it when the journal wants to let go of what it holds.
///
/// It is `@unchecked Sendable` because `ends` is touched on its thread only.
final class ArchiveThread: @unchecked Sendable {
    enum Message: Sendable {
        case append(decision: UInt64, [CommittedBlock], byteCount: Int)
        case sync
    }

    private let archive: Archive
    private let index: LedgerIndex
    private let unlogged: UnloggedBlocks
    private let threads: NodeThreads
    /// The decisions in the log that the journal still holds, with the height that each ends with, ascending.
    private var ends: [(decision: UInt64, height: UInt64)] = []

    init(archive: Archive, index: LedgerIndex, unlogged: UnloggedBlocks, threads: NodeThreads) {
        self.archive = archive
        self.index = index
        self.unlogged = unlogged
        self.threads = threads
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        try threads.archive.start(fail: threads.fail) { [self] messages throws(NodeError) in
            try NodeError.storage { () throws(StorageError) in try handle(messages) }
        }
    }

    private func handle(_ messages: [Message]) throws(StorageError) {
        var mustSync = false
        for message in messages {
            switch message {
            case .append(let decision, let blocks, let byteCount):
                try archive.append(blocks)
                unlogged.remove(byteCount: byteCount)
                if let last = blocks.last { ends.append((decision, last.height)) }
            case .sync:
                mustSync = true
            }
        }
        // What is too much for memory waits for the index, whose runs need the log to be durable.
        let isOverLimit = index.isOverLimit
        guard mustSync || index.shouldSeal || isOverLimit else { return }
        let synced = try archive.sync()
        threads.index.send(.look)
        if isOverLimit { try archive.maintainIndex() }
        guard let last = ends.last(where: { $0.height <= synced }) else { return }
        ends.removeAll { $0.height <= last.height }
        threads.journal.send(.logged(decision: last.decision, height: last.height))
    }
}
