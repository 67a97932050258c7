/// The limits of the consensus engines.
package enum ConsensusLimits {
    // MARK: All engines

    /// The longest value of a decision, in bytes.
    package static let valueByteCountMax = 8 << 20
    /// The longest message between orderers, in bytes: a value with certificates.
    package static let messageByteCountMax = valueByteCountMax + (1 << 20)
    /// The longest signed vote of an engine, in bytes.
    package static let heldVoteByteCountMax = 256
    /// How many decisions may be on their way between being voted for and being executed: a validator votes for
    /// decision d only after it has executed d - L.
    package static let executionLagDecisions: UInt64 = 8
    /// How many decisions ahead of what it has executed an engine gives out that others have made without it: a node that
    /// is slow need not hold them all.
    package static let decidedAheadMax: UInt64 = 64

    /// For how long a peer's requests are counted together.
    package static let answerBudgetMilliseconds: UInt64 = 200
    /// The highest view, term, index or decision that anybody may speak of: whatever is counted up from there does not
    /// overflow.
    package static let numberMax: UInt64 = 1 << 62

    // MARK: Engines with votes

    /// The most decided blocks that are kept for those who ask for them as blocks.
    package static let recentBlocksMax = 4
    /// The most messages of one peer whose signatures are being checked.
    package static let parkedMessagesPerPeerMax = 4
    /// For so many decisions an orderer remembers whose views have failed.
    package static let failureMemoryDecisions: UInt64 = 1000
    /// Over how many decisions the speed of a leader is measured.
    package static let measuredDecisions: UInt64 = 16
    /// How many times the time of the best other leader is slow.
    package static let slownessFactor: UInt64 = 4
    /// After how many requests for a block in vain decisions are fetched instead.
    package static let blockRequestsMax = 4
    /// How many requests for blocks of one peer are answered in a while.
    package static let blockAnswersMax = 32

    // MARK: FBFT

    /// How many of the last certificates are remembered, so that no certificate is checked twice.
    package static let fbftKnownCertificatesMax = 8
    /// The most undecided blocks that an orderer holds: what it has voted for, is locked on, was proposed last, and the
    /// parents of these.
    package static let fbftHeldBlocksMax = 8

    // MARK: PBFT

    /// How many decisions beyond the last one a leader has on their way: no more than may be voted for (the execution
    /// lag).
    package static let pbftWindowDecisions = Int(executionLagDecisions)
    /// How many decisions beyond the last one an orderer takes votes and certificates for: others may be that much
    /// further.
    package static let pbftSlotsMax = 2 * pbftWindowDecisions
    /// The most undecided blocks that an orderer holds: of this view, and of those before that may be voted for again.
    package static let pbftHeldBlocksMax = 2 * pbftSlotsMax + 8
    package static let pbftKnownCertificatesMax = 4 * pbftSlotsMax
    /// How many pairs of votes of one orderer that contradict each other are checked in a view.
    package static let pbftAccusationsPerViewMax = 4

    // MARK: Raft

    /// What doubling the election's timeout ends at.
    package static let raftElectionMillisecondsMax: UInt64 = 10_000
    /// The most lines that a log holds in memory.
    package static let raftLogEntriesMax = 4096
    /// The most questions for reading that wait for a round of messages.
    package static let raftReadsMax = 10_000
    /// How many lines that are executed are kept for those who are behind.
    package static let raftKeptEntries = 64
    /// The most lines of one message, and their bytes, unless one alone has more.
    package static let raftEntriesPerMessageMax = 64
    package static let raftMessageEntriesByteCountMax = 1 << 20
    /// The most lines on their way to one orderer that it has not said that it has.
    package static let raftInFlightEntriesMax: UInt64 = 256
}
