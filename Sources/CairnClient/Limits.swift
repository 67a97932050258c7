internal import Ledger

/// The limits of what the client reads, and how long it waits.
package enum ClientLimits {
    /// The largest file of an account that is read, in bytes. One of ours has about 120.
    static let accountFileByteCountMax = 4_096
    /// The largest file of a transaction that is read, in bytes: the transaction, and the keys of those who must sign.
    package static let documentByteCountMax = 2 * LedgerLimits.transactionByteCountMax
    /// The longest token that is read from a file, in bytes. One of ours has 43.
    static let tokenByteCountMax = 512
    /// How long before the end of its time a transaction may be sent, less than the chain's window, so that clocks
    /// may differ a little.
    static let clockDifferenceMilliseconds: UInt64 = 2_000
    /// The most notifications of a subscription that wait for its user. At more it is ended, and begun again behind the
    /// last one when the user has caught up.
    package static let waitingNotificationsMax = 4096
    /// How many transactions go into one bulk submission.
    package static let bulkTransactionsMax = 1000
    /// How many bytes of transactions go into one bulk submission, unless one alone is longer.
    package static let bulkByteCountMax = 2 << 20
    /// How many bulk submissions wait for their answers; fewer than those at which a node stops reading.
    package static let bulkUnansweredMax = 7
    /// How often an overloaded node is sent the same transactions again.
    package static let overloadedTriesMax = 100
    /// How long to wait before that.
    package static let overloadedMilliseconds = 100
    /// How often a lost connection is opened again.
    package static let reconnectTriesMax = 12
    /// How long to wait before the second try; each wait is twice the one before, up to a limit.
    package static let reconnectMilliseconds = 50
    package static let reconnectMillisecondsMax = 5000
    /// The longest binary message that is taken from a node: one large receipt.
    package static let bulkReplyByteCountMax = 64 << 20
}
