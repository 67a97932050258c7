internal import Ledger
internal import Networking
internal import Primitives
internal import Replica
internal import Storage
internal import Synchronization

/// Cuts states into snapshots for nodes that join, on a thread of its own, and answers these.
///
/// ```
/// flusher ──keeps what the store holds──▶ checkpoint ──▶ cut ──▶ shelf ──▶ chunks for who asks
/// ```
/// A snapshot that can't be cut is missing, nothing else: the node goes on.
final class Snapshotter: Sendable {
    /// A state that the store holds.
    struct Message: Sendable {
        let height: UInt64
    }

    private let shelf: Mutex<SnapshotShelf>
    /// What is to be cut.
    private let source: any CheckpointStore
    private let archive: Archive
    private let threads: NodeThreads
    private let notice: @Sendable (NodeNotice) -> Void
    private let isStopping = SharedFlag()
    /// Before this, in nanoseconds of the monotonic clock, only what ends or begins an epoch is cut.
    private let pauseEnd = Atomic<UInt64>(0)

    /// Opens what is there, and lets go of what a crash has left to be cut.
    init(
        genesis: Genesis, disk: any Disk, source: any CheckpointStore, archive: Archive, threads: NodeThreads,
        notice: @escaping @Sendable (NodeNotice) -> Void
    ) throws(NodeError) {
        do throws(JoiningError) { shelf = Mutex(try SnapshotShelf(genesis: genesis, on: disk)) } catch {
            throw .joining("\(error)")
        }
        (self.source, self.archive, self.threads, self.notice) = (source, archive, threads, notice)
        try NodeError.storage { () throws(StorageError) in
            for height in try source.heights() { try source.remove(height) }
        }
    }

    /// The result of the block that the newest snapshot is of.
    var newest: ResultStatement? { shelf.withLock { $0.newest } }

    /// Whether a state in the midst of an epoch is worth its cutting now: so that this takes a small part of the time.
    var isReady: Bool { SystemClock.monotonic.nanoseconds >= pauseEnd.load(ordering: .relaxed) }

    /// Sets apart what the store holds, which nobody may write to meanwhile, and has it cut.
    func keep(_ height: UInt64) {
        do throws(StorageError) { try source.keep(height) } catch {
            return notice(.snapshotFailed(height: height, "\(error)"))
        }
        // Nothing else until this one is there.
        pauseEnd.store(.max, ordering: .relaxed)
        threads.snapshots.send(Message(height: height))
    }

    func start() throws(NetworkingError) -> DedicatedThread {
        try threads.snapshots.start(fail: threads.fail) { [self] messages throws(NodeError) in
            // Of several only the newest is wanted.
            for message in messages.dropLast() { try? source.remove(message.height) }
            if let last = messages.last { cut(last.height) }
        }
    }

    /// Gives up what is being cut: to be called before the thread is ended.
    func giveUp() { isStopping.isSet = true }

    private func cut(_ height: UInt64) {
        let start = SystemClock.monotonic
        defer {
            let end = SystemClock.monotonic
            let pause = (end.nanoseconds - start.nanoseconds) * NodeLimits.snapshotPauseFactor
            pauseEnd.store(end.nanoseconds + pause, ordering: .relaxed)
        }
        do {
            defer { try? source.remove(height) }
            guard !isStopping.isSet, let certificate = try archive.reader(at: height)?.certificate else { return }
            guard let cut = try shelf.withLock({ shelf throws(JoiningError) in try shelf.prepare(certificate) }) else {
                return
            }
            let finished = try cut.run(try source.open(height), isStopping: { [isStopping] in isStopping.isSet })
            shelf.withLock { $0.add(finished) }
            notice(.snapshotCut(height: height))
        } catch {
            if !isStopping.isSet { notice(.snapshotFailed(height: height, "\(error)")) }
        }
    }

    // MARK: Those who join

    /// The answer to somebody who joins; nil if there is nothing to say. `epochs` is a view of the epochs that are asked
    /// for, if that is the question.
    func answer(_ question: ReplicaMessage, epochs: EpochView) throws(JoiningError) -> ReplicaMessage? {
        // A copy: it may be read from for long, and what is cut meanwhile shows as damaged at most.
        let shelf = shelf.withLock { $0 }
        return try shelf.answer(question, log: archive, state: epochs)
    }
}
