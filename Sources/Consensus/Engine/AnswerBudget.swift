package import Primitives

/// How many requests of one peer are answered in a while: answers are long, and requests cost their sender nothing.
package struct AnswerBudget: Sendable {
    private let countMax: Int
    private var since: Instant?
    private var count = 0

    package init(countMax: Int) { self.countMax = countMax }

    /// Whether one more may be answered.
    package mutating func allows(at now: Instant) -> Bool {
        if since.map({ now >= $0.advanced(byMilliseconds: ConsensusLimits.answerBudgetMilliseconds) }) ?? true {
            (since, count) = (now, 0)
        }
        count = min(count, countMax) + 1
        return count <= countMax
    }
}
