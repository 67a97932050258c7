package import Consensus
internal import Contracts
internal import Cryptography
package import Dissemination
package import Ledger
package import Primitives

/// One group's replica on a network of several nodes: what disseminates, orders, executes and certifies, without doing
/// any of it itself.
///
/// ```
/// submit ─▶ mempool ─▶ lanes ─▶ engine ─▶ decided ─┬─▶ persist(decision)
///                                                  └─▶ ordered ─▶ execute ─▶ sign ─▶ persist(result) ─▶ send
///                               logs ◀─ committed ◀─ quorum of results ◀───────────────────────────────┘
/// ```
/// What it has decided and not certified when it stops it goes through again when it starts, from the journal: a start
/// is catching up with oneself. Inputs may come late, twice, out of order or from liars: none of them traps.
package struct NetworkReplica: Sendable {
    var terms: Terms
    var now = ClockReading(monotonic: Instant(nanoseconds: 0), wall: Timestamp(milliseconds: 0))
    var effects: [NetworkReplicaEffect] = []
    /// Between the layers, in order.
    var steps: [Step] = []
    private var nextToken: UInt64 = 0
    var awaited: [UInt64: Awaited] = [:]
    private var nextRequest: UInt64 = 0
    /// What waits to be durable, ascending by request.
    var persisting: [(request: UInt64, then: Persisted)] = []
    private var isTicking = false
    var hasBegun = false
    var stage = Stage.stopped

    let engines: @Sendable (EpochConfiguration) -> any ConsensusEngine
    var engine: any ConsensusEngine
    package internal(set) var status: EngineStatus
    var disseminator: Disseminator
    let disseminationPlant: DisseminationPlant?
    var admission: Admission
    /// Why the operator has nothing taken in.
    var refusal: Rejection?
    /// Whether the engine is kept from going on, as the logs lag behind.
    var isHeld = false
    var results: ResultCollector
    var ownResults: OwnResults
    var incarnation: UInt64
    /// What the journal held at the start, which may be of later epochs, too.
    var journal: JournalContents
    var ending = Ending()
    /// Of a node that has no say in the epoch: nil as long as it has decisions on their way to the logs.
    var synchroniser: Synchroniser?
    /// Blocks that are being replayed, ascending.
    var replaying: [FetchedBlock] = []
    /// Who was asked for blocks without it.
    var blocksAskedOf: UInt32?
    /// By place, what is known of the starts of each other node.
    var starts: [KnownStarts]

    /// Decisions that are not in the logs, ascending by number.
    var flights: [Flight] = []
    /// The last decision, and the last one in the logs.
    var decided: UInt64
    var logged: UInt64
    /// The last decision that was executed, and the last one that the engine was told is.
    var executed: UInt64
    var toldExecuted: UInt64 = 0
    var loggedHeight: UInt64
    /// The last block that was executed, certified or not.
    var head: (height: UInt64, hash: Digest)
    var arrived: ArrivedDecisions
    var fetch: Fetch?
    /// The last decision that the engine knows of and lacks.
    var neededUpTo: UInt64 = 0
    /// Since when others have executed what is not even decided here.
    var behindSince: Instant?
    /// Who is asked next.
    var nextPeer: UInt32 = 0
    /// Questions that the engine has, and those that wait until a decision is committed.
    var asked: [Ticket] = []
    var reads: [(ticket: Ticket, decision: UInt64)] = []
    /// By node, how much of what it asked for it was given.
    var served: [PeerBudget]

    enum Stage: Sendable {
        case stopped
        /// Until the raised incarnation is durable.
        case raising
        /// Until others have stored that it starts.
        case starting(Starting)
        case running
        case halted
    }

    enum Step: Sendable {
        case engine(EngineInput)
        case dissemination(DisseminationInput)
        /// The engine asks for a value.
        case value(EngineToken, decision: UInt64, after: [[UInt8]])
    }

    enum Persisted: Sendable {
        case incarnation
        case engine(EngineToken, releases: [EngineEffect])
        case dissemination(EngineToken)
        case decision(UInt64)
        case result(OwnResult)
        case peerStart(StartAnnouncement)
        /// Of an epoch that has ended.
        case nothing
    }

    enum Awaited: Sendable {
        case engine(EngineToken)
        case dissemination(EngineToken)
        case admission(UInt64)
        case result(UInt64, Digest)
        case results(ResultCollector.Checks)
        /// This node's announcement; another's; an answer to this one's.
        case start
        case peerStart(StartAnnouncement)
        case startAnswer(from: UInt32, isStored: Bool)
        case epochEnd(BlockCertificate, from: UInt32)
        case blocks(Synchroniser.Checks)
        case tick

        /// Whether it is of no use in the next epoch.
        var isOfEpoch: Bool {
            switch self {
            case .admission, .tick: false
            case .engine, .dissemination, .result, .results, .start, .peerStart, .startAnswer, .epochEnd, .blocks: true
            }
        }
    }

    package init(
        _ start: NetworkReplicaStart, plant: ReplicaPlant? = nil, disseminationPlant: DisseminationPlant? = nil
    ) {
        terms = Terms(start, plant)
        engines = start.engines
        engine = start.engines(start.epoch)
        status = engine.status
        journal = start.journal
        incarnation =
            plant == .keepsIncarnation ? 1 : min(start.journal.incarnation, ConsensusLimits.numberMax - 1) + 1
        let base = start.head.decision
        let frontier = start.base?.frontier ?? LaneFrontier()
        self.disseminationPlant = disseminationPlant
        disseminator = Disseminator(
            terms.dissemination(journal, incarnation: incarnation, lastDecision: base, frontier: frontier),
            plant: disseminationPlant)
        admission = Admission(terms: terms.chain, gas: start.gas, executed: start.window)
        results = ResultCollector(
            epoch: start.epoch, suite: terms.chain.suite, certified: start.head.height, plant: plant)
        ownResults = plant == .signsResultsAgain ? OwnResults() : start.journal.ownResults
        starts = terms.knownStarts(journal)
        arrived = ArrivedDecisions(logged: start.further)
        served = Array(repeating: PeerBudget(), count: terms.directory.count)
        (decided, logged, executed, loggedHeight) = (base, base, base, start.head.height)
        head = (start.head.height, start.head.hash)
        ending.decision = start.end
        nextPeer = UInt32(start.seed % UInt64(max(1, terms.directory.count)))
        takeOverDecisions()
        noteRole()
    }

    /// Takes up what the journal has of decisions of this epoch that are not in the logs.
    mutating func takeOverDecisions() {
        for record in journal.decisions where record.number == decided + 1 && record.number <= ending.decision ?? .max {
            decided += 1
            flights.append(
                Flight(
                    number: record.number, value: record.value, proof: journal.proof(of: record.number),
                    since: now.monotonic, isDurable: true))
        }
    }

    /// Who does not order takes nothing in.
    mutating func noteRole() { admission.refusal = terms.orderer == nil ? .onlyFollows : refusal }

    package mutating func handle(
        _ input: NetworkReplicaInput, at now: ClockReading, into effects: inout [NetworkReplicaEffect]
    ) {
        self.now = now
        switch (stage, input) {
        case (.halted, _): return
        case (.stopped, .start):
            guard isInvited(to: terms.epoch) else { break }
            stage = .raising
            persist([.incarnation(incarnation)], then: .incarnation)
        case (.stopped, _): return
        case (_, .persisted(let request)): persisted(request)
        case (_, .submit(let submissions)): submit(submissions)
        case (_, .connected(let peer)): connected(peer)
        case (.running, .disconnected(let node)):
            if let place = terms.place(of: node) { giveEngine(.disconnected(place)) }
        case (.running, .read(let ticket)): read(ticket)
        case (_, .read(let ticket)): effects.append(.readable(ticket, decision: nil))
        case (_, .refuse(let reason)):
            refusal = reason
            noteRole()
        case (_, .hold(let isHeld)):
            self.isHeld = isHeld
            tellExecuted()
        case (_, .directory(let directory)): take(directory)
        case (_, .message(let peer, let bytes)): receive(bytes, from: peer)
        case (_, .served(let node, let byteCount)):
            if node < terms.directory.count { served[Int(node)].served(byteCount) }
        case (_, .timer), (_, .signed), (_, .verified), (.running, _): run(input)
        case (.raising, _), (.starting, _): break
        }
        enterIfEnded()
        while !steps.isEmpty, !isHalted { take(steps.removeFirst()) }
        noteOthers()
        keepTicking()
        effects.append(contentsOf: self.effects)
        self.effects.removeAll(keepingCapacity: true)
    }

    var isHalted: Bool { if case .halted = stage { true } else { false } }
    var isStarting: Bool { if case .starting = stage { true } else { false } }
    package var isRunning: Bool { if case .running = stage { true } else { false } }

    private mutating func run(_ input: NetworkReplicaInput) {
        switch input {
        case .timer(let token), .signed(let token, _), .verified(let token, _): answer(token, input)
        case .executed(let decision): executed(decision)
        case .replayed(let decision): replayed(decision)
        case .loggedBlocks(let height): loggedBlocks(upTo: height)
        case .logged(let decision): logged(decision)
        case .passTime: passTime()
        case .start, .message, .connected, .disconnected, .persisted, .submit, .served, .read, .refuse, .hold,
            .directory:
            break
        }
    }

    /// All that must be written forward when the journal lets go of old records.
    package var liveRecords: [ReplicaRecord] {
        var records: [ReplicaRecord] = [
            // Whoever follows, or has only begun an epoch, has logged no decision of it.
            .incarnation(incarnation),
            .logged(
                decision: terms.orderer == nil || logged == terms.origin ? 0 : logged, height: loggedHeight),
        ]
        // Before it begins the engine has not read them.
        let epoch = terms.epoch.number
        records += terms.forgotten.map { .forgotten($0) }
        records += (hasBegun ? engine.liveRecords : terms.engineRecords).map { .engine(epoch: epoch, $0) }
        records += disseminator.liveRecords.map { .batch(epoch: epoch, $0) }
        records += ownResults.all.map { .signed($0) }
        records += starts.compactMap { $0.last.map { .peerStart(epoch: epoch, $0) } }
        records += journal.records(after: epoch)
        for flight in flights { records += flight.journaled }
        return records + journal.decisionRecords(after: max(decided, executed))
    }

    /// Of the present epoch.
    package var epochDigest: Digest { terms.epoch.digest(in: terms.chain.suite) }

    /// The present epoch.
    package var epoch: EpochConfiguration { terms.epoch }

    /// What waits.
    package var backlog: ReplicaBacklog {
        ReplicaBacklog(
            mempool: disseminator.mempool.count, hasWork: disseminator.hasWork, decisions: flights.count)
    }

    package var lag: ReplicaLag {
        guard terms.orderer == nil else { return ReplicaLag(countsBlocks: false, last: decided, known: neededUpTo) }
        return ReplicaLag(countsBlocks: true, last: head.height, known: synchroniser?.best ?? 0)
    }

    /// Whether nothing waits: at the door, in the mempool, on lanes, or between decided and the logs.
    package var isIdle: Bool { admission.isEmpty && backlog == .none && !(synchroniser?.isBehind ?? false) }

    /// Whether nothing is left that a node which stops must bring to its end: what others order, too, they will tell it
    /// when it starts again.
    package var isDrained: Bool {
        terms.epoch.orderers.count == 1 ? isIdle : admission.isEmpty && disseminator.mempool.isEmpty
    }

    /// Whether something is decided and not certified.
    package var hasUncertified: Bool { !flights.allSatisfy(\.isCommitted) }

    /// Of the transactions that were taken, or are being checked, and are in no batch yet.
    package var waitingByteCount: Int { disseminator.mempool.byteCount + admission.byteCount }

    /// Whether the records that were to be made durable are.
    package var isDurable: Bool { persisting.isEmpty }

    /// Up to where heights are certified.
    package var certifiedHeight: UInt64 { results.certified }

    /// Has an empty decision made if nothing else is under way. Where several order only the leader does: others would
    /// suspect it, which has nothing to propose.
    private mutating func passTime() {
        guard let orderer = terms.orderer, terms.epoch.orderers.count == 1 || status.leader == orderer,
            ending.decision == nil, !disseminator.hasWork, flights.allSatisfy(\.isCommitted)
        else { return }
        giveDissemination(.reach(decision: decided + 1))
    }

    mutating func halt(_ reason: ReplicaHalt) {
        stage = .halted
        effects.append(.halted(reason))
    }
}

