internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

/// A start that waits until enough others know of it.
struct Starting: Sendable {
    let nonce: UInt64
    /// Nil until it is signed.
    var announcement: StartAnnouncement?
    /// The engine with its records, which says what it knows of.
    let engine: any ConsensusEngine
    /// Those who have stored it, this node among them.
    var storedBy: [UInt32]
    /// Those whose answers are being checked: one of each.
    var checking: [UInt32] = []
    /// Those who showed what is not true: they are not heard any more.
    var liars: [UInt32] = []
    var sentAt: Instant
}

/// What this node knows of another's starts.
struct KnownStarts: Sendable {
    /// The one of the highest incarnation.
    var last: StartAnnouncement?
    var isDurable: Bool
    /// When it was last heeded that the node announced a start.
    var heardAt: Instant?
}

// Who was put back to an old copy of its disk has forgotten what it signed. So nobody signs anything until a quorum has
// stored that it starts, and none of them has something to show that this disk lacks.
extension NetworkReplica {
    mutating func announce() {
        guard let own = terms.orderer, terms.count > 1 else { return begin() }
        let nonce = Self.nonce(of: terms.seed, in: terms.context, terms.chain.suite)
        stage = .starting(
            Starting(
                nonce: nonce, announcement: nil, engine: startedEngine, storedBy: [own], sentAt: now.monotonic))
        let digest = StartAnnouncement.digest(
            place: own, incarnation: incarnation, nonce: nonce, in: terms.context, suite: terms.chain.suite)
        sign(digest, for: .start)
    }

    /// The seed is secret.
    private static func nonce(of seed: UInt64, in context: Digest, _ suite: Suite) -> UInt64 {
        var encoder = CanonicalEncoder(continuing: Array("cairn.start.nonce".utf8))
        encoder.encode(context)
        encoder.encode(seed)
        return suite.hash(encoder.bytes).words[0]
    }

    mutating func announced(_ signature: Signature) {
        guard case .starting(var starting) = stage, let own = terms.orderer else { return }
        let announcement = StartAnnouncement(
            place: own, incarnation: incarnation, nonce: starting.nonce, signature: signature)
        starting.announcement = announcement
        starting.sentAt = now.monotonic
        stage = .starting(starting)
        send(.starting(announcement), to: nil)
    }

    /// Says so again to those who have not answered.
    mutating func announceAgain() {
        guard case .starting(var starting) = stage, let announcement = starting.announcement,
            isLate(starting.sentAt)
        else { return }
        starting.sentAt = now.monotonic
        stage = .starting(starting)
        // All whom it knows: those who order with it may be gone, and others know why.
        let nodes = (0..<UInt32(terms.directory.count)).filter { node in
            node != terms.own && !(terms.place(of: node).map(starting.storedBy.contains) ?? false)
        }
        send(.starting(announcement), toNodes: nodes)
    }

    // MARK: Others' starts

    mutating func take(_ announcement: StartAnnouncement, from peer: UInt32) {
        guard announcement.place == peer, Int(peer) < starts.count,
            announcement.incarnation <= ConsensusLimits.numberMax
        else { return refuse(place: peer, .notItsPlace) }
        // Each costs a signature's check, a write and an answer.
        if let heardAt = starts[Int(peer)].heardAt,
            now.monotonic < heardAt.advanced(byMilliseconds: ReplicaLimits.startPauseMilliseconds)
        {
            return
        }
        starts[Int(peer)].heardAt = now.monotonic
        // Who begins an epoch later than this node has not heard of its own start.
        if case .starting(let starting) = stage, let own = starting.announcement, !starting.storedBy.contains(peer) {
            send(.starting(own), to: peer)
        }
        guard starts[Int(peer)].last == announcement else {
            return effects.append(.verify(token(for: .peerStart(announcement)), [check(announcement)]))
        }
        if starts[Int(peer)].isDurable { answer(announcement, other: nil) }
    }

