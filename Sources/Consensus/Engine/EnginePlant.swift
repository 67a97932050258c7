/// A bug that a test puts into an engine, to see that it is found. Nothing but tests names one.
package enum EnginePlant: String, Sendable, CaseIterable {
    /// An orderer forgets that it has voted in a view as soon as it has.
    case votesTwiceInView
    /// What an orderer was locked on is not there after a restart.
    case forgetsLockOnRestart
    /// Nor anything else that it has promised.
    case forgetsRecordsOnRestart
    /// Votes are sent before they are durable.
    case skipsSyncBeforeVote
    /// One vote less than a quorum makes a certificate.
    case acceptsTooFewVotes
    /// Who votes twice is counted twice.
    case countsSignerTwice
    /// A quorum is 2f+1 whatever the number of orderers is.
    case quorumOfTwoFPlusOne
    /// A lock keeps nobody from voting for something else.
    case ignoresLock
    /// The window of decisions that are not executed yet has no end.
    case votesBeforeGate
    /// The window is one decision too long.
    case gateOffByOne
    /// PBFT: what a leader says that others have reported is believed.
    case skipsNewViewProof
    /// PBFT: what was prepared is left out when a view changes.
    case losesPrepared
    /// Signatures in certificates are not looked at.
    case trustsCertificates
    /// What a leader proposes is not judged.
    case skipsValidation
    /// Raft: what term it is in, and whom it has voted for, an orderer does not know after a restart.
    case forgetsTermOnRestart
    /// Raft: a line of an earlier term counts as committed once a quorum has it (section 5.4.2, figure 8).
    case commitsOldTermEntry
    /// Raft: whoever asks gets a vote, however short its log is.
    case electsWithoutLogCheck
    /// Raft: lines and votes are told of before they are durable.
    case acksBeforeSync
    /// Raft: a leader answers readers without asking whether it still leads.
    case readsWithoutRound
    /// A leader proposes its own block, whatever the others are locked on: what liars do.
    case proposesAnew
}
