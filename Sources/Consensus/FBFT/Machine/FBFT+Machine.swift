internal import Cryptography
internal import Primitives

extension FBFT {
    /// An orderer between its start and its end.
    struct Machine: EngineMachine {
        let terms: OrdererTerms
        var now = Instant(nanoseconds: 0)
        var effects: [EngineEffect] = []
        var awaited = AwaitedAnswers<Awaited>()

        // MARK: Decisions

        var decided: UInt64
        /// The identity of the last decision's block.
        var decidedBlock: Digest
        var decidedProof: Proof?
        /// Invariant: what is voted for is at most the gate above it.
        var executed: UInt64
        /// The epoch's last decision.
        var last: UInt64

        // MARK: Knowledge, all of it proven

        /// The highest prepare certificate: what the orderer is locked on.
        var lock: VoteCertificate?
        /// A commit certificate above the last decision.
        var commit: VoteCertificate?
        /// A proof above the last decision.
        var foreignProof: Proof?
        var known = KnownCertificates(countMax: ConsensusLimits.fbftKnownCertificatesMax)
        var blocks: HeldBlocks
        /// A block that is missing, and whom to ask.
        var wanted: WantedBlock?
        /// Up to where decisions were asked for.
        var neededUpTo: UInt64 = 0

        // MARK: The view

        var view: UInt64 = 0
        /// The highest view of the records that were there at the start: nothing is proposed in views up to it.
        let recordedView: UInt64?
        /// The last prepare vote; there is none above it in its view.
        var lastVote: ConsensusVote?
        /// The last commit vote.
        var lastCommitVote: ConsensusVote?
        /// What the view's leader proposed above the last decision, ascending; at most two.
        var proposals: [Proposed] = []
        /// A prepare certificate that the leader asked to commit.
        var closing: VoteCertificate?
        /// What the leader of the view does, if it is this node.
        var leadership: Leadership?
        /// Whether work was reported that has not been ordered, as far as is known.
        var hasWork = false
        var hasOffer = false
        var pace: Pace
        /// By peer, how many messages wait for their signatures to be checked.
        var parkedCounts: [Int]
        /// By peer, how many of its requests for blocks are answered.
        var budgets: [AnswerBudget]

        /// By orderer, the last vote that came from it.
        var heldVotes: [SignedVote?]

        /// By orderer, its newest report for a view that this node has not entered.
        var earlyReports: [NewView?]

        init(_ start: EngineStart, _ configuration: ViewConfiguration, _ plant: EnginePlant?) {
            terms = OrdererTerms(start, configuration, plant)
            decided = start.lastDecision
            executed = min(start.lastExecuted, start.lastDecision)
            last = start.end ?? .max
            blocks = HeldBlocks(
                context: start.context, suite: start.suite, openMax: ConsensusLimits.fbftHeldBlocksMax)
            pace = Pace(count: terms.count)
            parkedCounts = Array(repeating: 0, count: terms.count)
            budgets = Array(repeating: AnswerBudget(countMax: ConsensusLimits.blockAnswersMax), count: terms.count)
            heldVotes = Array(repeating: nil, count: terms.count)
            earlyReports = Array(repeating: nil, count: terms.count)
            let records = (plant == .forgetsRecordsOnRestart ? [] : start.records)
                .compactMap { try? Record(canonicalBytes: $0) }
            recordedView = records.map(\.view).max()
            decidedBlock = terms.anchor(after: start.origin)
            takeOver(start.lastProof)
            for record in records { takeOver(record) }
            view = max(recordedView ?? 0, lock?.view ?? 0)
            pace.wish = view
            if let own = terms.own { pace.wishes[Int(own)] = view }
        }

        // MARK: Sending

        mutating func send(_ message: Message, to peer: UInt32?) {
            guard terms.own != nil, terms.count > 1 else { return }
            var encoder = CanonicalEncoder(reservingCapacity: message.byteCountExpected)
            message.encode(to: &encoder)
            effects.append(.send(to: peer, encoder.bytes))
        }
    }

    /// What an answer is to.
    enum Awaited: Sendable {
        /// A signature under an own vote.
        case signature(ConsensusVote)
        /// The record of an own vote.
        case record(ConsensusVote, Signature)
        /// The record of a view that this node leads.
        case viewRecord(UInt64)
        /// The votes that a leader collected, by who sent them.
        case votes(ConsensusVote, [UInt32])
        /// A peer's message, with its certificates, by signatures that hold if those that are checked do.
        indirect case message(Message, from: UInt32, [VoteCertificate])
        /// A decision that peers gave.
        indirect case caughtUp(Proof, value: [UInt8])
        indirect case evidence(VoteEvidence)
        case validity(Digest)
        /// A value to propose in a view, for a decision, after a block.
        case value(view: UInt64, decision: UInt64, parent: Digest)
        case progressTimer
        case gatheringTimer(view: UInt64)
        case requestTimer
    }

    /// A proposal of the present view, with the identity of its block.
    struct Proposed: Sendable {
        let proposal: Proposal
        let identity: Digest
        let kind: ProposalKind
        var decision: UInt64 { proposal.block.decision }
    }

    /// By what a block may be proposed.
    enum ProposalKind: Sendable {
        /// A prepare certificate of the same view for its parent.
        case steady
        /// Its parent is decided, or is where the epoch begins.
        case afterDecision
        /// A prepare certificate of an earlier view for itself.
        case again
    }
}

// MARK: - Inputs

extension FBFT.Machine {
    mutating func proceed() {
        settle()
        voteIfPossible()
        commitIfAsked()
        lead()
        takeLeadOfFirstView()
        keepTime()
    }

    /// After a restart the others are asked where they are.
    mutating func begin() {
        if recordedView != nil || decided > 0 { sendWish(to: nil) }
    }

    var status: EngineStatus {
        EngineStatus(phase: phase, view: view, leader: terms.leader(of: view), decided: decided)
    }

    private var phase: String {
        if pace.wish > view { return "wishing" }
        if wanted != nil || neededUpTo > decided { return "behind" }
        if terms.own == terms.leader(of: view) { return leadership?.phase ?? "not leading" }
        if let lock, lock.decision > decided { return "locked" }
        if let lastVote, lastVote.decision > decided { return "voted" }
        return "following"
    }
}
