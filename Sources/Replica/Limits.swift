internal import Ledger
internal import Primitives

/// The limits of one group's replica.
package enum ReplicaLimits {
    /// For how many rows of the index room is made for each transaction of a block.
    package static let expectedRowsPerTransaction = 8
    /// The most transactions whose signatures are being checked.
    package static let verifyingTransactionsMax = 100_000
    /// The most decoded pages of the state tree in memory.
    package static let cachedTreePagesMax = 64_000
    /// How many tree pages are coded before they are stored: few enough that their bytes are still in the processor's
    /// cache then.
    package static let frozenPagesTogetherMax = 512
    /// The most states of earlier heights that are open for questions.
    package static let openEarlierStatesMax = 4
    /// A checkpoint is made in recovery only if so many times the bytes that are to be flushed are free, or of these if
    /// they are fewer.
    package static let checkpointRoomFactor = 4
    package static let checkpointRoomByteCountMin = 16 << 20
    /// The most blocks whose writes are added to a checkpoint to give the state of a later height.
    package static let earlierBlocksMax: UInt64 = 4096
    /// The most writes that are added to a checkpoint. With the pages of the tree that they change, by
    /// `keptTreePageByteCount`, and their values they take up to about 100 MiB of memory for each state that is open.
    package static let earlierWritesMax = 1 << 16
    /// The most bytes of transactions in the blocks that are read for it, whatever they wrote.
    package static let earlierReadByteCountMax = 64 << 20
    /// The most bytes of values that are added to a checkpoint.
    package static let earlierByteCountMax = 16 << 20
    /// The most decoded pages of an earlier state's tree that are kept besides those that its writes changed.
    package static let earlierTreePagesMax = 4000
    /// As how many bytes a changed page counts that the tree keeps until the next flush: about what a page with nine
    /// leaves takes in memory.
    package static let keptTreePageByteCount = 1200
    /// How fine the expiries are told apart that clients wait for, so that there are few of them, and
    /// few empty blocks for their sake.
    package static let awaitedExpiryStepMilliseconds: UInt64 = 250

    // MARK: On a network

    /// How far ahead of what this node has certified others' results are kept.
    package static let resultHeightsAheadMax: UInt64 = 256
    /// With so many decisions between decided and the logs no more are taken from peers.
    package static let decisionsInFlightMax = 128
    /// So many decisions after the last one in the logs count as executed for the engine: where disks are slow it waits.
    package static let unloggedDecisionsMax: UInt64 = 64
    /// How many decisions of a peer are kept until their turn comes, and how many one answer holds.
    package static let arrivedDecisionsMax: UInt64 = 64
    /// The most bytes of them; the next one is kept in any case.
    package static let arrivedByteCountMax = 128 << 20
    package static let servedDecisionsMax = 16
    /// For how many of the first uncertified heights a node says its result again.
    package static let repeatedResultsMax = 16
    /// The most batches that a decision orders, or leaves behind.
    package static let decisionBatchesMax = 1 << 16
    /// The longest message: a block with its receipts and certificate, or a decision with its batches and certificates.
    package static let messageByteCountMax = 128 << 20
    /// The most questions for reading that wait for a decision to be committed.
    package static let waitingReadsMax = 10_000
    /// A node's announcements of starts are heeded no more often than this.
    package static let startPauseMilliseconds: UInt64 = 100
    /// How many requests for decisions, and for blocks, of one peer are answered in a while (`AnswerBudget`).
    package static let answeredFetchesMax = 64
    package static let answeredBlockFetchesMax = 32
    /// Of those who join: many enough for chunks one after another.
    package static let answeredJoinerFetchesMax = 64
    /// How many bytes of such answers one peer is given for each tick, and how many answers may be on their way to it.
    package static let answeredByteCountMax = 16 << 20
    package static let openAnswersMax = 16
    /// How often it is seen to what is late, and after how long something is.
    package static let tickMilliseconds: UInt64 = 200
    package static let lateMilliseconds: UInt64 = 600

    // MARK: Synchronisation

    /// How many blocks an answer holds, and how many bytes of them, unless the first alone has more.
    package static let servedBlocksMax = 16
    package static let servedBlocksByteCountMax = 4 << 20
    /// How far ahead of the next block to be executed blocks are fetched, and how far ahead of execution they are given
    /// to it.
    package static let synchronisedAheadMax: UInt64 = 256
    package static let replayedAheadMax: UInt64 = 32
    /// How far ahead of the log: where disks are slow execution waits.
    package static let unloggedBlocksMax: UInt64 = 128
    /// How often a peer that has nothing new is asked.
    package static let pollMilliseconds: UInt64 = 500
    /// For how long a peer that does not answer is left alone, at first and at most.
    package static let silentPeerMilliseconds: UInt64 = 1000
    package static let silentPeerMillisecondsMax: UInt64 = 30_000

    // MARK: On disk

    /// How many plain bytes of entries a chunk of a block's record holds at most, unless one entry alone is longer:
    /// what is decompressed to read one. Readers take any.
    package static let recordChunkByteCount = 32 << 10
    /// How much of a block's record is read at first: enough for the head of a block with few certifiers.
    package static let recordFrontByteCount = 4 << 10
    /// The longest header and certificate together.
    package static let recordHeadByteCountMax = 128 << 10

    // MARK: Snapshots

    /// From how many bytes of pairs on a subtree is cut into its halves, if it has more than one pair.
    package static let snapshotChunkByteCount = 256 << 10
    /// The longest pair: a key and a value with their lengths.
    package static let snapshotPairByteCountMax =
        2 + LedgerLimits.wholeStateKeyByteCountMax + 3 + LedgerLimits.stateValueByteCountMax
    /// The shortest: a key that is an address, and no byte of a value.
    package static let snapshotPairByteCountMin = 1 + Address.byteCount + 1
    /// What stands before a chunk's pairs: version, height, number, and how many there are.
    package static let snapshotChunkHeadByteCountMax = 1 + 8 + 4 + 5
    /// The longest chunk: either it is not cut because it is short enough, or because it is one pair.
    package static let snapshotChunkByteCountMax =
        snapshotChunkHeadByteCountMax + max(snapshotChunkByteCount, snapshotPairByteCountMax)
    /// The most chunks of a snapshot: of a state of at least 128 GiB.
    package static let snapshotChunksMax = 1 << 20
    /// How many bytes of pairs, with their leaves, are sorted in memory when a snapshot is cut.
    package static let snapshotRunByteCount = 32 << 20
    /// How much of each sorted run is read at once when they are merged, and how much of the chunks is written.
    package static let snapshotReadByteCount = 64 << 10
    package static let snapshotWriteByteCount = 1 << 20
    /// After so many pairs it is asked whether cutting is to stop.
    package static let snapshotPairsTogetherMax = 1000
    /// From how many bytes of chunks on they are written into the store together.
    package static let restoredByteCount = 32 << 20
    /// How many keys of an old state are removed together.
    package static let clearedKeysTogetherMax = 1 << 16
    /// The most decoded pages of the tree that is restored.
    package static let restoredTreePagesMax = 16_000
    /// The most peers that are asked for a snapshot.
    package static let snapshotPeersMax = LedgerLimits.validatorsMax
    /// How many chunks one peer is asked for at once.
    package static let snapshotRequestsPerPeerMax = 4
    /// How many chunks all are asked for at once, with those that came and are not taken in.
    package static let snapshotRequestsMax = 32
    /// When a chunk is late: others are asked for it.
    package static let snapshotLateMilliseconds: UInt64 = 5000
    /// When a manifest is late.
    package static let snapshotManifestLateMilliseconds: UInt64 = 20_000
    /// How often the time doubles that a silent peer may take.
    package static let snapshotPatienceDoublingsMax: UInt64 = 8
    /// After so long without a chunk, and after so long in all, those have their turn who have cut the state otherwise.
    /// Both times double with each turn.
    package static let snapshotStallMilliseconds: UInt64 = 30_000
    package static let snapshotTurnMilliseconds: UInt64 = 60_000
    package static let snapshotTurnDoublingsMax: UInt64 = 16
    /// The longest manifest: version, height, how many chunks, and of each depth and digest.
    package static let snapshotManifestByteCountMax = 1 + 8 + 5 + snapshotChunksMax * (1 + Digest.byteCount)

    // MARK: Joining

    /// How many hand-overs an answer holds, and how many bytes of them, unless the first alone has more.
    package static let servedHandOversMax = 64
    package static let servedHandOversByteCountMax = 4 << 20
    /// The shortest one: a statement, a rule and a configuration of one key each.
    package static let handOverByteCountMin = 200
    /// How many hand-overs, and how many bytes of them, prove a newcomer the way from its invitation, and are kept: one a
    /// day of ten validators for more than a hundred years. Old keys could make any number.
    package static let provenHandOversMax = 1 << 16
    package static let provenHandOversByteCountMax = 64 << 20
    /// How many blocks of a tail an answer holds; of their bytes, `servedBlocksByteCountMax`.
    package static let servedTailBlocksMax = 64
    /// How many bytes of answers for those who join a node bears of each peer once it has joined, and what the shortest
    /// counts as.
    package static let lateAnswersByteCountMax = 64 << 20
    package static let lateAnswerByteCountMin = 64 << 10
    /// How many peers are asked for hand-overs at once.
    package static let joinerAskedTogetherMax = 8
    /// When an answer about epochs, offers or a tail is late.
    package static let joinerLateMilliseconds: UInt64 = 3000
    /// For how long a peer that was late is left alone, at first and at most.
    package static let joinerPauseMilliseconds: UInt64 = 2000
    package static let joinerPauseMillisecondsMax: UInt64 = 60_000
    /// How long offers are waited for once there is one that can be believed, unless all have answered.
    package static let joinerOffersMilliseconds: UInt64 = 2000
    /// How often peers are asked again what they offer, and whether there is another epoch.
    package static let joinerPollMilliseconds: UInt64 = 10_000
    /// The same for those whose newest snapshot is of an epoch that has ended.
    package static let joinerOldOfferMilliseconds: UInt64 = 1000
    /// How often an offer of a peer is heeded that it was not asked for.
    package static let joinerOfferPauseMilliseconds: UInt64 = 500
    /// For how long a snapshot is waited for where peers have none.
    package static let joinerNothingMilliseconds: UInt64 = 30_000
    /// After so long without progress, and after so long in all, another height has its turn. Both times double with
    /// each turn that came to nothing. Longer than a manifest's turn.
    package static let joinerStallMilliseconds: UInt64 = 2 * snapshotStallMilliseconds
    package static let joinerTurnMilliseconds: UInt64 = 600_000
    package static let joinerTurnDoublingsMax: UInt64 = 12
    /// How many bytes of a tail's blocks are copied into the log between two syncs.
    package static let tailSyncByteCount = 8 << 20
    /// How many snapshots a node keeps for others.
    package static let keptSnapshotsMax = 2
}
