internal import Consensus
internal import Primitives

/// How much of what one peer asks for is answered in a while.
struct PeerBudget: Sendable {
    private var decisions = AnswerBudget(countMax: ReplicaLimits.answeredFetchesMax)
    private var blocks = AnswerBudget(countMax: ReplicaLimits.answeredBlockFetchesMax)
    private var joining = AnswerBudget(countMax: ReplicaLimits.answeredJoinerFetchesMax)
    private var epochEndAt: Instant?

    mutating func allowsDecisions(at now: Instant) -> Bool { decisions.allows(at: now) }
    mutating func allowsBlocks(at now: Instant) -> Bool { blocks.allows(at: now) }
    mutating func allowsJoining(at now: Instant) -> Bool { joining.allows(at: now) }

    /// Whoever is in another epoch says much that shows it: it is told once a tick.
    mutating func allowsEpochEnd(at now: Instant) -> Bool {
        if let epochEndAt, now < epochEndAt.advanced(byMilliseconds: ReplicaLimits.tickMilliseconds) { return false }
        epochEndAt = now
        return true
    }
}
