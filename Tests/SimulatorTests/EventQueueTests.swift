import Primitives
import TestSupport
import Testing

@testable import Simulator

@Suite struct EventQueueTests {
    @Test func `events come by time, and of the same time in their order`() {
        var (queue, generator) = (EventQueue<Int>(), SeededGenerator(seed: 1))
        var expected: [(time: UInt64, number: Int)] = []
        var now: UInt64 = 0
        for number in 0..<5000 {
            let time = now + UInt64.random(in: 0...50, using: &generator)
            queue.insert(number, at: time)
            expected.append((time, number))
            guard number % 3 == 0, let popped = queue.popFirst() else { continue }
            let best = expected.indices.min { (expected[$0].time, $0) < (expected[$1].time, $1) }
            let first = best.map { expected.remove(at: $0) }
            #expect(popped.nanoseconds == first?.time && popped.event == first?.number)
            now = popped.nanoseconds
        }
        var last: (UInt64, Int) = (0, -1)
        while let popped = queue.popFirst() {
            #expect((popped.nanoseconds, popped.event) > last || popped.nanoseconds > last.0)
            last = (popped.nanoseconds, popped.event)
        }
        #expect(queue.count == 0)
    }

    @Test func `a network loses, repeats and blocks, until it heals`() {
        var generator = SeededGenerator(seed: 2)
        var network = VirtualNetwork(
            count: 3, latency: .uniform(microseconds: 10...20), lossPermille: 300, repeatPermille: 300)
        var counts = [0, 0, 0]
        for _ in 0..<1000 {
            let (first, second) = network.deliveries(from: 0, to: 1, at: 1000, &generator)
            counts[(first == nil ? 0 : 1) + (second == nil ? 0 : 1)] += 1
            if let first { #expect((11_000...21_000).contains(first)) }
        }
        #expect(counts.allSatisfy { $0 > 100 })
        network.block(from: 0, to: 1, until: 5000)
        #expect(network.deliveries(from: 0, to: 1, at: 4999, &generator).first == nil)
        network.flap(from: 1, to: 2, period: 100, until: 1000)
        var arrived = [0, 0]
        for (index, time) in ([150, 1150] as [UInt64]).enumerated() {
            for _ in 0..<100 where network.deliveries(from: 1, to: 2, at: time, &generator).first != nil {
                arrived[index] += 1
            }
        }
        #expect(arrived[0] == 0 && arrived[1] > 0)
        network.heal()
        for time in [0, 150, 4999] as [UInt64] {
            for (sender, receiver) in [(0, 1), (1, 2)] {
                let (first, second) = network.deliveries(from: sender, to: receiver, at: time, &generator)
                #expect(first != nil && second == nil)
            }
        }
    }
}
