internal import Primitives
internal import Replica

/// What a client that waits for a receipt learns.
package enum ReceiptAnswer: Sendable {
    /// The transaction is in a block; its receipt says whether it succeeded.
    case found(LocatedTransaction)
    /// Block time has passed the transaction's expiry: it never takes effect.
    case expired
    /// Nothing is known within the time that the client gave.
    case pending
}

/// The clients that wait for receipts. Used on the replica's thread.
struct ReceiptWaiters {
    private struct Waiter {
        let identity: Digest
        let expiry: Timestamp?
        let deadline: Instant
        let answer: @Sendable (ReceiptAnswer) -> Void
        /// Whether the blocks from before it waited were looked at: until then nothing can be said.
        var isSearched = false
    }

    /// Names one who waits.
    typealias Number = UInt64

    private var waiters: [Number: Waiter] = [:]
    private var byTransaction: [Digest: Set<Number>] = [:]
    /// Numbers in the order of registration, with those that were answered not yet taken out.
    private var order: [Number] = []
    private var next: Number = 0

    var isEmpty: Bool { waiters.isEmpty }

    /// Registers a client; nil if too many wait already.
    mutating func add(
        _ identity: Digest, expiry: Timestamp?, deadline: Instant, answer: @escaping @Sendable (ReceiptAnswer) -> Void
    ) -> Number? {
        guard waiters.count < NodeLimits.waitersMax else { return nil }
        defer { next += 1 }
        waiters[next] = Waiter(identity: identity, expiry: expiry, deadline: deadline, answer: answer)
        byTransaction[identity, default: []].insert(next)
        order.append(next)
        return next
    }

    /// The transaction was in no block when the client began to wait.
    mutating func markSearched(_ number: Number) { waiters[number]?.isSearched = true }

    func isAwaited(_ identity: Digest) -> Bool { byTransaction[identity] != nil }

    /// Answers those who wait for a transaction.
    mutating func resolve(_ identity: Digest, _ answer: ReceiptAnswer) {
        for number in byTransaction.removeValue(forKey: identity) ?? [] {
            waiters.removeValue(forKey: number)?.answer(answer)
        }
    }

    /// Answers one client.
    mutating func give(_ answer: ReceiptAnswer, to number: Number) {
        guard let waiter = waiters.removeValue(forKey: number) else { return }
        byTransaction[waiter.identity]?.remove(number)
        if byTransaction[waiter.identity]?.isEmpty == true { byTransaction[waiter.identity] = nil }
        waiter.answer(answer)
    }

    /// Answers those whose transaction has expired by block time, or whose time is up. Gives back the latest expiry
    /// that the clock has passed but block time has not.
    mutating func sweep(blockTime: Timestamp, now: ClockReading) -> Timestamp? {
        var latest: Timestamp?
        var rest: [Number] = []
        for number in order {
            guard let waiter = waiters[number] else { continue }
            let hasExpired = waiter.expiry.map { $0 <= blockTime } ?? false
            if waiter.isSearched, hasExpired || waiter.deadline <= now.monotonic {
                give(hasExpired ? .expired : .pending, to: number)
                continue
            }
            rest.append(number)
            if let expiry = waiter.expiry, !hasExpired, expiry < now.wall { latest = max(latest ?? expiry, expiry) }
        }
        order = rest
        return latest
    }
}
