internal import Cryptography
internal import Ledger
internal import Primitives

// Which state.
extension Joiner {
    /// What several peers offer.
    private struct Candidate {
        let certificate: BlockCertificate
        var peers: [UInt32] = []
        /// How many turns those had who had the fewest.
        var turns = UInt64.max

        var statement: ResultStatement { certificate.statement }
    }

    mutating func askForOffers() {
        for node in usable where peers[Int(node)].offers.isDue(at: now) && !peers[Int(node)].isVerifyingOffer {
            peers[Int(node)].offers.ask(at: now)
            send(.fetchOffer, to: node)
        }
    }

    mutating func take(_ offer: SnapshotOffer, from node: UInt32) {
        let question = peers[Int(node)].offers
        // Who was asked for what it does not have any more says so by what it has.
        if question.askedAt == nil, let last = question.answeredAt,
            now < last.advanced(byMilliseconds: ReplicaLimits.joinerOfferPauseMilliseconds)
        {
            return
        }
        peers[Int(node)].hasNoSnapshot = offer.snapshot == nil
        peers[Int(node)].offers.answer(at: now)
        guard !peers[Int(node)].isVerifyingOffer else { return }
        peers[Int(node)].offer = nil
        noteKept(offer.snapshot, by: node)
        guard let snapshot = offer.snapshot, let epochs, snapshot.height > start.above else { return }
        let statement = snapshot.certificate.statement
        guard statement.epoch <= epochs.newest.number else {
            // Nobody is believed before the epoch is proven, by this peer if no other.
            return peers[Int(node)].handOvers.forget()
        }
        guard isBelievable(statement) else {
            // Of an epoch that has ended: another is being cut.
            let pause = ReplicaLimits.joinerOldOfferMilliseconds
            return peers[Int(node)].offers.answer(at: now, againAfterMilliseconds: pause)
        }
        do throws(ProofError) {
            let checks = try epochs.checks(of: snapshot.certificate)
            if isVerified(statement) || plant == .believesUncertifiedSnapshot { return accept(snapshot, from: node) }
            peers[Int(node)].isVerifyingOffer = true
            verify(checks, .offer(snapshot, from: node))
        } catch { refuse(node, .proof(error)) }
    }

    /// Whether those who signed a statement are believed: those of the newest epoch, or those of the one before about
    /// the end of it, by which the newest itself is believed.
    private func isBelievable(_ statement: ResultStatement) -> Bool {
        guard let epochs else { return false }
        if plant == .believesOldEpoch { return epochs[statement.epoch] != nil }
        let isNewest = statement.epoch == epochs.newest.number
        return isNewest
            || statement.epoch == epochs.newest.number - 1 && epochs.end(of: statement.epoch) == statement
    }

    private func isVerified(_ statement: ResultStatement) -> Bool {
        epochs?.end(of: statement.epoch) == statement || attempt?.certificate.statement == statement
            || peers.contains { $0.offer?.certificate.statement == statement }
    }

    mutating func checked(_ snapshot: OfferedSnapshot, from node: UInt32, _ isTrue: Bool) {
        peers[Int(node)].isVerifyingOffer = false
        guard isTrue else { return refuse(node, .proof(.wrongSignature)) }
        accept(snapshot, from: node)
    }

    private mutating func accept(_ snapshot: OfferedSnapshot, from node: UInt32) {
        guard !peers[Int(node)].isLiar else { return }
        let statement = snapshot.certificate.statement
        let others =
            peers.compactMap { $0.offer?.certificate.statement } + (attempt.map { [$0.certificate.statement] } ?? [])
        if let other = others.first(where: { $0.height == statement.height && $0 != statement }) {
            let failure = JoinerFailure.contradictoryResults(
                height: statement.height, other.digest(in: chain.suite), statement.digest(in: chain.suite))
            giveUp()
            return inquire(.contradiction(failure))
        }
        peers[Int(node)].offer = snapshot
        if offeredAt == nil { offeredAt = now }
        if attempt?.certificate.statement == statement { join(node, snapshot.manifest) }
    }