// MARK: - Beginning

extension NetworkReplica {
    mutating func begin() {
        stage = .running
        guard terms.orderer != nil else { return beginFollowing() }
        hasBegun = true
        steps.append(.engine(.start(engineStart)))
        // What they said before it began was not heard.
        for node in terms.otherNodes { connected(node) }
        if let end = ending.decision { steps.append(.dissemination(.reach(decision: end))) }
        // What it says of this epoch is taken over.
        if !journal.reaches(beyond: terms.epoch.number, decided) { journal = JournalContents() }
        for flight in flights { orderFlight(flight) }
        if arrived[decided + 1] != nil { takeArrived() }
        steps.append(.dissemination(.work))
    }

    private var engineStart: EngineStart {
        EngineStart(
            epoch: terms.epoch, context: terms.context, suite: terms.chain.suite, own: terms.orderer,
            origin: terms.origin, end: ending.decision, lastDecision: decided, lastExecuted: logged,
            lastProof: flights.last?.proof ?? terms.baseProof,
            records: terms.engineRecords, seed: terms.seed)
    }

    func heldVote(of orderer: UInt32) -> [UInt8] { engine.heldVote(of: orderer) ?? [] }

    /// Before the start: the engine as it would be with its records, to be asked what it knows.
    var startedEngine: any ConsensusEngine {
        var (probe, effects) = (engine, [EngineEffect]())
        probe.handle(.start(engineStart), at: now.monotonic, into: &effects)
        return probe
    }

