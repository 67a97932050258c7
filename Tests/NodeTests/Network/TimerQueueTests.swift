import Primitives
import Replica
import TestSupport
import Testing

@testable import Node

extension NodeTests {
    /// A replica's timers.
    @Suite struct TimerQueueTests {
        @Test(arguments: 0..<20 as Range<UInt64>) func timersComeInOrder(seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            var queue = TimerQueue()
            var waiting: [(due: UInt64, number: UInt64)] = []
            var now: UInt64 = 0
            for number in 0..<500 as Range<UInt64> {
                let due = now + UInt64.random(in: 0...20, using: &generator)
                queue.insert(WorkToken(number: number), at: Instant(nanoseconds: due))
                waiting.append((due, number))
                guard Bool.random(using: &generator) else { continue }
                now += UInt64.random(in: 0...10, using: &generator)
                let expected = waiting.filter { $0.due <= now }.sorted { $0 < $1 }.map(\.number)
                waiting.removeAll { $0.due <= now }
                var fired: [UInt64] = []
                while let token = queue.popDue(at: Instant(nanoseconds: now)) { fired.append(token.number) }
                #expect(fired == expected)
                #expect(queue.next == waiting.map(\.due).min().map { Instant(nanoseconds: $0) })
            }
        }
    }
}
