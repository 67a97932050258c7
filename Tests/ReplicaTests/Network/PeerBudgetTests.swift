import Primitives
import Testing

@testable import Replica

/// How much of what one peer asks for is answered.
@Suite struct PeerBudgetTests {
    private static let tick = ReplicaLimits.tickMilliseconds

    private func time(_ milliseconds: UInt64) -> Instant { Instant(nanoseconds: (1000 + milliseconds) * 1_000_000) }

    @Test func `so many bytes for each tick`() {
        var budget = PeerBudget()
        let answer = 4 << 20
        var (byteCount, count) = (0, 0)
        for milliseconds in stride(from: 0, to: 100 * Self.tick, by: 5) {
            while budget.allowsJoining(at: time(milliseconds)) {
                budget.served(answer)
                byteCount += answer
                count += 1
            }
        }
        // The last answer of each tick is paid for in the next.
        #expect(byteCount >= 99 * ReplicaLimits.answeredByteCountMax)
        #expect(byteCount <= 100 * ReplicaLimits.answeredByteCountMax + answer, "\(count) answers")
    }

    @Test func `one long answer is paid for by waiting`() {
        var budget = PeerBudget()
        let first = budget.allowsBlocks(at: time(0))
        budget.served(3 * ReplicaLimits.answeredByteCountMax)
        var next: UInt64 = 1
        while !budget.allowsBlocks(at: time(next)), next < 10_000 { next += 1 }
        #expect(first && next == 3 * Self.tick)
        // Nothing is saved up.
        let later: UInt64 = 1_000_000
        let isAllowed = budget.allowsBlocks(at: time(later))
        budget.served(2 * ReplicaLimits.answeredByteCountMax)
        let isAllowedAgain = budget.allowsBlocks(at: time(later + Self.tick))
        #expect(isAllowed && !isAllowedAgain)
    }

    @Test func `what is not given yet is bounded`() {
        var budget = PeerBudget()
        var count = 0
        while count < 1000, budget.allowsJoining(at: time(0)) || budget.allowsBlocks(at: time(0)) { count += 1 }
        #expect(count == ReplicaLimits.openAnswersMax)
        let before = budget.allowsDecisions(at: time(60_000))
        budget.served(0)
        let after = budget.allowsDecisions(at: time(60_000))
        #expect(!before && after)
    }

    @Test func `requests are counted by kind`() {
        var budget = PeerBudget()
        func count(_ allows: (inout PeerBudget) -> Bool) -> Int {
            var count = 0
            while count < 1000, allows(&budget) {
                budget.served(1)
                count += 1
            }
            return count
        }
        #expect(count { $0.allowsBlocks(at: time(0)) } == ReplicaLimits.answeredBlockFetchesMax)
        #expect(count { $0.allowsJoining(at: time(0)) } == ReplicaLimits.answeredJoinerFetchesMax)
        #expect(count { $0.allowsDecisions(at: time(0)) } == ReplicaLimits.answeredFetchesMax)
    }

    @Test func `late answers are borne for a while, and long ones for a shorter one`() {
        for (byteCount, expected) in [(1, 1024), (64 << 10, 1024), (32 << 20, 2), (100 << 20, 1)] {
            var budget = PeerBudget()
            var count = 0
            while count < 5000, budget.allowsLateAnswer(byteCount: byteCount) { count += 1 }
            #expect(count == expected, "\(byteCount)")
        }
    }
}
