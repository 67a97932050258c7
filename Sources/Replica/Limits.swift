/// The limits of one group's replica.
package enum ReplicaLimits {
    /// The most transactions that wait to be ordered.
    package static let poolTransactionsMax = 200_000
    /// The most bytes of transactions that wait to be ordered.
    package static let poolByteCountMax = 256 << 20
    /// The most transactions whose signatures are being checked.
    package static let verifyingTransactionsMax = 100_000
    /// The most decoded pages of the state tree in memory.
    package static let cachedTreePagesMax = 64_000
    /// As how many bytes a changed page counts that the tree keeps until the next flush: about what a page with nine
    /// leaves takes in memory.
    package static let keptTreePageByteCount = 1200
    /// How fine the expiries are told apart that clients wait for, so that there are few of them, and
    /// few empty blocks for their sake.
    package static let awaitedExpiryStepMilliseconds: UInt64 = 250
    /// How many bytes of blocks recovery puts into the log between two syncs.
    package static let recoverySyncByteCount = 8 << 20
}