    /// Gives a decision to dissemination, with what peers gave for it.
    mutating func orderFlight(_ flight: Flight) {
        if let record = arrived.remove(flight.number), record.value == flight.value {
            for certificate in record.certificates { results.take(certificate) }
            steps.append(.dissemination(.provided(value: record.value, record.batches, record.headers)))
        }
        steps.append(.dissemination(.decided(decision: flight.number, value: flight.value)))
    }

    /// Gives the engine the next decision of those that peers gave.
    mutating func takeArrived() {
        guard terms.orderer != nil else { return }
        // What execution has not shown to be of this epoch may be of the next.
        guard hasRoom, decided + 1 <= ending.decision ?? (executed + ConsensusLimits.executionLagDecisions),
            let record = arrived[decided + 1]
        else { return }
        steps.append(.engine(.caughtUp(decision: record.number, value: record.value, proof: record.proof)))
    }

    /// Whether more decisions may come than are on their way to the logs.
    var hasRoom: Bool { flights.count < ReplicaLimits.decisionsInFlightMax }

    mutating func giveEngine(_ input: EngineInput) { if terms.orderer != nil { steps.append(.engine(input)) } }
    mutating func giveDissemination(_ input: DisseminationInput) {
        if terms.orderer != nil { steps.append(.dissemination(input)) }
    }

