package import Ledger

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
