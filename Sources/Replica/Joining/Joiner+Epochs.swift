internal import Cryptography
internal import Ledger
internal import Primitives

// Who certifies now.
extension Joiner {
    /// The one that is believed without proof.
    var firstEpoch: UInt64 { invitation?.epoch ?? start.genesis.epoch.number }

    /// How long all peers together are given to say what they know of epochs: each has its turn to be asked, and one
    /// that connects anew another. Whoever does so again and again is not waited for.
    private var patienceMilliseconds: UInt64 {
        let together = ReplicaLimits.joinerAskedTogetherMax
        return UInt64((peers.count + together - 1) / together + 1) * ReplicaLimits.joinerLateMilliseconds
    }

    /// Whether all peers together have had their time since then.
    func isPatienceOver(since: Instant) -> Bool { now >= since.advanced(byMilliseconds: patienceMilliseconds) }

    /// Asks as many as may be asked at once, first of all whoever was not asked for the longest time.
    mutating func askForHandOvers() {
        var open = peers.count { $0.handOvers.askedAt != nil || $0.isVerifyingHandOvers }
        let turns = usable.sorted { (peers[Int($0)].handOversTurn, $0) < (peers[Int($1)].handOversTurn, $1) }
        for node in turns where open < ReplicaLimits.joinerAskedTogetherMax {
            let peer = peers[Int(node)]
            guard peer.handOvers.isDue(at: now), !peer.isVerifyingHandOvers else { continue }
            let first = peer.provesFrom ?? epochs?.newest.number ?? firstEpoch
            (peers[Int(node)].askedFrom, peers[Int(node)].handOversTurn) = (first, now)
            peers[Int(node)].handOvers.ask(at: now)
            send(.fetchHandOvers(from: first), to: node)
            open += 1
        }
    }

    /// Takes hand-overs in: that each names the next is checked at once, and the signatures of all are verified.
    mutating func take(_ answer: FetchedHandOvers, from node: UInt32) {
        guard peers[Int(node)].handOvers.askedAt != nil, peers[Int(node)].askedFrom == answer.first else { return }
        peers[Int(node)].handOvers.answer(at: now)
        guard begin(with: answer.configuration, of: answer.first, from: node), let epochs else { return }
        if answer.handOvers.isEmpty {
            (peers[Int(node)].provesFrom, peers[Int(node)].hasProven) = (nil, true)
            return
        }
        do throws(ProofError) {
            let checks = try Self.checks(of: answer, after: epochs)
            guard !checks.isEmpty else { return advance(node, beyond: answer) }
            peers[Int(node)].isVerifyingHandOvers = true
            verify(checks, .handOvers(answer, from: node))
        } catch { refuse(node, .proof(error)) }
    }

    /// Checks what a peer says that the epoch is which it was asked from. False if there is nothing more to be had of it.
    private mutating func begin(with configuration: EpochConfiguration?, of number: UInt64, from node: UInt32) -> Bool {
        guard let configuration else {
            // It does not know the epoch: it is behind.
            peers[Int(node)].hasProven = true
            return false
        }
        guard let epochs else { return invite(configuration, by: node) }
        guard epochs[number] != configuration else { return true }
        // It may have been led another way, or lie: it is to prove what it says from the beginning on. What it has
        // just proven itself is what is known here.
        guard number != firstEpoch, peers[Int(node)].provesFrom == nil else {
            refuse(node, .otherEpoch(number))
            return false
        }
        (peers[Int(node)].provesFrom, peers[Int(node)].hasProven) = (firstEpoch, false)
        peers[Int(node)].handOvers.forget()
        return false
    }

    /// Begins with the epoch of the invitation if this is it.
    private mutating func invite(_ configuration: EpochConfiguration, by node: UInt32) -> Bool {
        guard let invitation else { return false }
        guard configuration.digest(in: chain.suite) == invitation.digest else {
            refuse(node, .otherEpoch(invitation.epoch))
            return false
        }
        do throws(ProofError) {
            epochs = try KnownEpochs(genesis: start.genesis, configuration, by: invitation)
            learntAt = now
            return true
        } catch .epochNotAllowed(let error) {
            end(.failed(.epochNotAllowed(error)))
        } catch { end(.failed(.wrongInvitation(epoch: invitation.epoch))) }
        return false
    }