    mutating func provide(_ record: DecisionRecord) {
        steps.append(.dissemination(.provided(value: record.value, record.batches, record.headers)))
    }

    var unresolved: UInt64? { disseminator.unresolved }
}

// MARK: - At the door

extension NetworkReplica {
    private mutating func submit(_ submissions: [Submission]) {
        let (count, byteCount) = (disseminator.mempool.count, disseminator.mempool.byteCount)
        let checked = admission.submit(submissions, at: now.wall) {
            count + $0 < DisseminationLimits.mempoolTransactionsMax
                && byteCount + $1 < DisseminationLimits.mempoolByteCountMax
        }
        for (ticket, rejections) in checked.answers { effects.append(.answer(ticket, rejections)) }
        if let (batch, checks) = checked.toVerify { effects.append(.verify(token(for: .admission(batch)), checks)) }
    }

    private mutating func admitted(_ batch: UInt64, _ mask: [Bool]) {
        let isOrderer = terms.orderer != nil
        let answers = admission.verified(batch, mask) { isOrderer ? disseminator.mempool.insert($0) : .onlyFollows }
        for (ticket, rejections) in answers { effects.append(.answer(ticket, rejections)) }
        // Before it runs a beginning does.
        if case .running = stage { steps.append(.dissemination(.work)) }
    }
}