    mutating func checked(_ announcement: StartAnnouncement, _ mask: [Bool]) {
        let peer = Int(announcement.place)
        guard mask == [true] else { return refuse(place: announcement.place, .wrongSignature) }
        if let last = starts[peer].last, last.incarnation >= announcement.incarnation {
            // At once, as there is nothing to store; but not before what is there is durable.
            if last != announcement || starts[peer].isDurable { answer(announcement, other: last) }
            return
        }
        (starts[peer].last, starts[peer].isDurable) = (announcement, false)
        persist([.peerStart(epoch: terms.epoch.number, announcement)], then: .peerStart(announcement))
    }

    mutating func stored(_ announcement: StartAnnouncement) {
        guard starts[Int(announcement.place)].last == announcement else { return }
        starts[Int(announcement.place)].isDurable = true
        answer(announcement, other: nil)
    }

    private mutating func answer(_ announcement: StartAnnouncement, other: StartAnnouncement?) {
        let place = announcement.place
        let answer = StartAnswer(
            nonce: announcement.nonce, other: other == announcement ? nil : other,
            result: terms.certifier(at: place).flatMap(results.newestResult), vote: heldVote(of: place))
        send(.started(answer), to: place)
    }

    private func check(_ announcement: StartAnnouncement) -> SignatureCheck {
        SignatureCheck(
            publicKey: terms.epoch.orderers[Int(announcement.place)],
            digest: StartAnnouncement.digest(
                place: announcement.place, incarnation: announcement.incarnation, nonce: announcement.nonce,
                in: terms.context, suite: terms.chain.suite), signature: announcement.signature)
    }

    // MARK: Their answers

    /// An answer may show what this disk lacks; this node's own signature proves it.
    mutating func take(_ answer: StartAnswer, from peer: UInt32) {
        guard case .starting(var starting) = stage, answer.nonce == starting.nonce,
            !starting.storedBy.contains(peer), !starting.checking.contains(peer), !starting.liars.contains(peer)
        else { return }
        var checks: [SignatureCheck] = []
        if let other = answer.other, other.place == terms.orderer, other.nonce != starting.nonce,
            other.incarnation >= incarnation
        {
            checks.append(check(other))
        }
        if let result = answer.result, let certifier = terms.certifier, isMissing(result.statement) {
            checks.append(
                SignatureCheck(
                    publicKey: terms.epoch.certifiers[Int(certifier)],
                    digest: result.statement.digest(in: terms.chain.suite), signature: result.signature))
        }
        if !answer.vote.isEmpty, let check = starting.engine.missingVote(answer.vote) { checks.append(check) }
        let isStored = answer.other.map { $0.incarnation < incarnation } ?? true
        guard !checks.isEmpty else { return heard(from: peer, isStored: isStored) }
        starting.checking.append(peer)
        stage = .starting(starting)
        effects.append(.verify(token(for: .startAnswer(from: peer, isStored: isStored)), checks))
    }

    private func isMissing(_ statement: ResultStatement) -> Bool {
        statement.genesis == terms.genesis.digest && statement.epoch == terms.epoch.number
            && statement.height > terms.loggedAtStart
            && ownResults[statement.height]?.digest != statement.digest(in: terms.chain.suite)
    }

    mutating func checked(answerFrom peer: UInt32, isStored: Bool, _ mask: [Bool]) {
        guard case .starting(var starting) = stage else { return }
        starting.checking.removeAll { $0 == peer }
        if mask.contains(false) {
            starting.liars.append(peer)
            refuse(place: peer, .wrongSignature)
        }
        stage = .starting(starting)
        guard mask.contains(true), terms.plant != .trustsOldCopy else { return heard(from: peer, isStored: isStored) }
        effects.append(.isOldCopy)
        // In the next epoch this disk knows no better what was signed.
        let keys = terms.plant == .remembersKeys ? [] : terms.forgetKeys()
        if !keys.isEmpty { persist(keys.map { .forgotten($0) }, then: .nothing) }
        follow()
    }

    private mutating func heard(from peer: UInt32, isStored: Bool) {
        guard case .starting(var starting) = stage else { return }
        if isStored || terms.plant == .trustsOldCopy { starting.storedBy.append(peer) }
        stage = .starting(starting)
        // What is being checked may be what this disk lacks.
        guard starting.checking.isEmpty else { return }
        if terms.epoch.ordererRule.isQuorum(SignerSet(starting.storedBy)) { begin() }
    }
}
