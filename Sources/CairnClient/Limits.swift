internal import Ledger

/// The limits of what the client reads, and how long it waits.
package enum ClientLimits {
    /// The largest file of an account that is read, in bytes. One of ours has about 120.
    static let accountFileByteCountMax = 4_096
    /// The largest file of a transaction that is read, in bytes: the transaction, and the keys of those who must sign.
    package static let documentByteCountMax = 2 * LedgerLimits.transactionByteCountMax
    /// How long before the end of its time a transaction may be sent, less than the chain's window, so that clocks
    /// may differ a little.
    static let clockDifferenceMilliseconds: UInt64 = 2_000
}
