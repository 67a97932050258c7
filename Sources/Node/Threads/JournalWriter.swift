internal import Ledger
internal import Networking
internal import Replica
internal import Storage

/// Owns the journal: takes what waits, makes it durable in one sync, and has the replica say what is still needed of it
/// when it has become long.
///
/// ```
/// journal is long ─▶ archive syncs the logs ─▶ replica, as soon as nothing waits to be durable ─▶ release(live records)
/// ```
/// It is `@unchecked Sendable` because everything is touched on its thread only.
final class JournalWriter: @unchecked Sendable {
    enum Message: Sendable {
        case persist(request: UInt64, [ReplicaRecord])
        /// Nothing waits to be durable, and of all that was written only this is still needed.
        case release(live: [ReplicaRecord])
    }

    private let journal: Journal
    private let group: GroupIdentifier
    private let room: DiskRoom
    private let threads: NodeThreads
    private let metrics: NodeMetrics
    /// With so many segments the journal is long.
    private var segmentsMax = 1
    private var isAsking = false

    init(journal: Journal, group: GroupIdentifier, room: DiskRoom, threads: NodeThreads, metrics: NodeMetrics) {
        self.journal = journal
        self.metrics = metrics
        self.room = room
        self.group = group
        self.threads = threads
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        try threads.journal.start(fail: threads.fail) { [self] messages throws(NodeError) in
            try NodeError.storage { () throws(StorageError) in try handle(messages) }
        }
    }

    private func handle(_ messages: [Message]) throws(StorageError) {
        var last: UInt64?
        for message in messages {
            switch message {
            case .persist(let request, let records):
                for record in records { _ = try journal.append(recorded(record)) }
                last = request
            case .release(let live): try release(live)
            }
        }
        if let last {
            // Nobody is told of what could not be written before the node stopped.
            let isSynced = try room.wait { () throws(StorageError) in
                try NodeMetrics.time(metrics.journalSyncs) { () throws(StorageError) in try journal.sync() }
            }
            guard isSynced else { return }
            threads.replica.send(.input(.persisted(request: last)))
        }
        guard journal.segmentCount > segmentsMax, !isAsking else { return }
        isAsking = true
        threads.archive.send(.sync(thenRelease: true))
    }

    private func recorded(_ record: ReplicaRecord) -> JournalRecord {
        JournalRecord(group: group, kind: record.kind, payload: record.payload)
    }

    /// Lets go of all but what is still needed, which is written anew.
    private func release(_ live: [ReplicaRecord]) throws(StorageError) {
        isAsking = false
        let live = live.map(recorded)
        let last = journal.durableSequence
        _ = try room.wait { () throws(StorageError) in try journal.release(upTo: last, live: live) }
        // What is needed may fill more than one: then it is let go of when there is as much again.
        segmentsMax = max(1, journal.segmentCount)
    }
}