    // MARK: Inquiries

    /// Those who signed may have been replaced meanwhile, and their keys be anybody's: before it is acted upon what they
    /// have signed all are asked whether there is another epoch. Who never answers is not waited for again.
    private mutating func inquire(_ purpose: Inquiry.Purpose) {
        inquiry = Inquiry(purpose: purpose, since: now)
        for index in peers.indices where !peers[index].isVerifyingHandOvers { peers[index].handOvers.forget() }
        askForHandOvers()
    }

    /// Another epoch that is proven ends it, too.
    mutating func endInquiry() {
        guard let inquiry else { return }
        let areAsked = usable.allSatisfy { node in
            let peer = peers[Int(node)]
            return !peer.isVerifyingHandOvers && peer.handOvers.isSettled(since: inquiry.since)
        }
        guard areAsked || isPatienceOver(since: inquiry.since) else { return }
        self.inquiry = nil
        switch inquiry.purpose {
        case .contradiction(let failure): end(.failed(failure))
        case .choice(let statement):
            if let candidate = candidates.first(where: { $0.statement == statement }) { begin(candidate) }
        }
    }

    // MARK: Turns

    /// What may be begun, in no order.
    private var candidates: [Candidate] {
        var candidates: [Candidate] = []
        for node in usable {
            guard let offer = peers[Int(node)].offer, isBelievable(offer.certificate.statement) else { continue }
            let index = candidates.firstIndex { $0.statement == offer.certificate.statement } ?? candidates.count
            if index == candidates.count { candidates.append(Candidate(certificate: offer.certificate)) }
            candidates[index].peers.append(node)
            candidates[index].turns = min(candidates[index].turns, peers[Int(node)].turns)
        }
        return candidates
    }

    /// Chooses what had the fewest turns, or of these what most offer, or of these the highest.
    mutating func choose() {
        guard attempt == nil, inquiry == nil, !isEnded else { return }
        let best = candidates.min { left, right in
            (left.turns, right.peers.count, right.statement.height)
                < (right.turns, left.peers.count, left.statement.height)
        }
        guard let best, let offeredAt else { return }
        let isPatient = now < offeredAt.advanced(byMilliseconds: ReplicaLimits.joinerOffersMilliseconds)
        if isPatient, !usable.allSatisfy({ peers[Int($0)].offers.isSettled && !peers[Int($0)].isVerifyingOffer }) {
            return
        }
        inquire(.choice(best.statement))
    }

    private mutating func begin(_ best: Candidate) {
        nothingSince = nil
        attempt = Attempt(
            number: nextAttempt(), certificate: best.certificate,
            fetcher: SnapshotFetcher(certified: best.statement, suite: chain.suite),
            doublings: min(best.turns, ReplicaLimits.joinerTurnDoublingsMax), begunAt: now, progressAt: now)
        for node in best.peers {
            guard let offer = peers[Int(node)].offer else { continue }
            join(node, offer.manifest)
        }
    }

    /// Ends a turn that does not get on, if there is something else to be begun, or that nobody can help on.
    mutating func endTurn() {
        guard let attempt, !isEnded else { return }
        let stall = ReplicaLimits.joinerStallMilliseconds << attempt.doublings
        let turn = ReplicaLimits.joinerTurnMilliseconds << attempt.doublings
        let isOver =
            now >= attempt.progressAt.advanced(byMilliseconds: stall)
            || now >= attempt.begunAt.advanced(byMilliseconds: turn)
        let hasOthers = candidates.contains { $0.statement != attempt.certificate.statement }
        // Those who have gone without a word do not even say any more what they offer.
        let isLate = now >= attempt.progressAt.advanced(byMilliseconds: ReplicaLimits.snapshotLateMilliseconds)
        let areSilent = isLate && attempt.isHere.allSatisfy { peers[Int($0)].offers.wasLate }
        let isAbandoned = attempt.isHere.isEmpty || areSilent && hasOthers
        // Blocks are had of others as well.
        guard attempt.tail == nil && isAbandoned || isOver && hasOthers else { return }
        giveUp()
    }

