internal import CUV
internal import Glibc

/// Tells of a signal of the operating system until the loop stops or the watch is cancelled.
package final class SignalWatch: LoopHandle {
    private let work: (Int32) -> Void

    fileprivate init(on loop: EventLoop, work: @escaping (Int32) -> Void) throws(NetworkingError) {
        self.work = work
        let uvLoop = loop.uvLoop
        try super.init(UV_SIGNAL, on: loop, operation: "watching for signals") { memory in
            uv_signal_init(uvLoop, memory.assumingMemoryBound(to: uv_signal_t.self))
        }
    }

    fileprivate func start(_ signal: Int32) -> Int32 {
        let callback: uv_signal_cb = { SignalWatch.owner(SignalWatch.self, of: $0)?.work($1) }
        return uv_signal_start(pointer(as: uv_signal_t.self), callback, signal)
    }

    /// On the loop's thread; repeated calls do nothing.
    package func cancel() {
        loop.preconditionIsCurrent()
        closeHandle()
    }
}

extension EventLoop {
    /// Calls `work` on the loop's thread whenever the process gets `signal`, instead of what the system would do.
    /// On the loop's thread.
    @discardableResult
    package func watch(signal: Int32, _ work: @escaping (Int32) -> Void) throws(NetworkingError) -> SignalWatch {
        preconditionIsCurrent()
        guard !isStopping else { throw .loopStopped }
        let watch = try SignalWatch(on: self, work: work)
        let code = watch.start(signal)
        guard code == 0 else {
            watch.cancel()
            throw .system("watching for signal \(signal)", code: code)
        }
        return watch
    }

    /// Calls `work` when the process is asked to end (SIGTERM, or SIGINT from the keyboard). From any thread.
    package func watchForTermination(_ work: @Sendable @escaping (Int32) -> Void) throws(NetworkingError) {
        try run { () throws(NetworkingError) in
            try self.watch(signal: SIGTERM, work)
            try self.watch(signal: SIGINT, work)
        }
    }
}
