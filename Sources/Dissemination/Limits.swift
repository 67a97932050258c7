/// The limits of dissemination.
package enum DisseminationLimits {
    /// The most transactions that wait to be put into a batch, and their bytes.
    package static let mempoolTransactionsMax = 200_000
    package static let mempoolByteCountMax = 256 << 20
    /// The most of them of one sender.
    package static let transactionsPerSenderMax = 20_000
    /// The most transactions of a batch, and their bytes.
    package static let batchTransactionsMax = 10_000
    package static let batchByteCountMax = 4 << 20
    /// The most lanes that a cut names: each orderer's newest, and older ones with batches left.
    package static let cutLanesMax = 2048
    /// The most unordered batches of one lane.
    package static let unorderedBatchesPerLaneMax: UInt64 = 64
}
