package import Networking

extension WebSocketConnection {
    /// Sends a message. On the loop's thread; what is sent during one event goes out in one write.
    /// - Returns: `full` when so much waits that the message was dropped and the WebSocket closes.
    @discardableResult
    package func send(_ message: WebSocketMessage) -> MailboxOutcome {
        loop.preconditionIsCurrent()
        takePosted()
        return sendNow(message)
    }

    /// Sends messages from any thread, in order, after those that were posted before.
    /// - Returns: `full` if too much waits for the loop already; none of the messages is then sent.
    @discardableResult
    package func post(_ messages: [WebSocketMessage]) -> MailboxOutcome {
        let items = messages.map { WebSocketOutbox.Item(message: $0, completion: nil) }
        return post(items, isBounded: true)
    }

    @discardableResult
    package func post(_ message: WebSocketMessage) -> MailboxOutcome {
        post([WebSocketOutbox.Item(message: message, completion: nil)], isBounded: true)
    }

    /// - Parameter isBounded: false for what is bounded by other means, such as the replies to calls.
    func post(_ items: [WebSocketOutbox.Item], isBounded: Bool) -> MailboxOutcome {
        let (outcome, isFirst) = outbox.add(items, isBounded: isBounded)
        guard isFirst else { return outcome }
        guard loop.post({ self.takePosted() }) else {
            outbox.close()
            return .closed
        }
        return outcome
    }

    /// Whether so much waits that a sender should pause until `drained`. On the loop's thread.
    package var isAboveHighWater: Bool { stream.isAboveHighWater }

    /// How many bytes wait to be taken by the peer. On the loop's thread.
    package var queuedBytes: Int { stream.queuedBytes + gathered.count }

    func takePosted() {
        guard outbox.mayHoldItems else { return }
        let items = outbox.takeAll()
        gather {
            for item in items {
                if let message = item.message { sendNow(message) }
                item.completion?()
            }
        }
    }

    @discardableResult
    func sendNow(_ message: WebSocketMessage) -> MailboxOutcome {
        guard isOpen else { return .closed }
        let bytes = message.bytes
        guard queuedBytes <= configuration.outputBytesMax, takeBudget(bytes.count) else {
            close(.tryAgainLater, reason: "too much waits to be read")
            return .full
        }
        write(message.opcode, bytes)
        noteCongestion()
        return .accepted
    }

    /// Runs a piece of work; what it sends goes to the stream when the outermost one ends.
    func gather(_ work: () -> Void) {
        gatherings += 1
        work()
        gatherings -= 1
        if gatherings == 0 { flush() }
    }

    func write(_ opcode: WebSocketOpcode, _ payload: [UInt8]) {
        if writer.sendsPlain, payload.count >= HTTPLimits.webSocketGatheredBytes {
            // Straight to the stream, which copies it once.
            writer.appendHeader(opcode, payload.count, to: &gathered)
            flush()
            stream.send(payload)
        } else {
            writer.append(opcode, payload, to: &gathered)
            if gatherings == 0 || gathered.count >= HTTPLimits.webSocketGatheredBytes { flush() }
        }
    }

    func flush() {
        guard !gathered.isEmpty else { return }
        stream.send(gathered)
        gathered.removeAll(keepingCapacity: gathered.count <= 2 * HTTPLimits.webSocketGatheredBytes)
    }

    private func noteCongestion() {
        guard !isCongested, stream.isAboveHighWater else { return }
        isCongested = true
        session?.congested()
        settle()
    }

    // MARK: - What waits on all connections together

    private func takeBudget(_ count: Int) -> Bool {
        guard let budget else { return true }
        settleBudget()
        let excess = queuedBytes + count - HTTPLimits.webSocketUncountedBytes - budgeted
        guard excess > 0 else { return true }
        guard budget.take(excess) else { return false }
        budgeted += excess
        return true
    }

    /// Gives back what the peer has taken meanwhile.
    func settleBudget() {
        guard budgeted > 0, let budget else { return }
        let held = isClosed ? 0 : min(budgeted, max(0, queuedBytes - HTTPLimits.webSocketUncountedBytes))
        budget.giveBack(budgeted - held)
        budgeted = held
    }
}
