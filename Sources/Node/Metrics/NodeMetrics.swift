internal import Operations
internal import Primitives

/// What a node counts of its doing, for its operator.
final class NodeMetrics: Sendable {
    /// What a transaction that clients gave this node goes through, one after another.
    enum Stage: String, CaseIterable {
        /// From the door until it is taken: what bytes and signatures say of it.
        case admission
        /// Until the decision that holds it is known.
        case ordering
        /// Until its block is executed.
        case execution
        /// Until a quorum has certified the block.
        case certification
    }

    private let stages = Stage.allCases.map { _ in DurationHistogram() }
    let journalSyncs = DurationHistogram()
    let logSyncs = DurationHistogram()
    let blocks = Counter()
    let succeeded = Counter()
    let failed = Counter()
    let taken = Counter()
    let rejected = Counter()

    subscript(stage: Stage) -> DurationHistogram { stages[Stage.allCases.firstIndex(of: stage) ?? 0] }

    /// Records how long `body` took.
    static func time<Value, Failure>(
        _ histogram: DurationHistogram, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let start = SystemClock.monotonic.nanoseconds
        let value = try body()
        histogram.record(nanoseconds: SystemClock.monotonic.nanoseconds - start)
        return value
    }
}
