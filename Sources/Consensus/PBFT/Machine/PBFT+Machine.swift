internal import Cryptography
internal import Primitives

extension PBFT {
    /// An orderer between its start and its end.
    struct Machine: VotingMachine {
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

        /// By decision above the last one, ascending: the prepare certificate of the highest view.
        var prepared: [VoteCertificate] = []
        /// Commit certificates above the last decision, ascending.
        var commits: [VoteCertificate] = []
        /// A proof above the last decision.
        var foreignProof: Proof?
        var known = KnownCertificates(countMax: ConsensusLimits.pbftKnownCertificatesMax)
        var blocks: HeldBlocks
        var wanted: WantedBlock?
        var neededUpTo: UInt64 = 0
        /// The votes of the records that prepare certificates and blocks are in: those need no other.
        var recordedCertificates: [ConsensusVote] = []
        /// Where the epoch begins.
        let origin: (decision: UInt64, block: Digest)

        // MARK: The view

        var view: UInt64 = 0
        /// The highest view of the records that were there at the start: nothing is proposed in views up to it.
        let recordedView: UInt64?
        /// What the view begins with; nil as long as that is not known.
        var agenda: Agenda?
        /// By decision above the last one, ascending, without a gap.
        var slots: [Slot] = []
        /// The last votes: in a view those of each phase ascend.
        var lastPrepare: ConsensusVote?
        var lastCommit: ConsensusVote?
        /// For what the agenda holds.
        var agendaCertificates: [VoteCertificate] = []
        /// By orderer, how often it seemed to contradict itself in this view: each time costs checks.
        var accusationCounts: [Int]
        /// What it has voted for in the view, for those who missed it.
        var ownVotes: [SignedVote] = []
        /// What this orderer said when it entered the view.
        var report: ProvenReport?
        /// What the leader of the view does, if it is this node.
        var leadership: Leadership?
        var hasWork = false
        /// Whether all work that was reported is in what is on its way: it is done when that is decided, and not before.
        var isExhausted = false
        var hasOffer = false
        var pace: Pace
        /// When the leader of an idle network must have been heard of, or must say that it is there.
        var silence = MovingDeadline()
        /// By peer, how many messages wait for their signatures to be checked.
        var parkedCounts: [Int]
        var heldVotes: [SignedVote?]
        /// By orderer, its last commit vote.
        var heldCommits: [SignedVote?]
        /// By peer, its votes of a view that this node has not entered.
        var earlyVotes: [[SignedVote]]
        /// By peer, its report for such a view.
        var earlyReports: [ProvenReport?]
        /// By peer, how many of its requests for blocks are answered.
        var budgets: [AnswerBudget]

        init(_ start: EngineStart, _ configuration: ViewConfiguration, _ plant: EnginePlant?) {
            terms = OrdererTerms(start, configuration, plant)
            decided = start.lastDecision
            executed = min(start.lastExecuted, start.lastDecision)
            last = start.end ?? .max
            blocks = HeldBlocks(
                context: start.context, suite: start.suite, openMax: ConsensusLimits.pbftHeldBlocksMax)
            pace = Pace(count: terms.count)
            parkedCounts = Array(repeating: 0, count: terms.count)
            heldVotes = Array(repeating: nil, count: terms.count)
            heldCommits = heldVotes
            accusationCounts = Array(repeating: 0, count: terms.count)
            earlyVotes = Array(repeating: [], count: terms.count)
            earlyReports = Array(repeating: nil, count: terms.count)
            budgets = Array(repeating: AnswerBudget(countMax: ConsensusLimits.blockAnswersMax), count: terms.count)
            let records = (plant == .forgetsRecordsOnRestart ? [] : start.records)
                .compactMap { try? Record(canonicalBytes: $0) }
            recordedView = records.map(\.view).max()
            origin = (start.origin, terms.anchor(after: start.origin))
            decidedBlock = origin.block
            takeOver(start.lastProof)
            for record in records { takeOver(record) }
            // Blocks after the certificates that they are needed for.
            for block in records.lazy.flatMap(\.blocks) where block.decision > decided { takeOver(block) }
            // What was proven before the end stands, though the record of the view may be lost.
            view = max(recordedView ?? 0, decidedProof?.certificate.view ?? 0)
            pace.wish = view
            if let own = terms.own { pace.wishes[Int(own)] = view }
            if view == 0 { agenda = Agenda(base: decided) }
        }

