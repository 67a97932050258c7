internal import Cryptography
internal import Ledger
internal import Primitives

/// What engines that vote in views under leaders do alike: give a view its time, wish for another, and enter it with a
/// quorum.
protocol VotingMachine: EngineMachine {
    var terms: OrdererTerms { get }
    var decided: UInt64 { get }
    /// Up to here decisions are executed, and their results certain.
    var executed: UInt64 { get set }
    /// The epoch's last decision.
    var last: UInt64 { get set }
    var view: UInt64 { get }
    var pace: Pace { get set }
    /// Whether work was reported that has not been ordered, as far as is known.
    var hasWork: Bool { get set }
    /// Whether this node would have something to propose that nobody else waits for.
    var hasOffer: Bool { get set }
    /// Whether anything is to be expected of the leader.
    var isBusy: Bool { get }
    /// Up to where decisions were asked for.
    var neededUpTo: UInt64 { get set }
    /// A block that is missing, and whom to ask.
    var wanted: WantedBlock? { get set }

    // MARK: Inputs

    mutating func begin()
    mutating func receive(_ bytes: [UInt8], from peer: UInt32)
    mutating func expire(_ timer: Awaited, _ token: EngineToken)
    mutating func persisted(_ record: Awaited)
    mutating func signed(_ signed: Awaited, _ signature: Signature)
    mutating func verified(_ checked: Awaited, _ mask: [Bool])
    mutating func take(_ value: [UInt8]?, for asked: Awaited)
    mutating func judged(_ asked: Awaited, _ isValid: Bool)
    mutating func catchUp(_ decision: UInt64, _ value: [UInt8], _ proof: [UInt8]?)
    /// Does what has become possible.
    mutating func proceed()
    /// There is more to be asked for.
    mutating func noteWork()

    // MARK: What differs

    mutating func progressTimer() -> EngineToken
    /// For the check of votes that were collected, by who sent them.
    mutating func votesToken(_ vote: ConsensusVote, _ signers: [UInt32]) -> EngineToken
    mutating func requestTimer() -> EngineToken
    mutating func sendRequest(for wanted: WantedBlock, to holder: UInt32)
    mutating func enter(_ view: UInt64)
    /// Tells one, or all, of `pace.wish` and of what is decided here.
    mutating func sendWish(to peer: UInt32?)
    /// Proves the last decision to a peer; whether there is a proof.
    mutating func sendProof(to peer: UInt32) -> Bool
    /// Sends what a peer may have missed of the view.
    mutating func remind(_ peer: UInt32)
}

extension VotingMachine {
    mutating func handle(_ input: EngineInput) {
        switch input {
        case .start: begin()
        case .message(let peer, let bytes):
            setMissing(peer, false)
            receive(bytes, from: peer)
        case .timer(let token): if let timer = answered(token) { expire(timer, token) }
        case .persisted(let token): if let record = answered(token) { persisted(record) }
        case .signed(let token, let signature): if let signed = answered(token) { self.signed(signed, signature) }
        case .verified(let token, let mask): if let checked = answered(token) { verified(checked, mask) }
        case .pending: takeWork()
        case .offer:
            hasOffer = true
            noteWork()
        // No node alone knows what the others have decided.
        case .read(let token): effects.append(.readable(token, decision: nil))
        case .value(let token, let value): if let asked = answered(token) { take(value, for: asked) }
        case .validity(let token, let isValid): if let asked = answered(token) { judged(asked, isValid) }
        case .executed(let decision): executed = max(executed, min(decision, decided))
        case .stopAt(let decision): last = min(last, decision)
        case .caughtUp(let decision, let value, let proof): catchUp(decision, value, proof)
        case .suspect(let orderer): suspect(orderer)
        case .connected(let peer):
            setMissing(peer, false)
            greet(peer)
        case .disconnected(let peer): miss(peer)
        }
        proceed()
    }

    // MARK: Votes

    /// Has votes checked, together, once they would be enough; gives the certificate if all are.
    mutating func complete(_ collector: inout VoteCollector) -> VoteCertificate? {
        guard !collector.isChecking, terms.isQuorum(signers(of: collector)) else { return nil }
        let unchecked = collector.unchecked
        guard !unchecked.isEmpty else {
            return VoteCertificate(vote: collector.vote, signatures: collector.signatures)
        }
        collector.isChecking = true
        let checks = unchecked.compactMap { voter in
            collector.votes[Int(voter)].map { terms.check($0.vote, $0.signature, by: voter) }
        }
        effects.append(.verify(votesToken(collector.vote, unchecked), checks))
        return nil
    }

    private func signers(of collector: VoteCollector) -> [UInt32] {
        let voters = collector.voters
        return terms.plant == .countsSignerTwice ? voters + voters.prefix(collector.repeatCount) : voters
    }

    // MARK: Work and progress

