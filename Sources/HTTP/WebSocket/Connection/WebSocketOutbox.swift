internal import Networking
internal import Synchronization

/// What other threads send: gathered here, and taken by the loop once a batch.
final class WebSocketOutbox: Sendable {
    struct Item: Sendable {
        let message: WebSocketMessage?
        /// Runs on the loop's thread when the message has been handed to the stream; not once the WebSocket has closed.
        let completion: (@Sendable () -> Void)?
    }

    private struct State {
        var items: [Item] = []
        var byteCount = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Spares the loop's thread the lock.
    private let isFilled = Atomic<Bool>(false)

    /// - Returns: whether the items are the first of a batch, for which the loop must be woken.
    func add(_ new: [Item], isBounded: Bool) -> (outcome: MailboxOutcome, isFirst: Bool) {
        let byteCount = new.reduce(0) { $0 + ($1.message?.bytes.count ?? 0) }
        return state.withLock { state in
            guard !state.isClosed else { return (.closed, false) }
            if isBounded, !state.items.isEmpty {
                guard state.items.count + new.count <= HTTPLimits.webSocketPostedCountMax,
                    state.byteCount + byteCount <= HTTPLimits.webSocketPostedBytesMax
                else { return (.full, false) }
            }
            let isFirst = state.items.isEmpty && !new.isEmpty
            state.items.append(contentsOf: new)
            state.byteCount += byteCount
            isFilled.store(true, ordering: .releasing)
            return (.accepted, isFirst)
        }
    }

    var mayHoldItems: Bool { isFilled.load(ordering: .acquiring) }

    func takeAll() -> [Item] {
        state.withLock { state in
            defer {
                state.items = []
                state.byteCount = 0
                isFilled.store(false, ordering: .releasing)
            }
            return state.items
        }
    }

    /// Drops what waits, and takes nothing more.
    func close() {
        state.withLock { $0.isClosed = true }
        _ = takeAll()
    }
}
