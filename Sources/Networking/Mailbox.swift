internal import Glibc

/// What became of a message given to a mailbox.
package enum MailboxOutcome: Sendable {
    case accepted
    /// The mailbox holds as much as it may: the sender sheds or waits.
    case full
    case closed
}

/// A bounded queue from any threads to one, which takes all that waits in one step.
///
/// Senders wake the taker only when it sleeps, so that under load a message costs one lock and one append.
///
/// It is `@unchecked Sendable` because `waiting`, `isClosed` and `isTakerAsleep` are touched under `lock` only, and the
/// lock and the condition stay at one address from `init` to `deinit`.
package final class Mailbox<Message: Sendable>: @unchecked Sendable {
    /// How many messages may wait.
    package let capacity: Int
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let filled: UnsafeMutablePointer<pthread_cond_t>
    private var waiting: [Message] = []
    private var isClosed = false
    private var takersAsleep = 0

    package init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        lock = .allocate(capacity: 1)
        filled = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(filled, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(filled)
        pthread_mutex_destroy(lock)
        filled.deallocate()
        lock.deallocate()
    }

    /// Adds a message. From any thread.
    package func send(_ message: Message) -> MailboxOutcome {
        pthread_mutex_lock(lock)
        guard !isClosed, waiting.count < capacity else {
            defer { pthread_mutex_unlock(lock) }
            return isClosed ? .closed : .full
        }
        waiting.append(message)
        let wakes = takersAsleep > 0
        pthread_mutex_unlock(lock)
        if wakes { pthread_cond_signal(filled) }
        return .accepted
    }

    /// Takes all that waits, in the order in which it was sent.
    /// - Parameter waitMilliseconds: how long to wait for a first message; 0 does not wait, nil waits until one comes.
    /// - Returns: the messages, none when the time has passed; nil when the mailbox is closed and empty.
    package func takeAll(waitMilliseconds: UInt64? = nil) -> [Message]? {
        var taken: [Message] = []
        return takeAll(into: &taken, waitMilliseconds: waitMilliseconds) ? taken : nil
    }

    /// As `takeAll`, but swaps what waits with `messages`, whose capacity is thereby used again.
    /// - Returns: false when the mailbox is closed and empty.
    package func takeAll(into messages: inout [Message], waitMilliseconds: UInt64? = nil) -> Bool {
        messages.removeAll(keepingCapacity: true)
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        if waiting.isEmpty, !isClosed, waitMilliseconds != 0 { waitUntilFilled(waitMilliseconds) }
        swap(&waiting, &messages)
        return !(messages.isEmpty && isClosed)
    }

    /// Refuses further messages; those that wait can still be taken.
    package func close() {
        pthread_mutex_lock(lock)
        isClosed = true
        pthread_mutex_unlock(lock)
        pthread_cond_broadcast(filled)
    }

    /// The caller holds the lock.
    private func waitUntilFilled(_ waitMilliseconds: UInt64?) {
        takersAsleep += 1
        defer { takersAsleep -= 1 }
        guard let waitMilliseconds else {
            while waiting.isEmpty && !isClosed { pthread_cond_wait(filled, lock) }
            return
        }
        var deadline = timespec(fromNowMilliseconds: waitMilliseconds)
        while waiting.isEmpty && !isClosed {
            if pthread_cond_timedwait(filled, lock, &deadline) == ETIMEDOUT { return }
        }
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
