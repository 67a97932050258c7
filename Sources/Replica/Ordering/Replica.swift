package import Consensus
package import Contracts
package import Cryptography
package import Ledger
package import Primitives

package enum ReplicaInput: Sendable {
    case start
    case submit([Submission])
    case verified(batch: UInt64, [Bool])
    case executed(ExecutedDecision)
    case signed(height: UInt64, Signature)
    /// Everything up to this request is durable.
    case persisted(request: UInt64)
    /// Somebody waits for a transaction that expires then.
    case waiting(until: Timestamp)
    /// Time has passed.
    case tick
    /// From now on whatever is submitted is refused for this reason; nil takes that back. What was taken goes its way.
    case refuse(Rejection?)
    /// From now on nothing is ordered, or, with false, it is again.
    case hold(Bool)
    /// Take nothing new, and bring what was taken to its end.
    case drain
}

package enum ReplicaEffect: Sendable {
    /// The answer at the door: for each transaction of the submission why it was not taken, or nil if it was.
    case answer(Ticket, [Rejection?])
    case verify(batch: UInt64, [SignatureCheck])
    /// Make the records durable, in this order after all before, then give `persisted`.
    case persist(request: UInt64, [ReplicaRecord])
    case execute(Decision)
    case sign(height: UInt64, Digest)
    /// The decision and its results are durable and certified: they may be told, and belong into the block log.
    case committed(decision: UInt64, [CommittedBlock])
    /// Nothing is left to bring to an end.
    case drained
}

/// One group's replica: what orders, executes and certifies, without doing any of it itself.
///
/// ```
/// submit ─▶ verify ─▶ pool ─▶ engine ─▶ decided ─┬─▶ persist(decision)
///                                                └─▶ execute ─▶ sign ─▶ persist(result) ─▶ committed
/// ```
/// A decision is executed while it is being made durable; nobody is told of anything before the decision and its
/// certified result are.
package struct Replica: Sendable {
    private let genesis: Genesis
    private let terms: ChainTerms
    /// This node's place among the certifiers.
    private let certifier: UInt32
    private var engine: any ConsensusEngine
    private var pool = TransactionPool()
    private var admission: Admission
    private var nextRequest: UInt64 = 0
    /// What was proposed and not yet decided, decoded.
    private var proposed: (value: [UInt8], decision: (reading: Timestamp, transactions: [SignedTransaction]))?
    /// Decisions on their way, ascending by number.
    private var inFlight: [DecisionInFlight] = []
    private var lastBlockTime: Timestamp
    private var expiries = AwaitedExpiries()
    private var isDraining = false
    /// Whether nothing is ordered at present.
    private var isHeld = false

    /// A replica whose executor stands at `head`. `uncertified` are decisions that were executed in recovery and
    /// whose results nobody has signed; `window` are the transactions up to the head that have not expired.
    package init(
        genesis: Genesis, gas: GasSchedule, certifier: UInt32, engine: any ConsensusEngine, head: Head,
        uncertified: [ExecutedDecision], executed window: DuplicateWindow? = nil
    ) {
        self.genesis = genesis
        terms = genesis.terms
        self.certifier = certifier
        self.engine = engine
        lastBlockTime = head.time
        admission = Admission(terms: genesis.terms, gas: gas, executed: window)
        lastDecision = head.decision
        for decision in uncertified {
            inFlight.append(DecisionInFlight(executed: decision))
        }
    }

    private let lastDecision: UInt64

    package mutating func handle(
        _ input: ReplicaInput, at now: ClockReading, into effects: inout [ReplicaEffect]
    ) {
        switch input {
        case .start: start(now, &effects)
        case .submit(let submissions): submit(submissions, now, &effects)
        case .verified(let batch, let mask): verified(batch, mask, now, &effects)
        case .executed(let decision): executed(decision, &effects)
        case .signed(let height, let signature): signed(height, signature, &effects)
        case .persisted(let request): persisted(request, now, &effects)
        case .waiting(let expiry): expiries.insert(expiry, at: now.wall, limits: terms.limits)
        case .tick: orderForThoseWhoWait(now, &effects)
        case .drain:
            isDraining = true
            admission.refusal = .stopping
        case .refuse(let reason): if !isDraining { admission.refusal = reason }
        case .hold(let isHeld): hold(isHeld, now, &effects)
        }
        if isDraining, pool.isEmpty, inFlight.isEmpty, admission.isEmpty { effects.append(.drained) }
    }
}