    /// Lets go of the present state. Whoever offered it has its turn after others.
    mutating func giveUp() {
        guard let attempt else { return }
        for node in attempt.offering where peers[Int(node)].turns < .max { peers[Int(node)].turns += 1 }
        self.attempt = nil
        (offeredAt, nothingSince) = (now, now)
        for index in peers.indices { peers[index].tail.forget() }
    }

    /// There is nothing to begin with: it executes from the beginning.
    mutating func endWithNothing() {
        guard attempt == nil, inquiry == nil, !isEnded, let since = nothingSince, let epochs else { return }
        guard candidates.isEmpty else { return nothingSince = now }
        let isOver = now >= since.advanced(byMilliseconds: ReplicaLimits.joinerNothingMilliseconds)
        let answered = usable.filter { peers[Int($0)].offers.answeredAt.map { $0 >= since } ?? false }
        // There is no need to wait for more than all, none of whom has any.
        let haveAllNone =
            answered.count == start.nodeCount - 1
            && answered.allSatisfy { peers[Int($0)].hasNoSnapshot }
        // Who hears from nobody knows nothing of what they have.
        guard !answered.isEmpty, isOver || haveAllNone else { return }
        end(.followFromGenesis(epochs: epochs.configurations))
    }

    // MARK: Who has the present state

    private mutating func join(_ node: UInt32, _ manifest: Digest) {
        if attempt?.offering.contains(node) == false { attempt?.offering.append(node) }
        if attempt?.isHere.contains(node) == false { attempt?.isHere.append(node) }
        giveFetcher(.offered(manifest, by: node))
    }

    /// It is to be asked again, as far as it has it still.
    mutating func offerAgain(_ node: UInt32) { peers[Int(node)].offers.forget() }

    mutating func leave(_ node: UInt32) {
        attempt?.isHere.removeAll { $0 == node }
        giveFetcher(.left(node))
    }

    /// A peer says what it has: the present state, too, or not any more.
    private mutating func noteKept(_ snapshot: OfferedSnapshot?, by node: UInt32) {
        guard let attempt, attempt.isHere.contains(node) else { return }
        let height = attempt.certificate.statement.height
        if let snapshot, snapshot.oldest <= height, height <= snapshot.height { return }
        leave(node)
    }

    // MARK: Chunks

    mutating func giveFetcher(_ input: SnapshotFetcherInput) {
        guard var attempt, attempt.tail == nil else { return }
        var asked: [SnapshotFetcherEffect] = []
        attempt.fetcher.handle(input, at: now, into: &asked)
        self.attempt = attempt
        for effect in asked where self.attempt?.number == attempt.number { perform(effect) }
    }

    private mutating func perform(_ effect: SnapshotFetcherEffect) {
        guard let attempt else { return }
        let statement = attempt.certificate.statement
        switch effect {
        case .askManifest(let node): send(.fetchManifest(height: statement.height), to: node)
        case .askChunk(let index, let node): send(.fetchChunk(height: statement.height, index: index), to: node)
        case .begin(let manifest):
            self.attempt?.progressAt = now
            effects.append(.begin(attempt: attempt.number, statement, manifest))
        case .store(let chunk):
            self.attempt?.progressAt = now
            effects.append(.store(attempt: attempt.number, chunk))
        case .lied(let node, let fault): refuse(node, .snapshot(fault))
        case .done:
            self.attempt?.progressAt = now
            self.attempt?.tail = TailProgress(certified: statement, genesis: start.genesis)
        }
    }
}