    mutating func takeWork() {
        hasWork = true
        noteWork()
        pace.waitingSince = pace.waitingSince ?? now
    }

    var timeoutMilliseconds: UInt64 {
        let base = terms.configuration.viewTimeoutMilliseconds
        return min(base << pace.backoff, terms.configuration.viewTimeoutMillisecondsMax)
    }

    /// A decision was made: time runs anew.
    mutating func noteProgress() {
        measure()
        pace.decisionsInView += 1
        pace.failures = 0
        if pace.backoff > 0 { pace.backoff -= 1 }
        pace.wish = view
        if let own = terms.own { pace.wishes[Int(own)] = view }
        pace.skippedUpTo[Int(terms.leader(of: view))] = 0
        pace.deadline.clear()
    }

    /// Lets time run while anything is to be expected.
    mutating func keepTime() {
        guard isBusy, decided < last, terms.own != nil else {
            pace.deadline.clear()
            pace.waitingSince = nil
            return
        }
        pace.waitingSince = pace.waitingSince ?? now
        if pace.deadline.instant == nil { keepDeadline() }
    }

    /// Gives the view its time from now on.
    mutating func keepDeadline() { keepDeadline(now.advanced(byMilliseconds: timeoutMilliseconds)) }

    private mutating func keepDeadline(_ instant: Instant) {
        guard let delay = pace.deadline.move(to: instant, at: now) else { return }
        let token = progressTimer()
        pace.deadline.set(token, afterMilliseconds: delay, at: now)
        effects.append(.setTimer(token, afterMilliseconds: delay))
    }

    mutating func expireProgress(_ token: EngineToken) {
        switch pace.deadline.fired(token, at: now) {
        case .stale: return
        case .early: if let instant = pace.deadline.instant { keepDeadline(instant) }
        case .due:
            pace.deadline.clear()
            guard isBusy, decided < last else { return }
            neededUpTo = 0
            giveUpOnLeader()
        }
    }

    /// Whether a decision is not too far ahead of execution, nor beyond the epoch: rule 4 of either engine.
    func isWithinGate(_ decision: UInt64) -> Bool {
        let slack: UInt64 = terms.plant == .gateOffByOne ? 1 : 0
        guard terms.plant != .votesBeforeGate else { return decision <= last }
        return decision <= last && decision <= executed + ConsensusLimits.executionLagDecisions + slack
    }

    // MARK: Wishes

    /// Wishes for another view, or says so again.
    mutating func giveUpOnLeader() {
        if pace.wish <= view {
            fail(terms.leader(of: view))
            pace.wish = nextView
        }
        sendWish(to: nil)
        hearOwn()
        keepDeadline()
    }

    mutating func fail(_ leader: UInt32) {
        pace.skippedUpTo[Int(leader)] = decided + ConsensusLimits.failureMemoryDecisions
    }

    // MARK: Who is gone

    private mutating func setMissing(_ peer: UInt32, _ isMissing: Bool) {
        if peer < terms.count, peer != terms.own { pace.isMissing[Int(peer)] = isMissing }
    }

    /// A leader that is gone need not be waited for.
    private mutating func miss(_ peer: UInt32) {
        setMissing(peer, true)
        if peer == terms.leader(of: view), terms.own != nil, terms.own != peer, pace.wish <= view { giveUpOnLeader() }
    }

    /// The next view whose leader is not gone, nor has failed lately; at most as many are skipped as may be faulty, and
    /// none once all have failed.
    private var nextView: UInt64 {
        var next = view + 1
        guard pace.failures < UInt64(terms.count) else { return next }
        var skipped = 0
        while skipped < terms.rule.faultCountMax, isPassedOver(terms.leader(of: next)) {
            next += 1
            skipped += 1
        }
        return next
    }

    private func isPassedOver(_ leader: UInt32) -> Bool {
        pace.isMissing[Int(leader)] || pace.skippedUpTo[Int(leader)] > decided
    }

    mutating func heedWish(_ wish: UInt64, decided theirs: UInt64, from peer: UInt32) {
        let place = Int(peer)
        if theirs < decided { tell(peer) }
        // It says that it is ahead: it will prove it to whoever says that he is behind.
        if theirs > decided, now >= pace.inquiredUntil[place] {
            pace.inquiredUntil[place] = pauseEnd
            sendWish(to: peer)
        }
        if wish < view { sendWish(to: peer) }
        if wish == view { remindInTime(peer) }
        hear(wish, from: peer)
        // A leader that gives itself up need not be waited for, and may be the only one that has something to propose.
        if wish > view, peer == terms.leader(of: view), pace.wish <= view { giveUpOnLeader() }
    }

    /// Takes note of a peer's wish: joins those who are surely not all faulty, and enters what a quorum wants.
    mutating func hear(_ wish: UInt64, from peer: UInt32) {
        guard wish > pace.wishes[Int(peer)] else { return }
        pace.wishes[Int(peer)] = wish
        hearOwn()
    }

