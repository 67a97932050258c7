internal import CUV
internal import Glibc
internal import Synchronization

/// One thread that waits for sockets, timers, signals and work posted by others, and does each as it comes.
///
/// It runs from its making until `stop`. Whatever belongs to it (timers, listeners, connections) is used on its thread
/// only; `post` and `run` are how other threads get there.
///
/// It is `@unchecked Sendable` because the posted work is guarded by a `Mutex`, the thread's name by an atomic, and all
/// else is touched before the thread starts or on that thread, which the members check.
package final class EventLoop: @unchecked Sendable {
    package typealias Work = @Sendable () -> Void

    struct Inbox {
        var work: [Work] = []
        /// Whether work is taken, and `wakeUp` may be signalled.
        var isOpen = true
    }

    package let name: String
    let uvLoop: UnsafeMutablePointer<uv_loop_t>
    /// What every read of this loop fills; consumers see it during a callback only.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: NetworkingLimits.readBytesMax, alignment: 16)
    private let inbox = Mutex(Inbox())
    /// The loop's thread, as `pthread_self` names it there; 0 before it runs.
    private let threadIdentity = Atomic<UInt>(0)
    private let isJoined = Atomic<Bool>(false)
    private var wakeUp: LoopHandle?
    private var running: [Work] = []
    private var thread: DedicatedThread?
    /// Those whose output waits for the end of the present event.
    private var flushers: [any OutputFlusher] = []
    private(set) var isStopping = false

    package init(name: String) throws(NetworkingError) {
        self.name = name
        // A write to a connection that its peer has closed is an error to handle, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        uvLoop = .allocate(capacity: 1)
        let code = uv_loop_init(uvLoop)
        guard code == 0 else {
            uvLoop.deallocate()
            throw .system("starting an event loop", code: code)
        }
        try openHandles()
        thread = try DedicatedThread(name: name) { self.runUntilStopped() }
    }

    deinit { readBuffer.deallocate() }

    /// Whether the caller is on the loop's thread.
    package var isCurrent: Bool { threadIdentity.load(ordering: .relaxed) == UInt(pthread_self()) }

    package func preconditionIsCurrent() { precondition(isCurrent, "this belongs to the thread of the event loop") }

    /// The loop's clock: milliseconds since an arbitrary start, read once an event. On the loop's thread.
    package var nowMilliseconds: UInt64 {
        preconditionIsCurrent()
        return uv_now(uvLoop)
    }

    /// Has `work` run on the loop's thread, after what was posted before. From any thread.
    /// - Returns: false if the loop has stopped or too much waits; the work is then dropped.
    @discardableResult
    package func post(_ work: @escaping Work) -> Bool {
        inbox.withLock { inbox in
            guard inbox.isOpen, inbox.work.count < NetworkingLimits.postedWorkMax else { return false }
            inbox.work.append(work)
            // Only the first of a batch wakes the loop. Under the lock, so that the handle is certainly still open.
            if inbox.work.count == 1, let wakeUp { uv_async_send(wakeUp.pointer(as: uv_async_t.self)) }
            return true
        }
    }

    /// Runs `body` on the loop's thread and waits for what it gives back. From any thread.
    package func run<Value: Sendable>(
        _ body: @Sendable @escaping () throws(NetworkingError) -> Value
    ) throws(NetworkingError) -> Value {
        guard !isCurrent else { return try body() }
        let answer = Mailbox<Result<Value, NetworkingError>>(capacity: 1)
        let isPosted = post {
            let result = Result { () throws(NetworkingError) in try body() }
            _ = answer.send(result)
        }
        // Work that a stopping loop drops leaves the mailbox to us alone, so the wait looks at the loop again.
        while isPosted, let answers = answer.takeAll(waitMilliseconds: 100) {
            if let result = answers.first { return try result.get() }
            if isJoined.load(ordering: .acquiring) { break }
        }
        throw .loopStopped
    }

    /// Closes all that is open, ends the thread and waits for it. From another thread; repeated calls do nothing.
    package func stop() {
        precondition(!isCurrent, "the loop's own thread can't wait for its end")
        post { self.closeEverything() }
        guard !isJoined.exchange(true, ordering: .acquiringAndReleasing) else { return }
        thread?.join()
    }

    /// Has the output written at the end of the present event.
    func flushLater(_ flusher: any OutputFlusher) { flushers.append(flusher) }

    // MARK: - On the loop's thread

    private func openHandles() throws(NetworkingError) {
        wakeUp = try LoopHandle(UV_ASYNC, on: self, operation: "making a wake-up") { memory in
            uv_async_init(uvLoop, memory.assumingMemoryBound(to: uv_async_t.self)) { handle in
                LoopHandle.owner(LoopHandle.self, of: handle)?.loop.runPosted()
            }
        }
        // After sockets were served, and after timers ran: the two places where an event has ended.
        let check = try LoopHandle(UV_CHECK, on: self, operation: "making a check") { memory in
            uv_check_init(uvLoop, memory.assumingMemoryBound(to: uv_check_t.self))
        }
        uv_check_start(check.pointer(as: uv_check_t.self)) { LoopHandle.owner(LoopHandle.self, of: $0)?.loop.flush() }
        let prepare = try LoopHandle(UV_PREPARE, on: self, operation: "making a check") { memory in
            uv_prepare_init(uvLoop, memory.assumingMemoryBound(to: uv_prepare_t.self))
        }
        uv_prepare_start(prepare.pointer(as: uv_prepare_t.self)) {
            LoopHandle.owner(LoopHandle.self, of: $0)?.loop.flush()
        }
    }

    private func runUntilStopped() {
        threadIdentity.store(UInt(pthread_self()), ordering: .relaxed)
        uv_run(uvLoop, UV_RUN_DEFAULT)
        let code = uv_loop_close(uvLoop)
        precondition(code == 0, "a stopped loop has no open handle")
        uvLoop.deallocate()
    }

    private func runPosted() {
        inbox.withLock { swap(&$0.work, &running) }
        for work in running { work() }
        running.removeAll(keepingCapacity: running.count <= 4096)
    }

    private func flush() {
        // Flushing may drain a connection, whose handler then sends more, or give to a stream below.
        while !flushers.isEmpty {
            let present = flushers
            flushers.removeAll(keepingCapacity: true)
            for flusher in present { flusher.flush() }
        }
    }

    private func closeEverything() {
        guard !isStopping else { return }
        isStopping = true
        flush()
        inbox.withLock { inbox in
            inbox.isOpen = false
            inbox.work = []
        }
        let visit: uv_walk_cb = { handle, _ in LoopHandle.owner(LoopHandle.self, of: handle)?.loopStops() }
        uv_walk(uvLoop, visit, nil)
        wakeUp = nil
    }
}
