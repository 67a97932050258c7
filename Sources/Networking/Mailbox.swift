/// What became of a message given to a mailbox.
@frozen
public enum MailboxOutcome: Sendable {
    /// The message waits for the taker.
    case accepted
    /// The mailbox holds as much as it may: the sender sheds or waits.
    case full
    /// Nothing is taken any more.
    case closed
}

/// A bounded queue from any threads to one, which takes all that waits in one step.
///
/// Senders wake the taker only when it sleeps, so that under load a message costs one lock and one append.
///
/// It is `@unchecked Sendable` because what `state` points to, which nothing else can reach, is touched under the gate's
/// lock only. It is behind a pointer because the compiler's run-time checks of exclusive access, which the lock makes
/// needless, would cost as much as all else.
///
/// It is public, although no user sees it, because the compiler specialises nothing of package access in other modules,
/// `@inlinable` or not; unspecialised a message costs twice as much.
public final class Mailbox<Message: Sendable>: @unchecked Sendable {
    @usableFromInline
    struct State {
        @usableFromInline var waiting: [Message] = []
        @usableFromInline var isClosed = false
        @usableFromInline var isTakerAsleep = false

        @usableFromInline init() {}
    }

    /// How many messages may wait.
    public let capacity: Int
    @usableFromInline let gate = MailboxGate()
    @usableFromInline let state: UnsafeMutablePointer<State>

    /// An empty, open mailbox for up to `capacity` messages, at least one.
    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Adds a message. From any thread.
    @inlinable
    public func send(_ message: Message) -> MailboxOutcome {
        gate.lock()
        guard !state.pointee.isClosed, state.pointee.waiting.count < capacity else {
            defer { gate.unlock() }
            return state.pointee.isClosed ? .closed : .full
        }
        state.pointee.waiting.append(message)
        // The first of a batch wakes the taker; the others find it no longer asleep.
        let wakes = state.pointee.isTakerAsleep
        state.pointee.isTakerAsleep = false
        gate.unlock()
        if wakes { gate.wakeOne() }
        return .accepted
    }

    /// Takes all that waits, in the order in which it was sent. One thread takes.
    /// - Parameter waitMilliseconds: how long to wait for a first message; 0 does not wait, nil waits until one comes.
    /// - Returns: the messages, none when the time has passed; nil when the mailbox is closed and empty.
    @inlinable
    public func takeAll(waitMilliseconds: UInt64? = nil) -> [Message]? {
        var taken: [Message] = []
        return takeAll(into: &taken, waitMilliseconds: waitMilliseconds) ? taken : nil
    }

    /// As `takeAll`, but swaps what waits with `messages`, whose capacity is thereby used again.
    /// - Returns: false when the mailbox is closed and empty.
    @inlinable
    public func takeAll(into messages: inout [Message], waitMilliseconds: UInt64? = nil) -> Bool {
        messages.removeAll(keepingCapacity: true)
        gate.lock()
        defer { gate.unlock() }
        if waitMilliseconds != 0 {
            gate.wait(milliseconds: waitMilliseconds) {
                let isReady = !state.pointee.waiting.isEmpty || state.pointee.isClosed
                state.pointee.isTakerAsleep = !isReady
                return isReady
            }
            state.pointee.isTakerAsleep = false
        }
        swap(&state.pointee.waiting, &messages)
        return !(messages.isEmpty && state.pointee.isClosed)
    }

    /// Refuses further messages; those that wait can still be taken.
    public func close() {
        gate.lock()
        state.pointee.isClosed = true
        gate.unlock()
        gate.wakeOne()
    }
}
