internal import Consensus
internal import Cryptography
internal import Ledger
package import Primitives

/// Makes transactions available before they are ordered, on one node in one epoch: a pure state machine.
///
/// ```
///  mempool ─▶ own batch ─▶ all ─▶ acknowledgements ─▶ certificate ─┐
///  others' batches ─▶ checked ─▶ durable ─▶ acknowledged           ├─▶ cut ─▶ engine ─▶ decided
///                                                                  ┘                      │
///                                   ordered ◀─ signatures checked ◀─ missing fetched ◀────┘
/// ```
/// Inputs may come late, twice, out of order or from liars: none of them traps.
package struct Disseminator: Sendable {
    let terms: Terms
    var now = ClockReading(monotonic: Instant(nanoseconds: 0), wall: Timestamp(milliseconds: 0))
    var effects: [DisseminationEffect] = []
    private var nextToken: UInt64 = 0
    private var awaited: [UInt64: Awaited] = [:]
    private var tick: EngineToken?

    /// Transactions that wait to be put into a batch.
    package var mempool = Mempool()
    var ownLane: OwnLane?
    /// Ascending by lane: those with something that is not ordered.
    var lanes: [Lane] = []
    /// By owner, its newest lane that was heard of.
    var newest: [UInt64]
    /// All that is held, by the digests of headers.
    var batches: [Digest: HeldBatch] = [:]
    /// Headers of batches that are not here, by their digests: of what peers gave for decisions.
    var providedHeaders: [Digest: BatchHeader] = [:]
    var wants: [Want] = []
    /// By peer, how often it asked.
    var served: [AnswerBudget]
    /// By peer, how many messages wait for their signatures to be checked.
    var parkedCounts: [Int]
    /// By orderer, in how many certificates in a row it was missing though it was drawn.
    var missingCounts: [UInt8]
    /// Batches that others were drawn to check, and when this node does.
    var stepIns: [StepIn] = []

    /// Up to where lanes are ordered, by the decisions up to `resolved`.
    package internal(set) var frontier: LaneFrontier
    var resolved: UInt64
    /// Decided, but not resolved: batches are missing.
    var pending: [PendingDecision] = []
    /// Resolved, but signatures are being checked.
    var delivering: [Delivery] = []
    /// Given out, but not in the log.
    var unlogged: [(decision: UInt64, batches: [Digest])] = []
    /// The last decision that this node was asked to propose for.
    var lastProposed: UInt64
    var leader: UInt32?
    /// Up to here decisions are made, be they empty.
    var end: UInt64 = 0

    package init(_ start: DisseminationStart, plant: DisseminationPlant? = nil) {
        terms = Terms(start, plant)
        newest = Array(repeating: 0, count: terms.count)
        parkedCounts = Array(repeating: 0, count: terms.count)
        served = Array(
            repeating: AnswerBudget(countMax: DisseminationLimits.answeredFetchesMax), count: terms.count)
        missingCounts = Array(repeating: 0, count: terms.count)
        frontier = plant == .forgetsFrontierOnRestart ? LaneFrontier() : start.frontier
        resolved = start.lastDecision
        lastProposed = start.lastDecision
        ownLane = start.own.map { OwnLane(LaneIdentifier(owner: $0, incarnation: start.incarnation)) }
        if let own = start.own { newest[Int(own)] = start.incarnation }
        for bytes in start.records {
            if let record = try? BatchRecord(canonicalBytes: bytes) { takeOver(record) }
        }
    }

    package mutating func handle(
        _ input: DisseminationInput, at now: ClockReading, into effects: inout [DisseminationEffect]
    ) {
        self.now = now
        switch input {
        case .message(let peer, let bytes): receive(bytes, from: peer)
        case .timer(let token): if token == tick { ticked() }
        case .persisted(let token), .signed(let token, _), .verified(let token, _): answer(token, input)
        case .validate(let token, let decision, let value, let after, let isFresh):
            validate(token, decision, value, after: after, isFresh: isFresh)
        case .provided(let value, let batches, let headers): provide(value, batches, headers)
        case .decided(let decision, let value): decided(decision, value)
        case .logged(let decision): logged(decision)
        case .reach(let decision): reach(decision)
        case .leader(let leader): follow(leader)
        case .work: break
        }
        seal()
        keepTicking()
        effects.append(contentsOf: self.effects)
        self.effects.removeAll(keepingCapacity: true)
    }

    private mutating func answer(_ token: EngineToken, _ input: DisseminationInput) {
        guard let awaited = awaited.removeValue(forKey: token.number) else { return }
        switch (awaited, input) {
        case (.header(let batch), .signed(_, let signature)): signed(batch, signature)
        case (.record(let place, let isAcknowledged), .persisted): durable(place, isAcknowledged: isAcknowledged)
        case (.acknowledgement(let place), .signed(_, let signature)): acknowledge(place, signature)
        case (.batch(let batch, let peer), .verified(_, let mask)): checked(batch, from: peer, mask)
        case (.acknowledgements(let place, let signatures), .verified(_, let mask)):
            checked(signatures, of: place, mask)
        case (.tip(let certificate, let peer), .verified(_, let mask)): checked(certificate, from: peer, mask)
        case (.transactions(let digest), .verified(_, let mask)): checkedTransactions(of: digest, mask)
        case (.cut(let token, let tips), .verified(_, let mask)): checked(tips, for: token, mask)
        case (.evidence(let evidence), .verified(_, let mask)):
            if mask.count == 2, mask.allSatisfy({ $0 }) { effects.append(.evidence(.fork(evidence))) }
        default: break
        }
    }

    // MARK: Tokens, messages, time

    mutating func token(for awaited: Awaited) -> EngineToken {
        defer { nextToken += 1 }
        self.awaited[nextToken] = awaited
        return EngineToken(number: nextToken)
    }

    mutating func send(_ message: DisseminationMessage, to peer: UInt32?) {
        guard terms.own != nil, terms.count > 1, peer != terms.own || peer == nil else { return }
        effects.append(.send(to: peer, message.canonicalBytes))
    }

    mutating func refuse(_ peer: UInt32, _ fault: MessageFault) { effects.append(.refused(from: peer, fault)) }

    private mutating func keepTicking() {
        guard tick == nil, isAnythingOutstanding else { return }
        let token = EngineToken(number: nextToken)
        nextToken += 1
        tick = token
        effects.append(.setTimer(token, afterMilliseconds: DisseminationLimits.tickMilliseconds))
    }

    private var isAnythingOutstanding: Bool {
        !wants.isEmpty || !stepIns.isEmpty || (ownLane?.isGathering ?? false) || lanes.contains { isTipWaiting($0) }
    }

    private mutating func ticked() {
        tick = nil
        resend()
        askAgain()
        stepIn()
        tellOfTips()
    }

    /// The last decision, resolved or not.
    var lastDecided: UInt64 { resolved + UInt64(pending.count) }

    func isDue(_ instant: Instant, afterMilliseconds milliseconds: UInt64) -> Bool {
        now.monotonic >= instant.advanced(byMilliseconds: milliseconds)
    }
}

