/// The limits of the node's shell.
package enum NodeLimits {
    /// The most places in the ledger that one look-up reads. Whoever wants more goes on from where it ended.
    package static let lookUpPlacesMax = 1000
    /// The most bytes of transactions, receipts and writes that one look-up gathers, one transaction beyond it aside.
    package static let lookUpByteCountMax = 8 << 20
    /// The most messages that wait for a thread of the node. What its threads send each other is bounded by the
    /// engine's window, the open questions and the clients' part, together far below.
    package static let threadMessagesMax = 1 << 20
    /// The most messages of clients that wait for a thread; more are refused.
    package static let clientMessagesMax = 1 << 17
    /// The most questions that wait for the executor, for a height, or for a reader.
    package static let questionsMax = 4096
    /// The most questions about earlier heights that wait: each may take long.
    package static let earlierQuestionsMax = 64
    /// The most checkpoints that a node may keep.
    package static let keptCheckpointsMax = 1024
    /// So many blocks before a checkpoint, or this part of the interval if that is less, no flush is begun that can
    /// wait: else the checkpoint would have to wait for it.
    package static let quietBlocksBeforeCheckpoint: UInt64 = 32
    package static let quietIntervalDivisor: UInt64 = 8
    /// How long the executor answers questions before it looks for decisions again.
    package static let questionSliceMilliseconds: UInt64 = 10
    /// How many pages of the state tree, about, are set apart for a flush after one decision.
    package static let frozenPagesTogetherMax = 8192
    /// The most clients that wait for receipts.
    package static let waitersMax = 50_000
    /// How long a client may wait for a receipt in one request.
    package static let receiptWaitMillisecondsMax: UInt64 = 60_000
    /// The most bytes of committed blocks that are kept in memory for readers, at least one block.
    package static let recentByteCountMax = 32 << 20
    /// The most committed blocks that are kept in memory for readers.
    package static let recentBlocksMax = 256
    /// How many bytes of blocks may wait before the block log is synced.
    package static let unsyncedLogByteCountMax = 8 << 20
    /// How many decisions may wait before the logs are synced, and for how long where nothing follows. The engine does
    /// not run further ahead of the logs than `ReplicaLimits.unloggedDecisionsMax`.
    package static let unsyncedDecisionsMax = 16
    package static let archiveSyncMilliseconds: UInt64 = 100
    /// How many bytes of committed blocks may wait for the block log before nothing more is ordered.
    package static let unloggedByteCountMax = 64 << 20
    /// With less room than this on a disk, unless its configuration says otherwise, a node takes no transactions.
    package static let minimumFreeByteCount = 512 << 20
    /// How many bytes of room are set aside for each byte of a transaction that waits: one for the journal, two for the
    /// log with its receipt, one for what it changes.
    package static let roomFactor = 4
    /// How often the room on the disks is measured.
    package static let roomMeasureMilliseconds: UInt64 = 250
    /// How long a write that found no room waits before it is tried again.
    package static let roomRetryMilliseconds: UInt64 = 100
    /// RocksDB takes nothing after a full disk until its write buffer's size is free: this part of the minimum.
    package static let roomWriteBufferDivisor = 4
    /// How often the node looks at its clock without other work.
    package static let tickMilliseconds: UInt64 = 50
    /// How often the flusher looks whether the blocks of its batch are in the log.
    package static let flushPollMilliseconds: UInt64 = 5
    /// How many threads check signatures.
    package static let verifierThreads = 2
    /// How many messages of peers, and how many bytes of them, wait for the replica in all: what is more is dropped.
    package static let peerMessagesMax = 1 << 17
    package static let peerMessagesByteCountMax = 512 << 20
    /// What waits of one peer is at most this part of what is still free for all: one that floods gets a third, two get a
    /// quarter each, and however many they are there is room for the others.
    package static let peerMessagesFreeDivisor = 2
    /// How many certificates that peers ask for wait to be read: more are not answered.
    package static let servedCertificatesMax = 256
    /// How often those who are connected are judged once more, and those who have left are let go of.
    package static let rosterLookMilliseconds: UInt64 = 5_000
    /// For so many times as long as a snapshot took to cut no other is, unless an epoch ends or begins.
    package static let snapshotPauseFactor: UInt64 = 20
    /// How often a node that joins says how far it is.
    package static let joiningNoticeMilliseconds: UInt64 = 1000
    /// How many transactions are followed at a time to find out what takes how long, and when one counts as lost.
    package static let followedTransactionsMax = 64
    package static let followedTransactionMilliseconds: UInt64 = 60_000
    /// How often a node that is behind its chain says how far it is, and from how far behind on.
    package static let catchingUpNoticeMilliseconds: UInt64 = 1000
    package static let catchingUpNoticeMin: UInt64 = 32
    /// How far this machine's clock and the blocks' time may be apart, for how long they must be so, and how often it is
    /// said: others vote for no block that is so far behind their clocks
    /// (`DisseminationLimits.readingBehindMillisecondsMax`).
    package static let clockDifferenceMilliseconds: UInt64 = 30_000
    package static let clockLookMilliseconds: UInt64 = 3_000
    package static let clockNoticePauseMilliseconds: UInt64 = 600_000
    /// How many inputs wait while the journal is being made shorter.
    package static let deferredInputsMax = 1 << 16
    /// For how long a node that has left its chain is still told so.
    package static let leaverMilliseconds: UInt64 = 20_000
    /// For how long an expired certificate of a listed node is still good.
    package static let expiredCertificateGraceMilliseconds: UInt64 = 7 * 86_400_000
    /// How long before its beginning one is good: clocks differ.
    package static let earlyCertificateGraceMilliseconds: UInt64 = 86_400_000
    /// How long before its end a certificate is warned of, and how often.
    package static let certificateWarningMilliseconds: UInt64 = 30 * 86_400_000
    package static let certificateWarningPauseMilliseconds: UInt64 = 86_400_000
    /// How long, and how often, a node alone looks at its start whether what was decided before is in blocks again.
    package static let settlePollMilliseconds = 2
    package static let settlePollsMax = 5000
    /// How long a stopping node tries to bring to an end what it has taken.
    package static let drainMillisecondsMax: UInt64 = 10_000
    /// The most gas that a question to a contract may use.
    package static let questionGasMax: UInt64 = 50_000_000
}
