import Ledger
import Primitives
import Replica
import Testing

/// Whose expiries are waited for.
@Suite struct AwaitedExpiriesTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)
    private let limits = ChainLimits()
    private let step = ReplicaLimits.awaitedExpiryStepMilliseconds

    private func later(_ milliseconds: UInt64) -> Timestamp {
        Timestamp(milliseconds: now.milliseconds + milliseconds)
    }

    @Test func `the next one comes first, rounded up, and goes once block time has reached it`() {
        var expiries = AwaitedExpiries()
        #expect(expiries.first == nil)
        for expiry in [5 * step, step, step - 1, 2 * step + 1] {
            expiries.insert(later(expiry), at: now, limits: limits)
        }
        for expected in [step, 3 * step, 5 * step] {
            #expect(expiries.first == later(expected))
            expiries.advance(to: later(expected - 1))
            #expect(expiries.first == later(expected), "not reached")
            expiries.advance(to: later(expected))
        }
        #expect(expiries.first == nil)
    }

    /// No client can have those of others forgotten or put off, and all together are few.
    @Test func `one who waits for long does not put off the others`() {
        var expiries = AwaitedExpiries()
        expiries.insert(Timestamp(milliseconds: Timestamp.millisecondsMax), at: now, limits: limits)
        expiries.insert(later(200), at: now, limits: limits)
        #expect(expiries.first == later(step))
        expiries.advance(to: later(step))
        // The far one is cut to what an expiry may be.
        #expect(expiries.first == later(limits.expiryWindowMilliseconds))
        for milliseconds in 0...20_000 as ClosedRange<UInt64> {
            expiries.insert(later(milliseconds * 1000), at: now, limits: limits)
        }
        var count: UInt64 = 0
        while let first = expiries.first {
            expiries.advance(to: first)
            count += 1
        }
        #expect(count <= limits.expiryWindowMilliseconds / step + 1)
    }
}