// MARK: - Between the layers and the world

extension NetworkReplica {
    private mutating func take(_ step: Step) {
        switch step {
        case .engine(let input):
            var asked: [EngineEffect] = []
            let before = status
            engine.handle(input, at: now.monotonic, into: &asked)
            status = engine.status
            for effect in asked { perform(effect) }
            if status.leader != before.leader || status.view != before.view || isStart(input) {
                steps.append(.dissemination(.leader(status.leader)))
            }
        case .value(let token, let decision, let after):
            steps.append(.engine(.value(token, disseminator.cut(for: decision, after: after, at: now))))
        case .dissemination(let input):
            var asked: [DisseminationEffect] = []
            disseminator.handle(input, at: now, into: &asked)
            for effect in asked { perform(effect) }
        }
    }

    private func isStart(_ input: EngineInput) -> Bool { if case .start = input { true } else { false } }

    private mutating func perform(_ effect: EngineEffect) {
        switch effect {
        case .persist(let token, let record, let releases):
            persist([.engine(epoch: terms.epoch.number, record)], then: .engine(token, releases: releases))
        case .send(let peer, let bytes): send(.engine(bytes), to: peer)
        case .setTimer(let token, let delay):
            effects.append(.setTimer(self.token(for: .engine(token)), afterMilliseconds: delay))
        case .sign(let token, let digest): sign(digest, for: .engine(token))
        case .verify(let token, let checks): effects.append(.verify(self.token(for: .engine(token)), checks))
        case .requestValue(let token, let decision, let after):
            // After what was decided in the same breath.
            steps.append(.value(token, decision: decision, after: after))
        case .validate(let token, let decision, let value, let after, let isFresh):
            steps.append(
                .dissemination(
                    .validate(token, decision: decision, value: value, after: after, isFresh: isFresh)))
        case .decided(let number, let value, let proof): decided(number, value, proof)
        case .evidence(let bytes): effects.append(.evidence(.engine(bytes), epoch: terms.epoch.number))
        case .needDecisions(_, let last): beginFetch(upTo: last)
        case .readable(let token, let decision): readable(token.number, decision)
        case .refused(let peer, let fault): refuse(place: peer, fault)
        }
    }

    private mutating func perform(_ effect: DisseminationEffect) {
        switch effect {
        case .persist(let token, let record):
            persist([.batch(epoch: terms.epoch.number, record)], then: .dissemination(token))
        case .send(let peer, let bytes): send(.dissemination(bytes), to: peer)
        case .setTimer(let token, let delay):
            effects.append(.setTimer(self.token(for: .dissemination(token)), afterMilliseconds: delay))
        case .sign(let token, let digest): sign(digest, for: .dissemination(token))
        case .verify(let token, let checks):
            effects.append(.verify(self.token(for: .dissemination(token)), checks))
        case .validity(let token, let isValid): steps.append(.engine(.validity(token, isValid)))
        case .work: steps.append(.engine(.pending))
        case .offer: steps.append(.engine(.offer))
        case .ordered(let decision): ordered(decision)
        case .suspect(let orderer): steps.append(.engine(.suspect(orderer)))
        case .evidence(let evidence):
            effects.append(.evidence(.dissemination(evidence), epoch: terms.epoch.number))
        case .refused(let peer, let fault): refuse(place: peer, fault)
        }
    }

