package import Ledger
package import Primitives

/// The expiries that clients wait for.
///
/// Bounded: a later one than a transaction may have now is cut to that, and they are told apart in steps only. So no
/// client can have those of others forgotten or put off.
package struct AwaitedExpiries: Sendable {
    /// In steps, ascending, each once.
    private var steps: [UInt64] = []

    /// The next one; rounded up.
    package var first: Timestamp? {
        steps.first.map { Timestamp(milliseconds: $0 * ReplicaLimits.awaitedExpiryStepMilliseconds) }
    }

    package init() {}

    package mutating func insert(_ expiry: Timestamp, at now: Timestamp, limits: ChainLimits) {
        let latest = now.milliseconds + limits.expiryWindowMilliseconds
        let size = ReplicaLimits.awaitedExpiryStepMilliseconds
        let step = (min(expiry.milliseconds, latest) + size - 1) / size
        let position = steps.firstIndex { $0 >= step } ?? steps.endIndex
        if position == steps.endIndex || steps[position] != step { steps.insert(step, at: position) }
    }

    /// Forgets what block time has reached.
    package mutating func advance(to time: Timestamp) {
        steps.removeSubrange(
            ..<(steps.firstIndex { $0 * ReplicaLimits.awaitedExpiryStepMilliseconds > time.milliseconds }
                ?? steps.endIndex))
    }
}