extension Disseminator {
    /// What an answer is to.
    enum Awaited: Sendable {
        case header(UnsignedBatch)
        case record(LanePlace, isAcknowledged: Bool)
        case acknowledgement(LanePlace)
        case batch(Batch, from: UInt32)
        case acknowledgements(LanePlace, [OrdererSignature])
        case tip(BatchCertificate, from: UInt32)
        case transactions(Digest)
        /// The engine's question, and the certificates that are known if the answer is yes.
        case cut(EngineToken, [BatchCertificate])
        case evidence(LaneEvidence)
    }

    /// A batch that this node holds, but others are to check first.
    struct StepIn: Sendable {
        let place: LanePlace
        let due: Instant
    }

    struct PendingDecision: Sendable {
        let number: UInt64
        let cut: Cut
        /// The hash of the value, from which the next decision draws.
        let draw: UInt64
    }

    struct Delivery: Sendable {
        let number: UInt64
        let reading: Timestamp
        let batches: [Digest]
        /// Those of `batches` that the decision's cut carries itself.
        let inLine: [Digest]
        /// Of what the cut covers beyond what is ordered.
        let headers: [BatchHeader]
        let frontier: LaneFrontier
    }

    /// Where a lane is among `lanes`; makes room for it if it is not there.
    mutating func index(of lane: LaneIdentifier) -> Int {
        let index = lanes.firstIndex { $0.identifier >= lane } ?? lanes.endIndex
        if index == lanes.endIndex || lanes[index].identifier != lane { lanes.insert(Lane(lane), at: index) }
        return index
    }

    func lane(_ identifier: LaneIdentifier) -> Lane? { lanes.first { $0.identifier == identifier } }
}