    private mutating func answer(_ token: WorkToken, _ input: NetworkReplicaInput) {
        guard let owner = awaited.removeValue(forKey: token.number) else { return }
        switch (owner, input) {
        case (.engine(let token), .timer): giveEngine(.timer(token))
        case (.engine(let token), .signed(_, let signature)): giveEngine(.signed(token, signature))
        case (.engine(let token), .verified(_, let mask)): giveEngine(.verified(token, mask))
        case (.dissemination(let token), .timer): giveDissemination(.timer(token))
        case (.dissemination(let token), .signed(_, let signature)):
            giveDissemination(.signed(token, signature))
        case (.dissemination(let token), .verified(_, let mask)):
            giveDissemination(.verified(token, mask))
        case (.admission(let batch), .verified(_, let mask)): admitted(batch, mask)
        case (.result(let height, let digest), .signed(_, let signature)):
            signed(OwnResult(height: height, digest: digest, signature: signature))
        case (.results(let checks), .verified(_, let mask)): checked(checks, mask)
        case (.start, .signed(_, let signature)): announced(signature)
        case (.peerStart(let announcement), .verified(_, let mask)): checked(announcement, mask)
        case (.startAnswer(let peer, let isStored), .verified(_, let mask)):
            checked(answerFrom: peer, isStored: isStored, mask)
        case (.epochEnd(let certificate, let node), .verified(_, let mask)): checked(certificate, from: node, mask)
        case (.blocks(let checks), .verified(_, let mask)): checked(checks, mask)
        case (.tick, .timer): ticked()
        default: break
        }
    }

    mutating func token(for owner: Awaited) -> WorkToken {
        defer { nextToken += 1 }
        awaited[nextToken] = owner
        return WorkToken(number: nextToken)
    }

    /// Sends to an orderer of this epoch, or to all of them.
    mutating func send(_ message: ReplicaMessage, to place: UInt32?) {
        guard let place else { return send(message, toNodes: terms.otherNodes) }
        if let node = terms.node(at: place), node != terms.own { send(message, toNodes: [node]) }
    }

    mutating func send(_ message: ReplicaMessage, toNodes nodes: [UInt32]) {
        guard !nodes.isEmpty else { return }
        effects.append(
            .send(to: nodes, EpochMessage(epoch: terms.epoch.number, message: message).canonicalBytes))
    }

    /// Has an orderer's thing signed by its key.
    mutating func sign(_ digest: Digest, for owner: Awaited) {
        guard let orderer = terms.orderer else { return }
        effects.append(.sign(token(for: owner), digest, by: terms.epoch.orderers[Int(orderer)]))
    }

    mutating func refuse(place: UInt32, _ fault: MessageFault) {
        if let node = terms.node(at: place) { effects.append(.refused(from: node, fault)) }
    }

    // MARK: Making durable

    mutating func persist(_ records: [ReplicaRecord], then: Persisted) {
        nextRequest += 1
        persisting.append((nextRequest, then))
        effects.append(.persist(request: nextRequest, records))
    }

    private mutating func persisted(_ request: UInt64) {
        while let first = persisting.first, first.request <= request {
            persisting.removeFirst()
            switch first.then {
            case .incarnation: announce()
            case .engine(let token, let releases):
                guard terms.orderer != nil else { break }
                for effect in releases { perform(effect) }
                giveEngine(.persisted(token))
            case .dissemination(let token): giveDissemination(.persisted(token))
            case .result(let result): tell(result)
            case .peerStart(let announcement): stored(announcement)
            case .nothing: break
            case .decision(let number):
                if let index = flights.firstIndex(where: { $0.number == number }) { flights[index].isDurable = true }
                settle()
            }
        }
    }

    // MARK: Time

    private mutating func keepTicking() {
        guard !isTicking, isStarting || isRunning,
            isStarting || isFollowing || fetch != nil || behindSince != nil || unresolved != nil || ending.proven != nil
                || flights.contains(where: { !$0.isCommitted })
        else { return }
        isTicking = true
        effects.append(.setTimer(token(for: .tick), afterMilliseconds: ReplicaLimits.tickMilliseconds))
    }

    private mutating func ticked() {
        isTicking = false
        announceAgain()
        giveUpEpoch()
        askAgain()
        synchronise()
        repeatResults()
    }

    func isLate(_ instant: Instant) -> Bool {
        now.monotonic >= instant.advanced(byMilliseconds: ReplicaLimits.lateMilliseconds)
    }
}
