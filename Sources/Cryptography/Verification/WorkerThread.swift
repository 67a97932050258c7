internal import Glibc

/// A thread of the system that runs one function and ends.
///
/// `Sendable`: all it holds is the thread's name, which the system's calls take from any thread.
final class WorkerThread: Sendable {
    private let identity: pthread_t

    /// Starts a thread. There is no remedy if the system has none left, so that stops the process.
    init(_ body: @escaping @Sendable () -> Void) {
        var identity = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let code = pthread_create(
            &identity, nil,
            { argument in
                // The creator gave its reference away; taking it here releases it after the run.
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        precondition(code == 0, "the system starts no thread (code \(code)); raise the limit of processes (ulimit -u)")
        self.identity = identity
    }

    var isCurrent: Bool { pthread_equal(identity, pthread_self()) != 0 }

    /// Waits until the function has returned; called once. On the thread itself it lets the thread go instead.
    func join() {
        if isCurrent { pthread_detach(identity) } else { pthread_join(identity, nil) }
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
