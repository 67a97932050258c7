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
    /// The most lanes that a cut names, and of them of one owner: its newest, and older ones with batches left.
    package static let cutLanesMax = 2048
    package static let cutLanesPerOwnerMax = 8
    /// A proposer names no further lane once a cut is so long.
    package static let cutByteCountMax = 4 << 20
    /// How many lanes of an owner are open beside those of a decision: each start of a node begins one.
    package static let frontierLanesPerOwnerMax = 8
    /// The most lanes of a frontier.
    package static let frontierLanesMax = 1 << 16
    /// The most lanes of one owner with batches that are not ordered.
    package static let openLanesPerOwnerMax = 64
    /// The most unordered batches of one lane that are acknowledged.
    package static let unorderedBatchesPerLaneMax: UInt64 = 64
    /// The most messages of one peer whose signatures are being checked.
    package static let parkedMessagesPerPeerMax = 16
    /// The longest message.
    package static let messageByteCountMax = batchByteCountMax + (1 << 20)
    /// The most bytes of transactions that a cut carries in-line.
    package static let inLineByteCountMax: UInt64 = 128 << 10
    /// How many blocks' worth of transactions a decision takes at most, and a lane of it.
    package static let decisionBlocksMax: UInt64 = 4
    package static let laneBlocksMax: UInt64 = 1
    /// The most bytes of transactions in a decision, whatever its blocks may have: it is one message.
    package static let decisionByteCountMax: UInt64 = 32 << 20
    /// How many batches answer one request.
    package static let fetchedBatchesMax = 4
    /// How many requests of one peer are answered in a while.
    package static let answeredFetchesMax = 128
    /// For how many decisions ahead of the first that lacks batches those are fetched, too.
    package static let fetchAheadDecisionsMax = 4

    // MARK: Times

    /// How often it is seen to what is late.
    package static let tickMilliseconds: UInt64 = 50
    /// After so long an owner sends a batch again to those who have not acknowledged it, and twice as long each time.
    package static let resendMilliseconds: UInt64 = 500
    package static let resendMillisecondsMax: UInt64 = 5_000
    /// After so long another holder is asked for a batch.
    package static let fetchMilliseconds: UInt64 = 300
    /// After so long a leader is told again of a tip, and so long after the first time it is suspected.
    package static let tellMilliseconds: UInt64 = 250
    package static let suspectMilliseconds: UInt64 = 2_000
    /// After so long without a certificate the next orderer checks a batch that others were drawn to check.
    package static let stepInMilliseconds: UInt64 = 150

    // MARK: What voters refuse

    /// How far ahead of a voter's clock, and behind it, a fresh proposal's reading may be.
    package static let readingAheadMillisecondsMax: UInt64 = 2_000
    package static let readingBehindMillisecondsMax: UInt64 = 30_000
    /// A proposal so many decisions after the one with which its leader took note of a tip covers it.
    package static let fairnessDecisionsMax: UInt64 = 3
    /// How far ahead of a node's decisions a leader's proposals are at most when it says how far they are.
    package static let notedAheadDecisionsMax: UInt64 = 8
    /// One of so many batches that others vouch for is checked all the same.
    package static let auditedShare: UInt64 = 16
    /// Who was missing in so many certificates in a row that it was drawn for is not waited for.
    package static let silentCertificatesMax: UInt8 = 3
}
