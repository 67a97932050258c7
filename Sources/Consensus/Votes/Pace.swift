internal import Primitives

/// What an orderer measures, and what it and others wish for: when to go to another view.
struct Pace: Sendable {
    /// The view that this node wants to be in at least. Invariant: never below the present one.
    var wish: UInt64 = 0
    /// By orderer, the highest it has told of.
    var wishes: [UInt64]
    var decisionsInView: UInt64 = 0
    /// Views that ended without a decision, one after another.
    var failures: UInt64 = 0
    /// How often the timeout is doubled: once more for each view that fails, once less for each decision, so that it
    /// comes to rest where decisions can be made in time.
    var backoff: UInt64 = 0
    /// By orderer, the decision up to which its views are skipped.
    var skippedUpTo: [UInt64]
    /// By orderer, whether it is known to be gone.
    var isMissing: [Bool]
    /// When something must have been decided; nil if nothing waits.
    var deadline = MovingDeadline()
    /// Since when the next decision has been waited for.
    var waitingSince: Instant?
    var sampleCount: UInt64 = 0
    var sampleNanoseconds: UInt64 = 0
    /// By orderer, how long a decision took on average when it last led.
    var figures: [UInt64?]
    var isSuspecting = false

    // MARK: By peer, until when it is not said or sent again

    /// That it is behind.
    var toldUntil: [Instant]
    /// The question what it has decided.
    var inquiredUntil: [Instant]
    /// What it has missed of the view.
    var remindedUntil: [Instant]

    init(count: Int) {
        wishes = Array(repeating: 0, count: count)
        skippedUpTo = Array(repeating: 0, count: count)
        figures = Array(repeating: nil, count: count)
        isMissing = Array(repeating: false, count: count)
        toldUntil = Array(repeating: Instant(nanoseconds: 0), count: count)
        (inquiredUntil, remindedUntil) = (toldUntil, toldUntil)
    }

    mutating func enter(_ view: UInt64, own: UInt32?, _ configuration: ViewConfiguration) {
        if decisionsInView == 0 {
            failures += 1
            backoff = min(backoff + 1, configuration.backoffMax)
        } else {
            failures = 0
        }
        decisionsInView = 0
        (sampleCount, sampleNanoseconds, isSuspecting) = (0, 0, false)
        wish = max(wish, view)
        if let own { wishes[Int(own)] = wish }
    }
}

/// What operators may choose of engines that have views. It binds nobody else.
package struct ViewConfiguration: Hashable, Sendable {
    /// How long a view may be without a decision while work waits.
    package let viewTimeoutMilliseconds: UInt64
    /// What doubling that for views that failed one after another ends at.
    package let viewTimeoutMillisecondsMax: UInt64
    /// Below this no leader is slow: the average time of a decision.
    package let slowDecisionMilliseconds: UInt64

    package init(
        viewTimeoutMilliseconds: UInt64 = 1000, viewTimeoutMillisecondsMax: UInt64 = 10_000,
        slowDecisionMilliseconds: UInt64 = 50
    ) {
        precondition(viewTimeoutMilliseconds > 0 && viewTimeoutMilliseconds <= viewTimeoutMillisecondsMax)
        self.viewTimeoutMilliseconds = viewTimeoutMilliseconds
        self.viewTimeoutMillisecondsMax = viewTimeoutMillisecondsMax
        self.slowDecisionMilliseconds = slowDecisionMilliseconds
    }

    /// After so much doubling the timeout is the longest.
    var backoffMax: UInt64 {
        (0...63).first { viewTimeoutMilliseconds > viewTimeoutMillisecondsMax >> $0 } ?? 0
    }
}
