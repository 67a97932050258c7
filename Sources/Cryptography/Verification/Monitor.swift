internal import Glibc

/// A value behind a lock, with a condition to wait for.
///
/// The standard library's `Mutex` has no condition. `@unchecked Sendable`: the value is only reached with the lock held,
/// and what goes in or comes out is `sending`. The lock and the condition have fixed addresses until the last owner goes.
final class Monitor<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        Self.demand(pthread_mutex_init(mutex, nil))
        Self.demand(pthread_cond_init(condition, nil))
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout Value) -> sending Result) -> sending Result {
        Self.demand(pthread_mutex_lock(mutex))
        defer { Self.demand(pthread_mutex_unlock(mutex)) }
        return body(&value)
    }

    /// Waits until `body` gives something; it is asked at first and after each wake-up, with the lock held.
    func waitFor<Result>(_ body: (inout Value) -> sending Result?) -> sending Result {
        Self.demand(pthread_mutex_lock(mutex))
        defer { Self.demand(pthread_mutex_unlock(mutex)) }
        while true {
            if let result = body(&value) { return result }
            Self.demand(pthread_cond_wait(condition, mutex))
        }
    }

    func wakeAll() { Self.demand(pthread_cond_broadcast(condition)) }

    /// These calls fail only when they are used wrongly, or at the start for want of memory.
    private static func demand(_ code: Int32) { precondition(code == 0, "a lock failed with code \(code)") }
}
