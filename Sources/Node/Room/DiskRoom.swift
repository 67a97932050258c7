internal import Glibc
internal import Ledger
internal import Networking
internal import Primitives
internal import Storage
internal import Synchronization

/// Watches the room on a node's disks, and lets writes wait for it.
///
/// Below a mark the node takes no transactions, so that what it has taken can be brought to its end. A write that finds
/// no room all the same is tried again until there is some; nothing is lost and nothing is told meanwhile.
final class DiskRoom: Sendable {
    typealias Places = @Sendable () throws(StorageError) -> [FreeSpace]

    private let state: Mutex<RoomState>
    private let places: Places
    private let threads: NodeThreads
    private let notice: @Sendable (NodeNotice) -> Void
    /// Until when a write that finds no room is tried again, in nanoseconds of the monotonic clock.
    private let deadline = Atomic<UInt64>(.max)
    /// Of the transactions that wait to be ordered.
    private let waitingByteCount = Atomic<Int>(0)
    private let givenUp = Atomic<Bool>(false)
    private let closes = Mailbox<Bool>(capacity: 1)

    init(
        limits: RoomLimits, places: @escaping Places, threads: NodeThreads,
        notice: @escaping @Sendable (NodeNotice) -> Void
    ) {
        state = Mutex(RoomState(limits: limits))
        self.places = places
        self.threads = threads
        self.notice = notice
    }

    /// Why no transactions are taken; nil if they are.
    var refusal: Rejection? { state.withLock { $0.refusal } }

    /// At the place that has least, in bytes, as last measured.
    var freeByteCount: Int? { state.withLock { $0.least?.byteCount } }

    /// Says how much waits to be ordered.
    func setWaiting(byteCount: Int) { waitingByteCount.store(byteCount, ordering: .relaxed) }

    // MARK: Watching

    /// Measures once, and then again and again on a thread of its own.
    func start() throws(NetworkingError) -> DedicatedThread {
        measure()
        return try DedicatedThread(name: "room") { [self] in
            while closes.takeAll(waitMilliseconds: NodeLimits.roomMeasureMilliseconds)?.isEmpty ?? false { measure() }
        }
    }

    func close() { closes.close() }

    private func measure() {
        // Where it can't be found out, writes show it.
        guard let spaces = try? places() else { return }
        let waiting = waitingByteCount.load(ordering: .relaxed)
        change { $0.measured(spaces, waitingByteCount: waiting) }
    }

    /// Tells of a change under the lock, so that what is told last is what holds.
    private func change(_ body: (inout RoomState) -> Bool) {
        state.withLock { state in
            guard body(&state) else { return }
            threads.replica.send(.input(.refuse(state.refusal)))
            notice(state.refusal.map { .notAccepting($0) } ?? .acceptingAgain)
        }
    }

    // MARK: Writing

    /// Does `write`, again and again while it finds no room. False if that was given up, as the node stops.
    ///
    /// `write` must leave everything as it was where it throws `noSpace`.
    func wait(toWrite write: () throws(StorageError) -> Void) throws(StorageError) -> Bool {
        var isBlocked = false
        defer { if isBlocked { state.withLock { $0.unblocked() } } }
        while true {
            do throws(StorageError) {
                try write()
                return true
            } catch {
                guard case .noSpace(_, let path) = error else { throw error }
                if !isBlocked {
                    isBlocked = true
                    change { $0.blocked(at: path) }
                    notice(.waitingForRoom(path: path))
                }
            }
            guard SystemClock.monotonic.nanoseconds < deadline.load(ordering: .acquiring) else {
                givenUp.store(true, ordering: .releasing)
                return false
            }
            usleep(UInt32(NodeLimits.roomRetryMilliseconds) * 1000)
        }
    }

    /// Whether a write was given up. The thread that asked for it must not go on as if it had been done.
    var hasGivenUp: Bool { givenUp.load(ordering: .acquiring) }

    /// From then on no write waits any more.
    func giveUp(at deadline: Instant) { self.deadline.store(deadline.nanoseconds, ordering: .releasing) }
}
