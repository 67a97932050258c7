internal import CUV
internal import Glibc

/// One thread of its own for a subsystem.
///
/// The creator joins it once, from another thread, after it has told the body to end.
package final class DedicatedThread: Sendable {
    package let name: String
    private let handle: pthread_t

    /// Starts a thread that runs `body` and then ends.
    /// - Parameter name: shown by the system's tools, which keep its first 15 bytes.
    /// - Parameter stackBytes: the size of its stack; nil for the system's choice.
    package init(
        name: String, stackBytes: Int? = nil, body: @Sendable @escaping () -> Void
    ) throws(NetworkingError) {
        self.name = name
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        if let stackBytes {
            let code = pthread_attr_setstacksize(&attributes, stackBytes)
            guard code == 0 else { throw .threadNotStarted(name: name, code: code) }
        }
        // The new thread takes over this reference.
        let work = Unmanaged.passRetained(ThreadWork(name: name, body: body))
        var handle = pthread_t()
        let code = pthread_create(&handle, &attributes, runThread, work.toOpaque())
        guard code == 0 else {
            work.release()
            throw .threadNotStarted(name: name, code: code)
        }
        self.handle = handle
    }

    package var isCurrent: Bool { pthread_equal(handle, pthread_self()) != 0 }

    /// Waits until the body has returned. Call it exactly once.
    package func join() {
        precondition(!isCurrent, "a thread can't wait for itself")
        let code = pthread_join(handle, nil)
        precondition(code == 0, "a thread is joined once")
    }
}

private final class ThreadWork: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @Sendable @escaping () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let work = Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue()
    let kept = work.name.utf8.prefix(NetworkingLimits.threadNameBytesMax)
    // A name cut in the middle of a character is repaired, and may then be too long; the system refuses it unharmed.
    _ = cairn_name_current_thread(String(decoding: kept, as: UTF8.self))
    work.body()
    return nil
}
