internal import Glibc
internal import Networking
internal import Replica
internal import Storage
internal import Synchronization

/// What a state is kept for, beside what the store itself holds.
struct StateUses: OptionSet, Sendable {
    let rawValue: UInt8

    /// For questions about its height.
    static let checkpoint = StateUses(rawValue: 1)
    /// To be cut for who joins.
    static let snapshot = StateUses(rawValue: 2)
}

/// Writes batches of the state to the key-value store, each once its blocks are durable in the log: the state must
/// never be ahead of the log. After a batch that leads to a checkpoint it keeps what the store then holds, before it
/// writes anything else.
final class Flusher: Sendable {
    struct Message: Sendable {
        let batch: FlushBatch
        let uses: StateUses
        let completion: @Sendable () -> Void
    }

    private let store: any KeyValueStore
    private let checkpoints: Checkpoints?
    /// Nil where nobody joins.
    private let snapshotter: Snapshotter?
    private let archive: Archive
    private let room: DiskRoom
    private let threads: NodeThreads
    private let notice: @Sendable (NodeNotice) -> Void
    private let failed = Atomic<Bool>(false)

    init(
        store: any KeyValueStore, checkpoints: Checkpoints?, snapshotter: Snapshotter?, archive: Archive,
        room: DiskRoom, threads: NodeThreads, notice: @escaping @Sendable (NodeNotice) -> Void
    ) {
        self.store = store
        self.checkpoints = checkpoints
        self.snapshotter = snapshotter
        self.notice = notice
        self.room = room
        self.archive = archive
        self.threads = threads
    }

    /// Whether it has given up, so that nothing more is flushed.
    var isFailed: Bool { failed.load(ordering: .acquiring) }

    /// Gives up: what waits for a batch goes on without.
    func giveUp() { failed.store(true, ordering: .releasing) }

    func start() throws(NetworkingError) -> DedicatedThread {
        try threads.flusher.start(fail: threads.fail) { [self] messages throws(NodeError) in
            for message in messages where !isFailed { try write(message) }
        }
    }

    private func write(_ message: Message) throws(NodeError) {
        do throws(StorageError) {
            guard try waitForLog(of: message.batch.height) else { return failed.store(true, ordering: .releasing) }
            let changes = message.batch.changesToWrite()
            guard try room.wait(toWrite: { () throws(StorageError) in try store.apply(changes, flush: true) }) else {
                return failed.store(true, ordering: .releasing)
            }
            message.completion()
            if message.uses.contains(.checkpoint) { keep(message.batch.height) }
            if message.uses.contains(.snapshot) { snapshotter?.keep(message.batch.height) }
        } catch {
            failed.store(true, ordering: .releasing)
            throw .storage(error)
        }
    }

    /// Keeps what the store holds. Without it the node lacks an earlier state, nothing else: so a full disk costs the
    /// checkpoint, and nothing waits for it.
    private func keep(_ height: UInt64) {
        guard let checkpoints else { return }
        do throws(StorageError) { try checkpoints.store.keep(height) } catch {
            return notice(.checkpointFailed(height: height, error))
        }
        threads.earlier.send(.prune)
    }

    /// Makes the log durable up to a height. False if it will never get there, as the node stopped before.
    private func waitForLog(of height: UInt64) throws(StorageError) -> Bool {
        while archive.height < height {
            guard !archive.isClosed, !isFailed else { return false }
            usleep(UInt32(NodeLimits.flushPollMilliseconds) * 1000)
        }
        guard try archive.sync().height >= height else { return false }
        threads.archive.send(.sync(thenRelease: false))
        return true
    }
}
