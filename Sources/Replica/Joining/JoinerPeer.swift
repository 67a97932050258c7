internal import Ledger
internal import Primitives

/// A question of one kind to a peer: at most one at a time, and less often the longer it stays silent.
struct JoinerQuestion: Sendable {
    private(set) var askedAt: Instant?
    private(set) var answeredAt: Instant?
    /// Whether it was late since it last answered.
    private(set) var wasLate = false
    private var nextAt = Instant(nanoseconds: 0)
    private var pauseMilliseconds = ReplicaLimits.joinerPauseMilliseconds

    /// Whether the peer has answered, or has had its time to.
    var isSettled: Bool { askedAt == nil && (answeredAt != nil || wasLate) }

    /// Whether it has been answered since then, or the peer has had its time; one that was late is not waited for again.
    func isSettled(since: Instant) -> Bool { askedAt == nil && (wasLate || answeredAt.map { $0 >= since } ?? false) }

    /// When it was last asked or last answered, whichever is known.
    var lastAt: Instant { max(answeredAt ?? Instant(nanoseconds: 0), nextAt) }

    func isDue(at now: Instant) -> Bool { askedAt == nil && now >= nextAt }

    mutating func ask(at now: Instant) { askedAt = now }

    /// The peer has answered: it is asked again after a while, or at once.
    mutating func answer(at now: Instant, againAfterMilliseconds pause: UInt64 = ReplicaLimits.joinerPollMilliseconds) {
        (askedAt, answeredAt, wasLate) = (nil, now, false)
        pauseMilliseconds = ReplicaLimits.joinerPauseMilliseconds
        nextAt = now.advanced(byMilliseconds: pause)
    }

    /// Gives up what is late.
    mutating func giveUp(at now: Instant) {
        guard let askedAt, now >= askedAt.advanced(byMilliseconds: ReplicaLimits.joinerLateMilliseconds) else { return }
        self.askedAt = nil
        wasLate = true
        nextAt = now.advanced(byMilliseconds: pauseMilliseconds)
        pauseMilliseconds = min(2 * pauseMilliseconds, ReplicaLimits.joinerPauseMillisecondsMax)
    }

    /// The peer has gone, or has come again: what it was asked is lost.
    mutating func forget() {
        askedAt = nil
        nextAt = Instant(nanoseconds: 0)
        pauseMilliseconds = ReplicaLimits.joinerPauseMilliseconds
    }
}

/// What a joiner knows of a peer.
struct JoinerPeer: Sendable {
    init(firstEpoch: UInt64) { provesFrom = firstEpoch }

    var isLiar = false
    var isHere = true
    var handOvers = JoinerQuestion()
    /// When it was last asked for hand-overs, over whatever connection.
    var handOversTurn = Instant(nanoseconds: 0)
    /// The epoch that it was asked from.
    var askedFrom: UInt64 = 0
    /// Up to which epoch it has shown what it knows, from the first one on; nil once it has shown all.
    var provesFrom: UInt64?
    /// Whether it has once: whoever is asked for the newest one only never shows that it knows other ones.
    var hasProven = false
    /// Whether what it gave is being verified: hand-overs, and its offer.
    var isVerifyingHandOvers = false
    var isVerifyingOffer = false
    var offers = JoinerQuestion()
    /// Its newest snapshot that can be believed.
    var offer: OfferedSnapshot?
    /// Whether it has said last that it has none at all. One that can't be believed is soon followed by another as a rule.
    var hasNoSnapshot = false
    var tail = JoinerQuestion()
    /// How many turns came to nothing of heights that it had offered.
    var turns: UInt64 = 0

    /// Whether it may be asked anything.
    var isUsable: Bool { isHere && !isLiar }

    /// Whether it has said what it knows of epochs, or has had its time to.
    var isSettled: Bool {
        handOvers.isSettled && !isVerifyingHandOvers && (hasProven || handOvers.wasLate)
    }

    var hasAnswered: Bool { handOvers.answeredAt != nil || offers.answeredAt != nil }
}
