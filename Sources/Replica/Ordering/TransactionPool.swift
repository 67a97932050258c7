package import Ledger
internal import Primitives

/// Transactions that were checked and wait to be ordered, first come first served.
struct TransactionPool: Sendable {
    private var waiting: [SignedTransaction] = []
    /// What stands before it was taken.
    private var start = 0
    private(set) var byteCount = 0

    var count: Int { waiting.count - start }
    var isEmpty: Bool { start == waiting.count }

    /// Whether there is room for one more transaction after those on their way, `additional` with so many bytes.
    func hasRoom(for additional: Int, byteCount additionalByteCount: Int) -> Bool {
        count + additional < ReplicaLimits.poolTransactionsMax
            && byteCount + additionalByteCount < ReplicaLimits.poolByteCountMax
    }

    mutating func append(_ transaction: SignedTransaction) {
        waiting.append(transaction)
        byteCount += transaction.byteCount
    }

    /// The next transactions, as many as fit one block of these limits. Those that have expired are passed over.
    mutating func take(within limits: ChainLimits, at time: Timestamp) -> [SignedTransaction] {
        var taken: [SignedTransaction] = []
        var budget = BlockBudget(limits: limits)
        while start < waiting.count {
            let next = waiting[start]
            if next.expiry > time {
                guard budget.take(next) else { break }
                taken.append(next)
            }
            byteCount -= next.byteCount
            start += 1
        }
        if start == waiting.count || start > 1 << 14 {
            waiting.removeFirst(start)
            start = 0
        }
        return taken
    }
}

/// What a block may still take in.
package struct BlockBudget: Sendable {
    private var gas: UInt64
    private var byteCount: UInt64
    private var transactionCount: UInt32

    package init(limits: ChainLimits) {
        gas = limits.blockGasMax
        byteCount = limits.blockByteCountMax
        transactionCount = limits.blockTransactionCountMax
    }

    /// Takes a transaction in if its declared gas, its bytes and itself fit.
    package mutating func take(_ signed: SignedTransaction) -> Bool {
        guard transactionCount > 0, signed.gasLimit <= gas, UInt64(signed.byteCount) <= byteCount
        else { return false }
        transactionCount -= 1
        gas -= signed.gasLimit
        byteCount -= UInt64(signed.byteCount)
        return true
    }
}
