internal import CUV

/// Work that a loop does after some time, once or again and again, until it is cancelled.
package final class Timer: LoopHandle {
    private var work: (() -> Void)?
    private let repeats: Bool

    fileprivate init(on loop: EventLoop, repeats: Bool, work: @escaping () -> Void) throws(NetworkingError) {
        self.work = work
        self.repeats = repeats
        let uvLoop = loop.uvLoop
        try super.init(UV_TIMER, on: loop, operation: "making a timer") { memory in
            uv_timer_init(uvLoop, memory.assumingMemoryBound(to: uv_timer_t.self))
        }
    }

    fileprivate func start(afterMilliseconds: UInt64) {
        let callback: uv_timer_cb = { Timer.owner(Timer.self, of: $0)?.fire() }
        uv_timer_start(pointer(as: uv_timer_t.self), callback, afterMilliseconds, repeats ? afterMilliseconds : 0)
    }

    /// Forgets the work. On the loop's thread; repeated calls do nothing.
    package func cancel() {
        loop.preconditionIsCurrent()
        work = nil
        closeHandle()
    }

    private func fire() {
        let work = work
        if !repeats { cancel() }
        work?()
    }

    override func loopStops() { cancel() }
}

extension EventLoop {
    /// Runs `work` once after `milliseconds`. On the loop's thread.
    @discardableResult
    package func schedule(afterMilliseconds milliseconds: UInt64, _ work: @escaping () -> Void) -> Timer {
        makeTimer(milliseconds, repeats: false, work)
    }

    /// Runs `work` every `milliseconds`, at least 1. On the loop's thread.
    package func schedule(everyMilliseconds milliseconds: UInt64, _ work: @escaping () -> Void) -> Timer {
        makeTimer(max(milliseconds, 1), repeats: true, work)
    }

    private func makeTimer(_ milliseconds: UInt64, repeats: Bool, _ work: @escaping () -> Void) -> Timer {
        preconditionIsCurrent()
        do {
            let timer = try Timer(on: self, repeats: repeats, work: work)
            // A loop that stops runs no more timers.
            if isStopping { timer.cancel() } else { timer.start(afterMilliseconds: milliseconds) }
            return timer
        } catch {
            preconditionFailure("libuv's timers are made without anything that could fail: \(error)")
        }
    }
}