extension Replica {
    /// Of the transactions that were taken, or are being checked, and are not ordered yet.
    package var waitingByteCount: Int { pool.byteCount + admission.byteCount }
}

// MARK: - At the door

extension Replica {
    private mutating func submit(
        _ submissions: [Submission], _ now: ClockReading, _ effects: inout [ReplicaEffect]
    ) {
        let pool = pool
        let checked = admission.submit(submissions, at: now.wall) { pool.hasRoom(for: $0, byteCount: $1) }
        for (ticket, rejections) in checked.answers { effects.append(.answer(ticket, rejections)) }
        if let (batch, checks) = checked.toVerify { effects.append(.verify(batch: batch, checks)) }
    }

    private mutating func verified(
        _ batch: UInt64, _ mask: [Bool], _ now: ClockReading, _ effects: inout [ReplicaEffect]
    ) {
        let answers = admission.verified(batch, mask) { signed in
            pool.append(signed)
            return nil
        }
        for (ticket, rejections) in answers { effects.append(.answer(ticket, rejections)) }
        if !pool.isEmpty { run(.pending, now, &effects) }
    }
}

// MARK: - Ordering

extension Replica {
    private mutating func start(_ now: ClockReading, _ effects: inout [ReplicaEffect]) {
        let last = inFlight.last?.number ?? lastDecision
        let start = EngineStart(
            epoch: genesis.epoch, context: terms.genesis, suite: terms.suite, own: certifier, lastDecision: last)
        run(.start(start), now, &effects)
        for decision in inFlight {
            if case .executed(let executed, _) = decision.stage { requestSignatures(for: executed, &effects) }
        }
    }

    /// Gives the engine an input, and does what it says.
    private mutating func run(_ input: EngineInput, _ now: ClockReading, _ effects: inout [ReplicaEffect]) {
        var inputs = [input]
        while !inputs.isEmpty {
            var asked: [EngineEffect] = []
            engine.handle(inputs.removeFirst(), at: now.monotonic, into: &asked)
            for effect in asked {
                switch effect {
                case .requestValue(let token, _, _): inputs.append(.value(token, nextValue(now)))
                case .decided(let number, let value, _): decided(number, value, &effects)
                case .persist, .send, .setTimer, .sign, .verify, .validate, .evidence, .needDecisions, .refused,
                    .readable:
                    // Only engines of several nodes ask for these; Solo, the one engine so far, does not.
                    preconditionFailure("an engine asked for what this replica does not offer")
                }
            }
        }
    }

    private mutating func hold(_ isHeld: Bool, _ now: ClockReading, _ effects: inout [ReplicaEffect]) {
        self.isHeld = isHeld
        if !isHeld, !pool.isEmpty { run(.pending, now, &effects) }
    }

    /// What the engine proposes next, or nil if nothing waits or may be ordered.
    private mutating func nextValue(_ now: ClockReading) -> [UInt8]? {
        guard !isHeld else { return nil }
        let transactions = pool.take(within: terms.limits, at: now.wall)
        guard !transactions.isEmpty || isEmptyBlockDue(now) else { return nil }
        let proposal = Proposal(reading: now.wall, transactions: transactions.map { $0.canonicalBytes })
        let value = proposal.canonicalBytes
        proposed = (value, (now.wall, transactions))
        return value
    }

    private mutating func decided(_ number: UInt64, _ value: [UInt8], _ effects: inout [ReplicaEffect]) {
        let decision: Decision
        if let proposed, proposed.value == value {
            decision = Decision(
                number: number, reading: proposed.decision.reading, transactions: proposed.decision.transactions)
        } else {
            decision = Decision(number: number, value: value, check: StatelessCheck(terms: terms))
        }
        proposed = nil
        inFlight.append(DecisionInFlight(number: number, stage: .executing))
        persist([.decision(number: number, value: value)], &effects)
        effects.append(.execute(decision))
    }

