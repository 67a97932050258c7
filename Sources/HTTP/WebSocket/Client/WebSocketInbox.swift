internal import Networking
internal import Synchronization

/// Keeps the messages of a client until they are asked for.
///
/// It is `@unchecked Sendable` because `connection` is set once, on the loop's thread, before anything else happens, and
/// all else is guarded by the lock.
final class WebSocketInbox: WebSocketSession, @unchecked Sendable {
    private typealias Delivery = Result<WebSocketMessage, WebSocketClosure>

    private typealias Receiver = CheckedContinuation<Delivery, Never>

    /// Tasks that wait.
    private struct Waiting {
        var receiver: Receiver?
        var senders: [CheckedContinuation<Void, Never>] = []
        var closers: [CheckedContinuation<WebSocketClosure, Never>] = []
    }

    private struct State {
        /// Those before `start` have been taken.
        var messages: [WebSocketMessage?] = []
        var start = 0
        var byteCount = 0
        var isPaused = false
        /// What was sent and has not reached the stream.
        var postedBytes = 0
        var isCongested = false
        var closure: WebSocketClosure?
        var waiting = Waiting()

        var hasRoomForOutput: Bool { !isCongested && postedBytes <= HTTPLimits.webSocketUncountedBytes }
        var count: Int { messages.count - start }
        var isFull: Bool {
            byteCount > HTTPLimits.webSocketInboxBytesMax || count > HTTPLimits.webSocketInboxCountMax
        }

        mutating func popFirst() -> WebSocketMessage? {
            guard start < messages.count, let message = messages[start] else { return nil }
            messages[start] = nil
            start += 1
            byteCount -= message.bytes.count
            if start * 2 > messages.count {
                messages.removeFirst(start)
                start = 0
            }
            return message
        }
    }

    var connection: WebSocketConnection?
    private let state = Mutex(State())

    var closure: WebSocketClosure? { state.withLock { $0.closure } }

    // MARK: - On the loop's thread

    func received(text: [UInt8]) { received(.text(text)) }
    func received(binary: [UInt8]) { received(.binary(binary)) }

    private func received(_ message: WebSocketMessage) {
        let (receiver, pauses): (Receiver?, Bool) = state.withLock { state in
            if let receiver = state.waiting.receiver {
                state.waiting.receiver = nil
                return (receiver, false)
            }
            state.messages.append(message)
            state.byteCount += message.bytes.count
            let pauses = state.isFull && !state.isPaused
            if pauses { state.isPaused = true }
            return (nil, pauses)
        }
        receiver?.resume(returning: .success(message))
        if pauses { connection?.pauseReading() }
    }

    func congested() { state.withLock { $0.isCongested = true } }

    func drained() { resumeSenders { $0.isCongested = false } }

    private func resumeSenders(after change: (inout State) -> Void) {
        let senders: [CheckedContinuation<Void, Never>] = state.withLock { state in
            change(&state)
            guard state.hasRoomForOutput else { return [] }
            defer { state.waiting.senders = [] }
            return state.waiting.senders
        }
        for sender in senders { sender.resume() }
    }

    func closed(_ closure: WebSocketClosure) {
        let waiting = state.withLock { state in
            state.closure = closure
            defer { state.waiting = Waiting() }
            return state.waiting
        }
        waiting.receiver?.resume(returning: .failure(closure))
        for sender in waiting.senders { sender.resume() }
        for closer in waiting.closers { closer.resume(returning: closure) }
    }

    // MARK: - From tasks

    func next() async -> Result<WebSocketMessage, WebSocketClosure> {
        await withCheckedContinuation { continuation in
            let delivery: Delivery? = state.withLock { state in
                if let message = state.popFirst() { return .success(message) }
                if let closure = state.closure { return .failure(closure) }
                precondition(state.waiting.receiver == nil, "one task receives at a time")
                state.waiting.receiver = continuation
                return nil
            }
            resumeReadingIfEmptied()
            if let delivery { continuation.resume(returning: delivery) }
        }
    }

    func send(_ message: WebSocketMessage) async throws(WebSocketClosure) {
        guard let connection else { preconditionFailure("an inbox has its connection when its client has it") }
        let byteCount = message.bytes.count
        try await takeRoomForOutput(byteCount)
        let item = WebSocketOutbox.Item(message: message) { [self] in
            resumeSenders { $0.postedBytes -= byteCount }
        }
        let outcome = connection.post([item], isBounded: false)
        guard outcome == .accepted else {
            throw closure ?? .lost("the event loop has stopped, or the WebSocket closes")
        }
    }

    private func takeRoomForOutput(_ byteCount: Int) async throws(WebSocketClosure) {
        while true {
            let (isTaken, closure) = state.withLock { state in
                let isTaken = state.hasRoomForOutput
                if isTaken { state.postedBytes += byteCount }
                return (isTaken, state.closure)
            }
            if let closure { throw closure }
            if isTaken { return }
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    guard !state.hasRoomForOutput, state.closure == nil else { return true }
                    state.waiting.senders.append(continuation)
                    return false
                }
                if isDue { continuation.resume() }
            }
        }
    }

    /// How the WebSocket ended, once it has.
    func end() async -> WebSocketClosure {
        await withCheckedContinuation { continuation in
            let closure = state.withLock { state in
                if state.closure == nil { state.waiting.closers.append(continuation) }
                return state.closure
            }
            if let closure { continuation.resume(returning: closure) }
        }
    }

    private func resumeReadingIfEmptied() {
        let resumed = state.withLock { state in
            guard state.isPaused, state.byteCount <= HTTPLimits.webSocketInboxBytesMax / 2,
                state.count <= HTTPLimits.webSocketInboxCountMax / 2
            else { return false }
            state.isPaused = false
            return true
        }
        guard resumed, let connection else { return }
        connection.loop.post { connection.resumeReading() }
    }
}