    private mutating func hearOwn() {
        guard let own = terms.own else { return }
        let joined = terms.highest(pace.wishes) { terms.rule.isAvailable($0) }
        if joined > pace.wish {
            pace.wish = joined
            pace.wishes[Int(own)] = joined
            sendWish(to: nil)
        }
        pace.wishes[Int(own)] = pace.wish
        let wanted = terms.highest(pace.wishes) { terms.rule.isQuorum($0) }
        if wanted > view { enter(wanted) }
    }

    /// Not more often than it can be of use.
    mutating func remindInTime(_ peer: UInt32) {
        guard now >= pace.remindedUntil[Int(peer)] else { return }
        pace.remindedUntil[Int(peer)] = pauseEnd
        remind(peer)
    }

    /// Tells a peer that is behind of the newest decision, not more often than it can be of use.
    mutating func tell(_ peer: UInt32) {
        guard now >= pace.toldUntil[Int(peer)], sendProof(to: peer) else { return }
        pace.toldUntil[Int(peer)] = pauseEnd
    }

    /// Until when a peer is not told the same again.
    private var pauseEnd: Instant { now.advanced(byMilliseconds: terms.configuration.viewTimeoutMilliseconds / 4) }

    /// A new connection: what was said before may be lost.
    mutating func greet(_ peer: UInt32) { if peer < terms.count, peer != terms.own { sendWish(to: peer) } }

    /// Keeps the last vote of each orderer. Whoever is shown it checks the signature.
    mutating func hold(_ signed: SignedVote, of orderer: UInt32, in held: WritableKeyPath<Self, [SignedVote?]>) {
        if signed.vote.isAbove(self[keyPath: held][Int(orderer)]?.vote) {
            self[keyPath: held][Int(orderer)] = signed
        }
    }

    /// The highest of an orderer's votes that this node has, among certificates and what came of it last.
    func newestVote(of orderer: UInt32, _ held: SignedVote?, in certificates: [VoteCertificate]) -> SignedVote? {
        var votes = [held].compactMap { $0 }
        for certificate in certificates {
            guard let signature = certificate.signatures.first(where: { $0.orderer == orderer }) else { continue }
            votes.append(SignedVote(vote: certificate.vote, signature: signature.signature))
        }
        return votes.max { ($0.vote.view, $0.vote.decision) < ($1.vote.view, $1.vote.decision) }
    }

    // MARK: What is missing

    mutating func need(upTo decision: UInt64) {
        guard decision > neededUpTo else { return }
        neededUpTo = decision
        effects.append(.needDecisions(from: decided + 1, upTo: decision))
    }

    /// Asks one after another of those who must have it; after a while, for decisions instead.
    mutating func request() {
        guard var wanted else { return }
        guard wanted.requestCount < ConsensusLimits.blockRequestsMax + wanted.holders.count else {
            self.wanted = nil
            neededUpTo = max(neededUpTo, decided + 1)
            effects.append(.needDecisions(from: decided + 1, upTo: decided + 1))
            return
        }
        let start = Int(view % UInt64(wanted.holders.count))
        let holder = wanted.holders[(start + wanted.requestCount) % wanted.holders.count]
        let timer = requestTimer()
        (wanted.requestCount, wanted.timer) = (wanted.requestCount + 1, timer)
        self.wanted = wanted
        sendRequest(for: wanted, to: holder)
        effects.append(.setTimer(timer, afterMilliseconds: terms.configuration.viewTimeoutMilliseconds / 4))
    }

    // MARK: Slow leaders

    /// The node sees that an orderer leaves out what it must not.
    mutating func suspect(_ orderer: UInt32) {
        guard orderer == terms.leader(of: view), orderer != terms.own, !pace.isSuspecting else { return }
        pace.isSuspecting = true
        giveUpOnLeader()
    }

    /// Measures the leader by its last decisions: one that takes several times as long as any did before, itself among
    /// them, must go. Where all have become slow each goes once, and then none.
    private mutating func measure() {
        let leader = terms.leader(of: view)
        guard let since = pace.waitingSince else { return }
        pace.waitingSince = now
        pace.sampleCount += 1
        pace.sampleNanoseconds += now.nanoseconds - min(now.nanoseconds, since.nanoseconds)
        guard pace.sampleCount == ConsensusLimits.measuredDecisions else { return }
        let average = pace.sampleNanoseconds / pace.sampleCount
        (pace.sampleCount, pace.sampleNanoseconds) = (0, 0)
        let configuration = terms.configuration
        let expected =
            pace.figures.lazy.compactMap({ $0 }).min().map { $0 * ConsensusLimits.slownessFactor }
            ?? configuration.viewTimeoutMilliseconds * 1_000_000 / 4
        pace.figures[Int(leader)] = average
        if average > max(expected, configuration.slowDecisionMilliseconds * 1_000_000) { suspect(leader) }
    }
}