        mutating func send(_ message: Message, to peer: UInt32?) {
            guard terms.own != nil, terms.count > 1 else { return }
            var encoder = CanonicalEncoder(reservingCapacity: message.byteCountExpected)
            message.encode(to: &encoder)
            effects.append(.send(to: peer, encoder.bytes))
        }
    }

    enum Awaited: Sendable {
        /// A signature under an own vote, or report.
        case signature(ConsensusVote)
        indirect case reportSignature(Report, Proof?, [VoteCertificate])
        /// The record of an own vote, of a report, or of the view that this node leads.
        case record(ConsensusVote, Signature)
        indirect case reportRecord(ProvenReport)
        case viewRecord(UInt64)
        /// Votes that were collected, by who sent them.
        case votes(ConsensusVote, [UInt32])
        indirect case report(ProvenReport, from: UInt32)
        indirect case newView(NewView, from: UInt32)
        indirect case proof(Proof, from: UInt32)
        /// A decision that peers gave.
        indirect case caughtUp(Proof, value: [UInt8])
        indirect case evidence(VoteEvidence)
        case validity(Digest)
        /// A value to propose in a view, for a decision, after a block.
        case value(view: UInt64, decision: UInt64, parent: Digest)
        case progressTimer
        case silenceTimer
        case requestTimer
    }

    /// A decision that is on its way in the present view.
    struct Slot: Sendable {
        let decision: UInt64
        /// The block that is voted for, once the leader has named it.
        var block: Digest?
        /// Votes by orderer, the first that came of each; counted once the block is known.
        var early: [VotePhase: [SignedVote?]] = [:]
        var prepares: VoteCollector?
        var commits: VoteCollector?

        subscript(phase: VotePhase) -> VoteCollector? {
            get { phase == .prepare ? prepares : commits }
            set { if phase == .prepare { prepares = newValue } else { commits = newValue } }
        }

        /// A collector, to be changed in place and put back.
        mutating func take(_ phase: VotePhase) -> VoteCollector? {
            defer { self[phase] = nil }
            return self[phase]
        }
    }

    /// What a leader does in its view.
    struct Leadership: Sendable {
        let view: UInt64
        /// By orderer, what it has reported, if that is true.
        var reports: [ProvenReport?]
        /// What it began the view with; nil in the first view.
        var newView: NewView?
        var hasBegun = false
        /// The value that it asked for.
        var request: EngineToken?

        init(view: UInt64, count: Int) {
            self.view = view
            reports = Array(repeating: nil, count: count)
        }
    }
}

// MARK: - Inputs

extension PBFT.Machine {
    mutating func proceed() {
        settle()
        beginIfPossible()
        wantBlocks()
        lead()
        prepareIfPossible()
        commitIfPossible()
        keepTime()
    }

    mutating func begin() {
        guard let own = terms.own else { return }
        // The others are asked where they are.
        if recordedView != nil || decided > 0 { sendWish(to: nil) }
        if terms.leader(of: view) == own {
            // Nobody else knows that it must not propose in this view again.
            if recordedView != nil { giveUpOnLeader() } else { takeLead() }
        } else if view > 0, lastPrepare?.view != view, !prepared.contains(where: { $0.view == view }) {
            makeReport()
        }
        listen()
    }

    var status: EngineStatus {
        EngineStatus(phase: phase, view: view, leader: terms.leader(of: view), decided: decided)
    }

    private var phase: String {
        if pace.wish > view { return "wishing" }
        if wanted != nil || neededUpTo > decided { return "behind" }
        if agenda == nil { return terms.own == terms.leader(of: view) ? "gathering" : "entering" }
        if terms.own == terms.leader(of: view) {
            guard leadership?.hasBegun == true else { return "not leading" }
            return slots.isEmpty ? "leading" : "proposing"
        }
        if let first = prepared.first, first.view == view { return "prepared" }
        if let lastPrepare, lastPrepare.decision > decided { return "voted" }
        return "following"
    }
}
