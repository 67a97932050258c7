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
            let (first, second) = network.deliveries(of: 100, from: 0, to: 1, at: 1000, &generator)
            counts[(first == nil ? 0 : 1) + (second == nil ? 0 : 1)] += 1
            if let first { #expect((11_000...21_000).contains(first)) }
        }
        #expect(counts.allSatisfy { $0 > 100 })
        network.block(from: 0, to: 1, until: 5000)
        #expect(network.deliveries(of: 100, from: 0, to: 1, at: 4999, &generator).first == nil)
        network.flap(from: 1, to: 2, period: 100, until: 1000)
        var arrived = [0, 0]
        for (index, time) in ([150, 1150] as [UInt64]).enumerated() {
            for _ in 0..<100 where network.deliveries(of: 100, from: 1, to: 2, at: time, &generator).first != nil {
                arrived[index] += 1
            }
        }
        #expect(arrived[0] == 0 && arrived[1] > 0)
        network.heal()
        for time in [0, 150, 4999] as [UInt64] {
            for (sender, receiver) in [(0, 1), (1, 2)] {
                let (first, second) = network.deliveries(of: 100, from: sender, to: receiver, at: time, &generator)
                #expect(first != nil && second == nil)
            }
        }
    }

    @Test func `messages wait for the lines of their sender and of their receiver`() {
        var generator = SeededGenerator(seed: 3)
        // A byte takes a microsecond.
        var network = VirtualNetwork(
            count: 4, latency: .fixed(microseconds: 10), lossPermille: 0, repeatPermille: 0, bandwidth: 1000)
        func arrival(_ byteCount: Int, from sender: Int, to receiver: Int, at microseconds: UInt64) -> UInt64? {
            network.deliveries(of: byteCount, from: sender, to: receiver, at: microseconds * 1000, &generator).first
                .map { $0 / 1000 }
        }
        #expect(arrival(100, from: 0, to: 1, at: 0) == 210)
        // The second waits for the first one's sender, and arrives when the first one is there.
        #expect(arrival(50, from: 0, to: 2, at: 0) == 100 + 50 + 10 + 50)
        // What another sends meanwhile is on the receiver's line before it: the line is taken from 110 on.
        #expect(arrival(20, from: 3, to: 1, at: 0) == 20 + 10 + 20)
        #expect(arrival(60, from: 2, to: 1, at: 0) == 60 + 10 + 40 + 100 + 20)
        // Lines are free again later.
        #expect(arrival(100, from: 0, to: 1, at: 1000) == 1210)
        #expect(network.arrivedByteCounts == [0, 280, 50, 0])
    }

    @Test func `lines carry as much as their speed allows, whatever comes when`() {
        var (line, generator) = (Line(), SeededGenerator(seed: 4))
        var (now, sum, last) = (1, 0, 0) as (UInt64, UInt64, UInt64)
        for _ in 0..<2000 {
            now += UInt64.random(in: 0...8, using: &generator)
            let (start, duration) = (
                now + UInt64.random(in: 0...40, using: &generator), UInt64.random(in: 1...20, using: &generator)
            )
            let end = line.carry(for: duration, from: start, at: now)
            #expect(end >= start + duration)
            sum += duration
            last = max(last, end)
        }
        // More is asked for than it carries, so that it is hardly ever idle.
        #expect(last >= sum && last < sum + 100)
    }
}
