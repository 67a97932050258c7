package import Consensus
package import Cryptography
package import Ledger
package import Primitives

/// What a node begins to join with.
package struct JoinerStart: Sendable {
    package let genesis: Genesis
    /// Nil for a node that believes those of the first epoch.
    package let invitation: Invitation?
    /// How many nodes the directory has, and which of them this one is.
    package let nodeCount: Int
    package let own: UInt32
    /// Only snapshots above this height are of use: what the node's own disk has, or had.
    package let above: UInt64
    /// How many bytes of hand-overs it takes in.
    package let provenByteCountMax: Int

    package init(
        genesis: Genesis, invitation: Invitation?, nodeCount: Int, own: UInt32, above: UInt64 = 0,
        provenByteCountMax: Int = ReplicaLimits.provenHandOversByteCountMax
    ) {
        self.genesis = genesis
        self.invitation = invitation
        self.nodeCount = nodeCount
        self.own = own
        self.above = above
        self.provenByteCountMax = provenByteCountMax
    }
}

package enum JoinerInput: Sendable {
    /// A message from another node of the directory, whose authorship the transport has checked.
    case message(from: UInt32, [UInt8])
    /// There is a new connection to a node: what it was asked before may be lost.
    case connected(UInt32)
    /// A node is not there any more.
    case disconnected(UInt32)
    case verified(WorkToken, [Bool])
    /// What `begin` asked for is done: which chunks are there already.
    case begun(attempt: UInt64, isComplete: [Bool])
    /// A chunk that was given by `store` was taken in.
    case stored(attempt: UInt64)
    /// The blocks that were given by `keep` were taken in.
    case kept(attempt: UInt64)
    /// What the restored state says of an epoch that has begun; nil if it holds none.
    case epoch(attempt: UInt64, UInt64, EpochConfiguration?)
    /// Time passes: at least every `ReplicaLimits.tickMilliseconds`. The first one begins it.
    case tick
}

/// What a `Joiner` wants done, in this order. An attempt is one at one state: whatever names an earlier one than the last
/// `begin` is to be let go of.
package enum JoinerEffect: Sendable {
    case send(to: UInt32, [UInt8])
    case verify(WorkToken, [SignatureCheck])
    /// To restore this state, which is certified, in chunks of this manifest, which is checked; or to go on so. Answered
    /// by `begun`.
    case begin(attempt: UInt64, ResultStatement, SnapshotManifest)
    /// Answered by `stored`.
    case store(attempt: UInt64, VerifiedChunk)
    /// Blocks before the state, each the one before the one before, from the state's own on. Answered by `kept`.
    case keep(attempt: UInt64, [CommittedBlock])
    /// All chunks are stored. What does the state hold of this epoch? Answered by `epoch`.
    case readEpoch(attempt: UInt64, UInt64)
    /// A peer gave what nobody honest gives. It is asked no more.
    case refused(UInt32, JoinerFault)
    /// Nothing is taken in or given out any more.
    case ended(JoinerOutcome)
}

/// What is wrong with what a peer gave.
package enum JoinerFault: Error, Hashable, Sendable {
    case message(MessageFault)
    case malformed(CodingError)
    case proof(ProofError)
    case snapshot(SnapshotFault)
    case tail(SnapshotTailFault)
    /// The configuration of this epoch is another.
    case otherEpoch(UInt64)
    /// The certificate of the certified block itself states something else.
    case otherStatement(height: UInt64)
}

extension JoinerFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .message(let fault): "its message is refused: \(fault)"
        case .malformed(let error): "a block does not decode: \(error)"
        case .proof(let error): "\(error)"
        case .snapshot(let fault): "\(fault)"
        case .tail(let fault): "\(fault)"
        case .otherEpoch(let number): "epoch \(number) is another one than it says"
        case .otherStatement(let height): "block \(height) comes with another result than the certified one"
        }
    }
}

