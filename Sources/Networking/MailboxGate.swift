internal import Glibc

/// The lock of a mailbox and the condition that its taker sleeps on.
///
/// Apart from the mailbox, so that the generic part can be specialised where it is used without the system's headers.
///
/// It is `@unchecked Sendable` because both stay at one address from `init` to `deinit`, and are made to be shared.
@usableFromInline
final class MailboxGate: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let filled: UnsafeMutablePointer<pthread_cond_t>

    init() {
        mutex = .allocate(capacity: 1)
        filled = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(filled, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(filled)
        pthread_mutex_destroy(mutex)
        filled.deallocate()
        mutex.deallocate()
    }

    @usableFromInline
    func lock() { pthread_mutex_lock(mutex) }

    @usableFromInline
    func unlock() { pthread_mutex_unlock(mutex) }

    @usableFromInline
    func wakeOne() { pthread_cond_signal(filled) }

    /// Sleeps with the lock, which the caller holds, let go of, until `isReady` holds or the time has passed.
    /// - Parameter milliseconds: nil to wait without a limit.
    @usableFromInline
    func wait(milliseconds: UInt64?, until isReady: () -> Bool) {
        guard !isReady() else { return }
        guard let milliseconds else {
            repeat { pthread_cond_wait(filled, mutex) } while !isReady()
            return
        }
        var deadline = timespec(fromNowMilliseconds: milliseconds)
        repeat {
            if pthread_cond_timedwait(filled, mutex, &deadline) == ETIMEDOUT { return }
        } while !isReady()
    }
}

extension timespec {
    /// The reading that the monotonic clock will have after `milliseconds`, at most some centuries from now.
    fileprivate init(fromNowMilliseconds milliseconds: UInt64) {
        self.init()
        clock_gettime(CLOCK_MONOTONIC, &self)
        let added = Int(min(milliseconds, 1 << 43))
        tv_sec += added / 1000
        tv_nsec += added % 1000 * 1_000_000
        if tv_nsec >= 1_000_000_000 {
            tv_sec += 1
            tv_nsec -= 1_000_000_000
        }
    }
}