    /// What must be verified of hand-overs; nothing for those that are known to hold.
    private static func checks(
        of answer: FetchedHandOvers, after epochs: KnownEpochs
    ) throws(ProofError) -> [SignatureCheck] {
        guard var walk = epochs.prefix(through: answer.first) else { throw .unknownEpoch(answer.first) }
        var checks: [SignatureCheck] = []
        for handOver in answer.handOvers {
            let statement = handOver.certificate.statement
            let required = try walk.checks(of: handOver.certificate)
            if epochs.end(of: statement.epoch) != statement { checks += required }
            try walk.enter(handOver.next, by: statement)
        }
        return checks
    }

    /// Asks a peer for what follows the hand-overs that it gave.
    private mutating func advance(_ node: UInt32, beyond answer: FetchedHandOvers) {
        let next = answer.handOvers[answer.handOvers.count - 1].next.number
        if peers[Int(node)].provesFrom != nil { peers[Int(node)].provesFrom = next }
        peers[Int(node)].handOvers.forget()
    }

    mutating func checked(_ answer: FetchedHandOvers, from node: UInt32, _ isTrue: Bool) {
        peers[Int(node)].isVerifyingHandOvers = false
        guard isTrue else { return refuse(node, .proof(.wrongSignature)) }
        for handOver in answer.handOvers where !isEnded { enter(handOver) }
        guard !isEnded else { return }
        advance(node, beyond: answer)
    }

    /// Takes in a hand-over that is proven.
    private mutating func enter(_ handOver: HandOver) {
        let statement = handOver.certificate.statement
        if let end = epochs?.end(of: statement.epoch) {
            guard end != statement else { return }
            let isSame = end.nextEpoch == statement.nextEpoch
            return self.end(
                .failed(
                    .contradictoryHandOvers(
                        epoch: statement.epoch, isSame ? end.digest(in: chain.suite) : end.nextEpoch,
                        isSame ? statement.digest(in: chain.suite) : statement.nextEpoch)))
        }
        guard (try? epochs?.enter(handOver.next, by: statement)) != nil else { return }
        handOvers.append(handOver)
        handOverByteCount += handOver.canonicalBytes.count
        guard handOvers.count <= ReplicaLimits.provenHandOversMax,
            handOverByteCount <= start.provenByteCountMax
        else { return end(.failed(.tooManyHandOvers(epoch: handOver.next.number))) }
        learntAt = now
        noteEpoch()
    }

    /// Another epoch is known to have begun.
    private mutating func noteEpoch() {
        guard let epochs else { return }
        inquiry = nil
        for index in peers.indices {
            // What was offered of it could not be believed yet.
            if peers[index].offer == nil { peers[index].offers.forget() }
            // Nobody can have two successors of what came to an end otherwise.
            if let offer = peers[index].offer, (try? epochs.check(offer.certificate.statement)) == nil {
                peers[index].offer = nil
            }
        }
        // Its certifiers had gone when they signed that.
        if let attempt, (try? epochs.check(attempt.certificate.statement)) == nil { giveUp() }
    }

    /// Goes on to offers once all have said what they know of epochs, or have had their time to.
    mutating func settle() {
        guard !isSettled, epochs != nil, let learntAt else { return }
        let usable = usable
        guard usable.allSatisfy({ peers[Int($0)].isSettled }) || isPatienceOver(since: learntAt) else { return }
        let answered = usable.count { peers[Int($0)].handOvers.answeredAt != nil }
        let isLate = now >= learntAt.advanced(byMilliseconds: ReplicaLimits.joinerPollMilliseconds)
        guard answered > 0, answered >= min(2, usable.count) || isLate else { return }
        isSettled = true
        nothingSince = now
    }
}