/// How joining ends.
package enum JoinerOutcome: Sendable {
    /// All is there that was restored and kept.
    case restored(JoinedState)
    /// Nobody has a snapshot: the node begins with the genesis, executes, and follows certified blocks. It must compare
    /// these epochs, which are proven, with those that it enters by their numbers: where one differs, those who signed
    /// it are not those it was invited by.
    case followFromGenesis(epochs: [EpochConfiguration])
    case failed(JoinerFailure)
}

/// The state that a node begins with.
package struct JoinedState: Sendable {
    /// Of the state's block.
    package let certificate: BlockCertificate
    package let head: Head
    /// Those that are proven, ascending: the state's own among them.
    package let epochs: [EpochConfiguration]
    /// What proves all of them but the first.
    package let handOvers: [HandOver]

    package var statement: ResultStatement { certificate.statement }
}

/// Why a node can't join.
package enum JoinerFailure: Error, Hashable, Sendable {
    /// A quorum of this epoch has signed two different ends of it: by their successors' digests, or where these are the
    /// same by the digests of what was signed.
    case contradictoryHandOvers(epoch: UInt64, Digest, Digest)
    /// A quorum of the newest epoch that anybody shows has signed two results of one height.
    case contradictoryResults(height: UInt64, Digest, Digest)
    /// More hand-overs were proven than a newcomer takes in.
    case tooManyHandOvers(epoch: UInt64)
    /// The invitation names an epoch by a number that it does not have.
    case wrongInvitation(epoch: UInt64)
    case epochNotAllowed(GenesisError)
    /// A block is of an epoch that the state should hold, and does not.
    case unknownEpoch(UInt64)
}

extension JoinerFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .contradictoryHandOvers(let epoch, let first, let second):
            "those who certified in epoch \(epoch) have signed two ends of it, \(first) and \(second): their old keys are "
                + "being misused; ask somebody you trust for a newer invitation"
        case .contradictoryResults(let height, let first, let second):
            "those who certify now, or have until lately, have signed two results of block \(height), \(first) and "
                + "\(second): the chain has been forked, or their old keys are being misused; ask its members which one "
                + "holds, and for an invitation to that"
        case .tooManyHandOvers(let epoch):
            "from the epoch that is believed to epoch \(epoch) it is further than a newcomer goes, or old keys are being "
                + "misused; ask somebody you trust for a newer invitation"
        case .wrongInvitation(let epoch):
            "the invitation's digest is that of an epoch with another number than \(epoch); ask for a right invitation"
        case .epochNotAllowed(let error): "the invitation is to an epoch that this chain can't have: \(error)"
        case .unknownEpoch(let epoch):
            "the state that was restored does not know epoch \(epoch), of which blocks before it are; use a newer program"
        }
    }
}

/// How far joining has come, for the person who waits for it.
package struct JoinerStatus: Hashable, Sendable {
    package enum Stage: String, Sendable {
        /// Finding out who certifies now.
        case epochs
        /// Finding out who has a snapshot.
        case offers
        case chunks
        case tail
        case ended
    }

    package let stage: Stage
    /// The newest one that is proven; nil as long as nobody knows the one of the invitation.
    package let epoch: UInt64?
    /// Of the state that is restored.
    package let height: UInt64?
    /// Of chunks; nil as long as it is not known how many there are.
    package let chunks: Progress?
    /// How many blocks before the state came.
    package let tailBlockCount: Int
    /// How many peers have answered anything, and how many have lied.
    package let peerCount: Int
    package let liarCount: Int

    package struct Progress: Hashable, Sendable {
        package let complete: Int
        package let all: Int
    }
}

/// A bug that a test puts into a joiner, to see that it is found. Nothing but tests names one.
package enum JoinerPlant: String, Sendable, CaseIterable {
    /// The signatures of a snapshot's certificate are not looked at.
    case believesUncertifiedSnapshot
    /// It ends with the state's own block, without those that reach into its duplicates' window.
    case forgetsWindow
    /// It begins with the first epoch, whatever the invitation.
    case ignoresInvitation
    /// A snapshot is believed that was certified in whatever epoch.
    case believesOldEpoch
}
