package import Ledger
internal import Primitives

/// What a client that waits for a receipt learns.
package enum ReceiptAnswer: Sendable {
    /// The transaction is in a block; its receipt says whether it succeeded.
    case found(CertifiedBlock, index: Int)
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
    }

    private var waiters: [UInt64: Waiter] = [:]
    private var byTransaction: [Digest: [UInt64]] = [:]
    /// Numbers in the order of registration, with those that were answered not yet taken out.
    private var order: [UInt64] = []
    private var next: UInt64 = 0

    var isEmpty: Bool { waiters.isEmpty }

    /// Registers a client. False if too many wait already.
    mutating func add(
        _ identity: Digest, expiry: Timestamp?, deadline: Instant, answer: @escaping @Sendable (ReceiptAnswer) -> Void
    ) -> Bool {
        guard waiters.count < NodeLimits.waitersMax else { return false }
        waiters[next] = Waiter(identity: identity, expiry: expiry, deadline: deadline, answer: answer)
        byTransaction[identity, default: []].append(next)
        order.append(next)
        next += 1
        return true
    }

    /// Answers those who wait for a transaction.
    mutating func resolve(_ identity: Digest, _ answer: ReceiptAnswer) {
        for number in byTransaction.removeValue(forKey: identity) ?? [] {
            waiters.removeValue(forKey: number)?.answer(answer)
        }
    }

    /// Answers those whose transaction has expired by block time, or whose time is up.
    mutating func sweep(blockTime: Timestamp, now: Instant) {
        guard !waiters.isEmpty else {
            order.removeAll()
            return
        }
        order.removeAll { number in
            guard let waiter = waiters[number] else { return true }
            let hasExpired = waiter.expiry.map { $0 <= blockTime } ?? false
            guard hasExpired || waiter.deadline <= now else { return false }
            waiters[number] = nil
            byTransaction[waiter.identity]?.removeAll { $0 == number }
            if byTransaction[waiter.identity]?.isEmpty == true { byTransaction[waiter.identity] = nil }
            waiter.answer(hasExpired ? .expired : .pending)
            return true
        }
    }
}