    /// A node with a waiting client may order one empty block after an expiry, so that block time passes it.
    private mutating func orderForThoseWhoWait(_ now: ClockReading, _ effects: inout [ReplicaEffect]) {
        expiries.advance(to: lastBlockTime)
        if isEmptyBlockDue(now) { run(.pending, now, &effects) }
    }

    private func isEmptyBlockDue(_ now: ClockReading) -> Bool {
        guard let expiry = expiries.first, !isDraining, !isHeld else { return false }
        return expiry < now.wall && lastBlockTime < expiry && inFlight.isEmpty
    }
}

// MARK: - Results

/// A decision between `decided` and `committed`.
private struct DecisionInFlight: Sendable {
    enum Stage: Sendable {
        case executing
        /// The signatures by block, nil for those still missing.
        case executed(ExecutedDecision, [Signature?])
        case persisting(request: UInt64, [CommittedBlock])
    }

    let number: UInt64
    var stage: Stage

    init(number: UInt64, stage: Stage) {
        self.number = number
        self.stage = stage
    }

    init(executed decision: ExecutedDecision) {
        number = decision.number
        stage = .executed(decision, Array(repeating: nil, count: decision.blocks.count))
    }
}

extension Replica {
    private mutating func executed(_ decision: ExecutedDecision, _ effects: inout [ReplicaEffect]) {
        guard let index = inFlight.firstIndex(where: { $0.number == decision.number }),
            case .executing = inFlight[index].stage
        else { preconditionFailure("a decision was executed that was not asked for") }
        inFlight[index] = DecisionInFlight(executed: decision)
        requestSignatures(for: decision, &effects)
    }

    private func requestSignatures(for decision: ExecutedDecision, _ effects: inout [ReplicaEffect]) {
        for block in decision.blocks {
            effects.append(
                .sign(height: block.statement.height, block.statement.digest(in: terms.suite)))
        }
    }

    private mutating func signed(_ height: UInt64, _ signature: Signature, _ effects: inout [ReplicaEffect]) {
        for index in inFlight.indices {
            guard case .executed(let decision, var signatures) = inFlight[index].stage,
                let block = decision.blocks.firstIndex(where: { $0.statement.height == height })
            else { continue }
            signatures[block] = signature
            inFlight[index].stage = .executed(decision, signatures)
            let present = signatures.compactMap { $0 }
            guard present.count == decision.blocks.count else { return }
            let blocks = zip(decision.blocks, present).map(certify)
            let certificates = blocks.map(\.certified.certificate)
            let request = persist([.result(decision: decision.number, certificates: certificates)], &effects)
            inFlight[index].stage = .persisting(request: request, blocks)
            return
        }
    }

    private func certify(_ executed: ExecutedBlock, _ signature: Signature) -> CommittedBlock {
        let certificate = BlockCertificate(
            statement: executed.statement, rule: genesis.epoch.certifierRule,
            signatures: [CertifierSignature(certifier: certifier, signature: signature)])
        return CommittedBlock(executed, certificate: certificate)
    }

    private mutating func persisted(
        _ request: UInt64, _ now: ClockReading, _ effects: inout [ReplicaEffect]
    ) {
        while let first = inFlight.first, case .persisting(let last, let blocks) = first.stage, last <= request {
            inFlight.removeFirst()
            lastBlockTime = blocks.last?.header.time ?? lastBlockTime
            effects.append(.committed(decision: first.number, blocks))
            run(.executed(decision: first.number), now, &effects)
        }
    }

    @discardableResult
    private mutating func persist(_ records: [ReplicaRecord], _ effects: inout [ReplicaEffect]) -> UInt64 {
        nextRequest += 1
        effects.append(.persist(request: nextRequest, records))
        return nextRequest
    }
}
