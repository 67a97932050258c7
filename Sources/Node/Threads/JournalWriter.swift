internal import Ledger
internal import Networking
internal import Replica
internal import Storage

/// Owns the journal: takes what waits, makes it durable in one sync, and lets go of what the log holds.
///
/// It is `@unchecked Sendable` because everything is touched on its thread only.
final class JournalWriter: @unchecked Sendable {
    enum Message: Sendable {
        case persist(request: UInt64, [ReplicaRecord])
        /// The block log holds all blocks of the decision durably.
        case logged(decision: UInt64, height: UInt64)
    }

    private let journal: Journal
    private let group: GroupIdentifier
    private let room: DiskRoom
    private let threads: NodeThreads
    /// The sequence of each decision's record that is in the journal, ascending.
    private var decisions: [(number: UInt64, sequence: UInt64)]

    init(
        journal: Journal, group: GroupIdentifier, decisions: [(number: UInt64, sequence: UInt64)],
        room: DiskRoom, threads: NodeThreads
    ) {
        self.journal = journal
        self.room = room
        self.group = group
        self.decisions = decisions
        self.threads = threads
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        try threads.journal.start(fail: threads.fail) { [self] messages throws(NodeError) in
            try NodeError.storage { () throws(StorageError) in try handle(messages) }
        }
    }

    private func handle(_ messages: [Message]) throws(StorageError) {
        var last: UInt64?
        var logged: (decision: UInt64, height: UInt64)?
        for message in messages {
            switch message {
            case .persist(let request, let records):
                for record in records { try append(record) }
                last = request
            case .logged(let decision, let height):
                logged = (decision, height)
            }
        }
        if let last {
            // Nobody is told of what could not be written before the node stopped.
            guard try room.wait(toWrite: { () throws(StorageError) in try journal.sync() }) else { return }
            threads.replica.send(.input(.persisted(request: last)))
        }
        if let logged { try release(logged.decision, height: logged.height) }
        // The journal is to hold what the log lacks, not more.
        if journal.segmentCount > 1 { threads.archive.send(.sync) }
    }

    private func append(_ record: ReplicaRecord) throws(StorageError) {
        let sequence = try journal.append(
            JournalRecord(group: group, kind: record.kind, payload: record.payload))
        if case .decision(let number, _) = record { decisions.append((number, sequence)) }
    }

    /// Lets go of what came before the first decision that the log does not hold.
    private func release(_ decision: UInt64, height: UInt64) throws(StorageError) {
        guard let own = decisions.last(where: { $0.number <= decision }) else { return }
        decisions.removeAll { $0.number <= decision }
        let last = decisions.first.map { $0.sequence - 1 } ?? own.sequence
        let mark = ReplicaRecord.logged(decision: decision, height: height)
        let live = [JournalRecord(group: group, kind: mark.kind, payload: mark.payload)]
        _ = try room.wait { () throws(StorageError) in try journal.release(upTo: last, live: live) }
    }
}
