package import Consensus
package import Contracts
package import Cryptography
package import Dissemination
package import Ledger
package import Primitives

/// What a replica on a network begins with.
package struct NetworkReplicaStart: Sendable {
    package let genesis: Genesis
    /// The epoch of the next decision, the last decision before it, and its own last one, if that is known.
    package let epoch: EpochConfiguration
    package let origin: UInt64
    package let end: UInt64?
    /// What transactions cost at least.
    package let gas: GasSchedule
    /// Whom this node may talk to, itself among them.
    package let directory: NodeDirectory
    /// This node's number there.
    package let own: UInt32
    /// Makes the engine of an epoch.
    package let engines: @Sendable (EpochConfiguration) -> any ConsensusEngine
    /// Where the executor stands: at the end of a decision that the decision log holds.
    package let head: Head
    /// What was executed up to there and has not expired.
    package let window: DuplicateWindow?
    /// The decision log's record of that decision; nil for the beginning.
    package let base: LoggedDecision?
    /// The decision log's records after it.
    package let further: [DecisionRecord]
    package let journal: JournalContents
    /// Secret, and another for each start.
    package let seed: UInt64
    /// What whoever runs the node was invited to: if the chain that it is shown enters another epoch of that number,
    /// retired keys have been misused, and it halts.
    package let invitation: Invitation?

    package init(
        genesis: Genesis, epoch: EpochConfiguration, origin: UInt64 = 0, end: UInt64? = nil, gas: GasSchedule,
        directory: NodeDirectory, own: UInt32,
        engines: @escaping @Sendable (EpochConfiguration) -> any ConsensusEngine,
        head: Head, window: DuplicateWindow?, base: LoggedDecision?, further: [DecisionRecord],
        journal: JournalContents, seed: UInt64, invitation: Invitation? = nil
    ) {
        self.genesis = genesis
        self.epoch = epoch
        self.origin = origin
        self.end = end
        self.gas = gas
        self.directory = directory
        self.own = own
        self.engines = engines
        self.head = head
        self.window = window
        self.base = base
        self.further = further
        self.journal = journal
        self.seed = seed
        self.invitation = invitation
    }
}

/// What waits in a replica.
package struct ReplicaBacklog: Hashable, Sendable {
    /// Transactions that no batch holds.
    package let mempool: Int
    /// Whether lanes have what must be ordered and is not decided.
    package let hasWork: Bool
    /// Decisions that are not in the logs.
    package let decisions: Int

    package static let none = ReplicaBacklog(mempool: 0, hasWork: false, decisions: 0)
}

/// How far a replica is behind what others have shown that there is.
package struct ReplicaLag: Hashable, Sendable {
    /// Whether it counts blocks, as whoever follows does, or decisions.
    package let countsBlocks: Bool
    /// The last one that is here, and the last one that is known of.
    package let last, known: UInt64

    package var count: UInt64 { known - last }

    init(countsBlocks: Bool, last: UInt64, known: UInt64) {
        (self.countsBlocks, self.last, self.known) = (countsBlocks, last, max(last, known))
    }
}

/// Names a request of a replica in the answer to it. A replica doesn't use a number twice in one life.
package struct WorkToken: Hashable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
}

package enum NetworkReplicaInput: Sendable {
    case start
    /// A message from another node of the directory, whose authorship the transport has checked.
    case message(from: UInt32, [UInt8])
    /// There is a new connection to a node: what was sent before may be lost.
    case connected(UInt32)
    /// A node's process has ended its connections: it is gone, or does not want to talk.
    case disconnected(UInt32)
    case timer(WorkToken)
    /// Everything up to this request is durable.
    case persisted(request: UInt64)
    case signed(WorkToken, Signature)
    case verified(WorkToken, [Bool])
    case submit([Submission])
    case executed(ExecutedDecision)
    /// The result of a block that was to be replayed.
    case replayed(ExecutedDecision)
    /// Blocks and record of all decisions up to this one are durable in their logs.
    case logged(decision: UInt64)
    /// All blocks up to this height are durable in the block log.
    case loggedBlocks(upTo: UInt64)
    /// An answer of so many bytes, none if there was nothing to say, was sent for a `serveDecisions`, `serveBlocks` or
    /// `serveJoiner`.
    case served(to: UInt32, byteCount: Int)
    /// Somebody wants to read what is decided by now. Answered by `readable`.
    case read(Ticket)
    /// From now on whatever is submitted is refused for this reason; nil takes that back.
    case refuse(Rejection?)
    /// The nodes are these now: those from before by their numbers, and perhaps further ones. This one's keys stay.
    case directory(NodeDirectory)
    /// From now on the engine is told of no executed decision, so that it comes to a stand; or, with false, it is again.
    case hold(Bool)
    /// Somebody waits for block time to pass the clock: if nothing is under way, and this node is the one to propose, an
    /// empty block is made.
    case passTime
}

