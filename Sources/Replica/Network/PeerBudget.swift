internal import Consensus
internal import Primitives

/// How much of what one peer asks for is answered in a while: requests cost their sender nothing, and answers are long.
/// And how much it may send that nobody waits for.
struct PeerBudget: Sendable {
    private var decisions = AnswerBudget(countMax: ReplicaLimits.answeredFetchesMax)
    private var blocks = AnswerBudget(countMax: ReplicaLimits.answeredBlockFetchesMax)
    private var joining = AnswerBudget(countMax: ReplicaLimits.answeredJoinerFetchesMax)
    private var epochEndAt: Instant?
    /// Bytes of answers that no time has made up for yet, and up to when time is counted.
    private var byteCount = 0
    private var countedAt = Instant(nanoseconds: 0)
    /// Answers that were not given yet.
    private var openCount = 0
    private var lateByteCount = 0

    mutating func allowsDecisions(at now: Instant) -> Bool { allows(\.decisions, at: now) }
    mutating func allowsBlocks(at now: Instant) -> Bool { allows(\.blocks, at: now) }
    mutating func allowsJoining(at now: Instant) -> Bool { allows(\.joining, at: now) }

    /// Whoever is in another epoch says much that shows it: it is told once a tick.
    mutating func allowsEpochEnd(at now: Instant) -> Bool {
        if let epochEndAt, now < epochEndAt.advanced(byMilliseconds: ReplicaLimits.tickMilliseconds) { return false }
        epochEndAt = now
        return true
    }

    /// Whether an answer that nobody waits for any more is borne. Nothing makes up for it: whoever has joined gets a few of
    /// them at its start, and then none.
    mutating func allowsLateAnswer(byteCount: Int) -> Bool {
        guard lateByteCount < ReplicaLimits.lateAnswersByteCountMax else { return false }
        lateByteCount += max(ReplicaLimits.lateAnswerByteCountMin, byteCount)
        return true
    }

    /// An answer was given, of so many bytes.
    mutating func served(_ byteCount: Int) {
        openCount = max(0, openCount - 1)
        self.byteCount += max(0, byteCount)
    }

    private mutating func allows(_ kind: WritableKeyPath<PeerBudget, AnswerBudget>, at now: Instant) -> Bool {
        guard hasRoom(at: now), self[keyPath: kind].allows(at: now) else { return false }
        openCount += 1
        return true
    }

    /// As long as the bytes of earlier answers are within the limit; the last of them may be beyond it.
    private mutating func hasRoom(at now: Instant) -> Bool {
        while byteCount > 0, now >= countedAt.advanced(byMilliseconds: ReplicaLimits.tickMilliseconds) {
            byteCount = max(0, byteCount - ReplicaLimits.answeredByteCountMax)
            countedAt = countedAt.advanced(byMilliseconds: ReplicaLimits.tickMilliseconds)
        }
        if byteCount == 0 { countedAt = now }
        return byteCount < ReplicaLimits.answeredByteCountMax && openCount < ReplicaLimits.openAnswersMax
    }
}
