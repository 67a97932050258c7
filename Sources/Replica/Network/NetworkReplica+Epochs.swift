internal import Consensus
internal import Cryptography
internal import Dissemination
internal import Ledger
internal import Primitives

/// What is known of the end of the present epoch.
struct Ending: Sendable {
    /// Its last decision, by this node's own execution.
    var decision: UInt64?
    /// What follows, and the height of its last block, once that is executed.
    var next: EpochConfiguration?
    var height: UInt64?
    /// Of its last block.
    var certificate: BlockCertificate?
    /// Its last decision, by the certificate of its last block that a peer gave, and when that came.
    var proven: (decision: UInt64, at: Instant)?
    /// Whose such certificates are being checked, one of each, and whose were false.
    var checking: [UInt32] = []
    var liars: [UInt32] = []
    /// Whether those who order in this epoch are known to hold what was before it.
    var isRelieved = false
}

// An epoch ends with a decision that all know of before anybody could vote beyond it. Who has the blocks up to there in
// its logs goes on to the next epoch at once, and tells the others; whoever is still in the one before, be it for being
// slow or for having been away, is shown the certificate of its last block and takes the rest from its peers.
extension NetworkReplica {
    /// Takes note of what execution says of the epoch's end.
    mutating func noteEnding(_ decision: ExecutedDecision) {
        guard terms.plant != .ignoresEnd else { return }
        if let next = decision.nextEpoch {
            ending.next = next
            ending.height = decision.heights.upperBound
        }
        guard let end = decision.epochEnd, ending.decision == nil else { return }
        ending.decision = end
        giveEngine(.stopAt(decision: end))
        giveDissemination(.reach(decision: end))
    }

    /// Goes on to the next epoch once the last block of this one is in the logs.
    mutating func enterIfEnded() {
        let isEarly = terms.plant == .entersBeforeCertified
        guard let next = ending.next, let end = ending.decision, !isHalted,
            (isEarly ? head.height : loggedHeight) == ending.height, isInvited(to: next)
        else { return }
        if isEarly { flights = [] }
        (decided, logged, executed) = (end, end, end)
        let certificate = ending.certificate
        let before = terms.otherNodes
        enter(next)
        // Those who have it already need no second proof; those who don't might wait for long.
        guard let certificate else { return }
        let others = before + terms.otherNodes.filter { !before.contains($0) }
        send(.epochEnd(certificate), toNodes: others)
    }

    /// Whether an epoch may be the one of the invitation; it halts if not.
    mutating func isInvited(to epoch: EpochConfiguration) -> Bool {
        guard let invitation = terms.invitation, invitation.epoch == epoch.number else { return true }
        let digest = epoch.digest(in: terms.chain.suite)
        guard digest != invitation.digest else { return true }
        halt(.otherEpoch(number: epoch.number, entered: digest, invited: invitation.digest))
        return false
    }

    private mutating func enter(_ next: EpochConfiguration) {
        for ticket in asked + reads.map(\.ticket) { effects.append(.readable(ticket, decision: nil)) }
        (asked, reads) = ([], [])
        let unordered = disseminator.takeUnordered(at: now.wall)
        terms = terms.next(
            next, after: logged, loggedHeight: loggedHeight, records: journal.engineRecords(of: next.number))
        // Whoever has not begun has not been heard either, and an old copy must not catch up with what it was.
        if hasBegun || terms.plant == .raisesUnheard {
            incarnation = min(incarnation, ConsensusLimits.numberMax - 1) + 1
        }
        engine = engines(next)
        status = engine.status
        disseminator = Disseminator(
            terms.dissemination(journal, incarnation: incarnation, lastDecision: logged, frontier: LaneFrontier()),
            plant: disseminationPlant)
        // Whoever does not order any more leaves it to its clients to ask others.
        if terms.orderer != nil { for signed in unordered { _ = disseminator.mempool.insert(signed) } }
        results = ResultCollector(
            epoch: terms.plant == .keepsCertifiers ? terms.genesis.epoch : next, suite: terms.chain.suite,
            certified: loggedHeight, plant: terms.plant)
        starts = terms.knownStarts(journal)
        (fetch, behindSince, neededUpTo) = (nil, nil, 0)
        (synchroniser, replaying, blocksAskedOf) = (nil, [], nil)
        arrived = ArrivedDecisions(logged: [])
        ending = Ending()
        forgetAwaited()
        noteRole()
        takeOverDecisions()
        hasBegun = false
        stage = .raising
        effects.append(.entered(next))
        persist([.incarnation(incarnation)], then: .incarnation)
    }