package enum NetworkReplicaEffect: Sendable {
    /// To these nodes of the directory.
    case send(to: [UInt32], [UInt8])
    case setTimer(WorkToken, afterMilliseconds: UInt64)
    /// Make the records durable, in this order after all before, then give `persisted`.
    case persist(request: UInt64, [ReplicaRecord])
    /// Sign with this key of the node's.
    case sign(WorkToken, Digest, by: PublicKey)
    case verify(WorkToken, [SignatureCheck])
    /// The answer at the door.
    case answer(Ticket, [Rejection?])
    /// The answer to `read`: this decision is committed, and everything that anybody knew to be decided when it was asked
    /// is in the state after it. Nil if this node can't tell; the engine's leader may.
    case readable(Ticket, decision: UInt64?)
    /// In order of decisions.
    case execute(Decision)
    /// Execute a certified block that others have made, after all before; answered by `replayed`.
    case replay(Block, isLastOfEpoch: Bool)
    /// A block that others have made, executed with the certified result: to be put into the block log.
    case followed(CommittedBlock)
    /// Certified, and to be put into the logs; from now on it may be told.
    case committed(LoggedDecision, [CommittedBlock])
    /// A peer lacks decisions from this one on, which this node's decision log holds: send it some.
    case serveDecisions(to: UInt32, from: UInt64)
    /// A peer lacks blocks from this one on: send it some of the block log's.
    case serveBlocks(to: UInt32, from: UInt64)
    /// A peer lacks the certificate of this height, which this node's block log holds: send it that.
    case serveCertificate(to: UInt32, height: UInt64)
    /// Of somebody's deeds in an epoch.
    case evidence(ReplicaEvidence, epoch: UInt64)
    /// A message was not heeded, through a fault of who sent it.
    case refused(from: UInt32, MessageFault)
    /// A node takes an epoch for the present one that has ended: send it the certificate of that one's last block, which
    /// this node's block log holds.
    case serveEpochEnd(to: UInt32, epoch: UInt64)
    /// A node that joins asks for hand-overs, or for a snapshot with its blocks: `SnapshotShelf` has the answer.
    case serveJoiner(to: UInt32, ReplicaMessage)
    /// Another epoch has begun.
    case entered(EpochConfiguration)
    /// Those who order in this epoch hold all that was before it: who does not need not serve them any more.
    case isRelieved(epoch: UInt64)
    /// This node's disk is an old copy, as others have shown: it follows and signs nothing until it has a new key.
    case isOldCopy
    /// Nothing is taken in or given out any more.
    case halted(ReplicaHalt)
}

/// Proof that a node broke the rules, which anyone can check.
package enum ReplicaEvidence: Sendable {
    case engine([UInt8])
    case dissemination(DisseminationEvidence)
}

/// Why a replica stands still for good.
package enum ReplicaHalt: Error, Hashable, Sendable, CustomStringConvertible {
    /// More certifiers than can be faulty, or this node itself before a restart, have another result of a height.
    case diverged(height: UInt64, own: Digest, other: Digest)
    /// The chain has entered another epoch than the one that this node was invited to.
    case otherEpoch(number: UInt64, entered: Digest, invited: Digest)

    package var description: String {
        switch self {
        case .diverged(let height, let own, let other):
            "executing block \(height) gave \(own) here, and \(other) elsewhere: this node's state, disk or program is "
                + "not what it should be; compare versions, check the disk, and restore the node's folder from a peer"
        case .otherEpoch(let number, let entered, let invited):
            "the chain that was shown to this node has \(entered) as epoch \(number), and it was invited to \(invited): "
                + "keys of those who are gone are being misused, or the invitation is wrong; ask a member which one holds, "
                + "and join anew with an empty folder"
        }
    }
}

/// A bug that a test puts into a replica, to see that it is found. Nothing but tests names one.
package enum ReplicaPlant: String, Sendable, CaseIterable {
    /// What was signed is not known after a restart.
    case signsResultsAgain
    /// One signature less than a quorum certifies a block.
    case certifiesTooEarly
    /// Signatures under results are not looked at.
    case trustsResults
    /// After a restart this node's lane goes by the same name as before.
    case keepsIncarnation
    /// What others show of later lives is not heeded: what liars do, too.
    case trustsOldCopy
    /// The end that execution names for an epoch is passed over.
    case ignoresEnd
    /// The next epoch begins before the last block of this one is certified.
    case entersBeforeCertified
    /// Those who certified first do so for ever.
    case keepsCertifiers
    /// Blocks from peers are believed as they are.
    case trustsBlocks
    /// Each epoch that is gone through counts as a start, heard of or not.
    case raisesUnheard
    /// An old copy that was found out is so for the epoch only.
    case remembersKeys
    /// Who lacks blocks asks one peer at a time, and waits for who is silent as long as it could leave it alone.
    case waitsForSilentPeers
}
