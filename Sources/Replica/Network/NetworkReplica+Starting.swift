internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

/// A start that waits until enough others know of it.
struct Starting: Sendable {
    let nonce: UInt64
    /// Nil until it is signed.
    var announcement: StartAnnouncement?
    /// Those who have stored it, this node among them.
    var storedBy: [UInt32]
    var sentAt: Instant
}

/// The last start of another node that this one has stored.
struct KnownStart: Sendable {
    let announcement: StartAnnouncement
    var isDurable: Bool
}

// Who was put back to an old copy of its disk has forgotten what it signed. So nobody signs anything until a quorum has
// stored that it starts, and none of them has something to show that this disk lacks.
extension NetworkReplica {
    mutating func announce() {
        guard let own = terms.orderer, terms.count > 1 else { return begin() }
        let nonce = Self.nonce(of: terms.seed, in: terms.chain.suite)
        stage = .starting(Starting(nonce: nonce, announcement: nil, storedBy: [own], sentAt: now.monotonic))
        let digest = StartAnnouncement.digest(
            place: own, incarnation: incarnation, nonce: nonce, in: terms.context, suite: terms.chain.suite)
        effects.append(.sign(token(for: .start), digest))
    }

    /// The seed is secret.
    private static func nonce(of seed: UInt64, in suite: Suite) -> UInt64 {
        var encoder = CanonicalEncoder(continuing: Array("cairn.start.nonce".utf8))
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
        for peer in 0..<UInt32(terms.count) where !starting.storedBy.contains(peer) {
            send(.starting(announcement), to: peer)
        }
    }

    // MARK: Others' starts

    mutating func take(_ announcement: StartAnnouncement, from peer: UInt32) {
        guard announcement.place == peer, Int(peer) < starts.count else {
            return effects.append(.refused(from: peer, .notItsPlace))
        }
        if let known = starts[Int(peer)], known.announcement == announcement {
            if known.isDurable { answer(announcement, other: nil) }
            return
        }
        effects.append(.verify(token(for: .peerStart(announcement)), [check(announcement)]))
    }

    mutating func checked(_ announcement: StartAnnouncement, _ mask: [Bool]) {
        let peer = Int(announcement.place)
        guard mask == [true] else { return effects.append(.refused(from: announcement.place, .wrongSignature)) }
        guard starts[peer].map({ $0.announcement.incarnation < announcement.incarnation }) ?? true else {
            // At once, as there is nothing to store.
            return answer(announcement, other: starts[peer]?.announcement)
        }
        starts[peer] = KnownStart(announcement: announcement, isDurable: false)
        persist([.peerStart(announcement)], then: .peerStart(announcement))
    }

    mutating func stored(_ announcement: StartAnnouncement) {
        guard starts[Int(announcement.place)]?.announcement == announcement else { return }
        starts[Int(announcement.place)]?.isDurable = true
        answer(announcement, other: nil)
    }

    private mutating func answer(_ announcement: StartAnnouncement, other: StartAnnouncement?) {
        let place = announcement.place
        let answer = StartAnswer(
            nonce: announcement.nonce, other: other == announcement ? nil : other,
            result: latestResults[Int(place)], vote: heldVote(of: place))
        send(.started(answer), to: place)
    }

    private func check(_ announcement: StartAnnouncement) -> SignatureCheck {
        SignatureCheck(
            publicKey: terms.genesis.epoch.orderers[Int(announcement.place)],
            digest: StartAnnouncement.digest(
                place: announcement.place, incarnation: announcement.incarnation, nonce: announcement.nonce,
                in: terms.context, suite: terms.chain.suite), signature: announcement.signature)
    }

    // MARK: Their answers

    /// An answer may show what this disk lacks; this node's own signature proves it.
    mutating func take(_ answer: StartAnswer, from peer: UInt32) {
        guard case .starting(let starting) = stage, answer.nonce == starting.nonce else { return }
        var checks: [SignatureCheck] = []
        if let other = answer.other, other.place == terms.orderer, other.nonce != starting.nonce,
            other.incarnation >= incarnation
        {
            checks.append(check(other))
        }
        if let result = answer.result, let certifier = terms.certifier, isMissing(result) {
            checks.append(
                SignatureCheck(
                    publicKey: terms.genesis.epoch.certifiers[Int(certifier)], digest: result.digest,
                    signature: result.signature))
        }
        if !answer.vote.isEmpty, let check = missingVote(answer.vote) { checks.append(check) }
        let isStored = answer.other.map { $0.incarnation < incarnation } ?? true
        guard !checks.isEmpty else { return heard(from: peer, isStored: isStored) }
        effects.append(.verify(token(for: .startAnswer(from: peer, isStored: isStored)), checks))
    }

    private func isMissing(_ result: OwnResult) -> Bool {
        result.height > terms.loggedAtStart && ownResults[result.height]?.digest != result.digest
    }

    mutating func checked(answerFrom peer: UInt32, isStored: Bool, _ mask: [Bool]) {
        guard case .starting = stage else { return }
        guard mask.contains(true), terms.plant != .trustsOldCopy else { return heard(from: peer, isStored: isStored) }
        becomeFollower()
        begin()
    }

    private mutating func heard(from peer: UInt32, isStored: Bool) {
        guard case .starting(var starting) = stage, isStored || terms.plant == .trustsOldCopy,
            !starting.storedBy.contains(peer)
        else { return }
        starting.storedBy.append(peer)
        stage = .starting(starting)
        if terms.genesis.epoch.ordererRule.isQuorum(SignerSet(starting.storedBy)) { begin() }
    }
}