    /// Answers to what the epoch before asked for mean nothing in this one.
    private mutating func forgetAwaited() {
        steps.removeAll()
        awaited = awaited.filter { !$0.value.isOfEpoch }
        for index in persisting.indices { persisting[index].then = .nothing }
    }

    // MARK: Who is behind, and who is ahead

    /// A message of another epoch: its sender is shown that that one has ended, or is asked for what is missing here.
    mutating func heed(_ epoch: UInt64, from node: UInt32) {
        guard isRunning || isStarting else { return }
        if epoch < terms.epoch.number {
            guard served[Int(node)].allowsEpochEnd(at: now.monotonic) else { return }
            effects.append(.serveEpochEnd(to: node, epoch: epoch))
        } else if case .starting(let starting) = stage, let announcement = starting.announcement {
            // The answer says how this epoch has ended.
            guard served[Int(node)].allowsEpochEnd(at: now.monotonic) else { return }
            send(.starting(announcement), toNodes: [node])
        } else if terms.orderer != nil, fetch == nil, decided < ending.decision ?? .max, isRunning {
            ask(node, from: decided + 1)
        }
    }

    /// Somebody shows that the epoch has ended.
    mutating func take(epochEnd certificate: BlockCertificate, from node: UInt32) {
        let statement = certificate.statement
        guard statement.epoch == terms.epoch.number, statement.genesis == terms.chain.genesis,
            statement.nextEpoch != .zero, ending.proven == nil, !ending.checking.contains(node),
            !ending.liars.contains(node)
        else { return }
        guard statement.decision <= ConsensusLimits.numberMax,
            let checks = try? terms.epoch.checks(of: certificate, on: terms.chain)
        else { return effects.append(.refused(from: node, .wrongCertificate)) }
        ending.checking.append(node)
        effects.append(.verify(token(for: .epochEnd(certificate, from: node)), checks))
    }

    mutating func checked(_ certificate: BlockCertificate, from node: UInt32, _ mask: [Bool]) {
        ending.checking.removeAll { $0 == node }
        guard mask.count == certificate.signatures.count, mask.allSatisfy({ $0 }) else {
            ending.liars.append(node)
            return effects.append(.refused(from: node, .wrongSignature))
        }
        guard ending.proven == nil else { return }
        ending.proven = (certificate.statement.decision, now.monotonic)
        results.take(certificate)
        examine(certificate.statement.height)
        settle()
        if isStarting {
            // There is nothing more to be signed, and nobody who would have to know of this start.
            follow()
        } else if isFollowing {
            noteBlocks(upTo: certificate.statement.height, at: node)
        }
    }

    /// Who is in an epoch that has ended, and gets no further by itself, goes on as a follower.
    mutating func giveUpEpoch() {
        guard terms.orderer != nil, let proven = ending.proven, isLate(proven.at) else { return }
        if decided < proven.decision || flights.contains(where: { $0.order == nil }) { follow() }
    }

    /// Who ordered before and does not now need not serve those who do once these have certified a block by themselves.
    mutating func noteSuccession() {
        guard terms.origin > 0, terms.place == nil, !ending.isRelieved else { return }
        ending.isRelieved = true
        effects.append(.isRelieved(epoch: terms.epoch.number))
    }
}

extension NetworkReplica.Terms {
    /// What dissemination begins with in this epoch.
    func dissemination(
        _ journal: JournalContents, incarnation: UInt64, lastDecision: UInt64, frontier: LaneFrontier
    ) -> DisseminationStart {
        DisseminationStart(
            epoch: epoch, context: context, terms: chain, own: orderer, incarnation: incarnation,
            lastDecision: lastDecision, frontier: frontier, records: journal.batchRecords(of: epoch.number),
            seed: seed)
    }

    /// What the journal holds of others' starts.
    func knownStarts(_ journal: JournalContents) -> [KnownStarts] {
        (0..<UInt32(count)).map { KnownStarts(last: journal.start(of: $0, in: epoch.number), isDurable: true) }
    }
}
