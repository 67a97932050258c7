import Networking
import Primitives
import Testing

@Suite struct PeerValuesTests {
    @Test func `a bucket gives back what was taken, up to its capacity`() {
        var bucket = TokenBucket(perSecond: 100, capacity: 200, nowMilliseconds: 1000)
        bucket.take(200, nowMilliseconds: 1000)
        #expect(bucket.waitMilliseconds(nowMilliseconds: 1000) == 0)
        bucket.take(50, nowMilliseconds: 1000)
        #expect(bucket.waitMilliseconds(nowMilliseconds: 1000) == 500)
        #expect(bucket.waitMilliseconds(nowMilliseconds: 1400) == 100)
        // A clock that goes back gives nothing.
        #expect(bucket.waitMilliseconds(nowMilliseconds: 0) == 100)
        #expect(bucket.waitMilliseconds(nowMilliseconds: .max) == 0)
        bucket.take(201, nowMilliseconds: .max)
        #expect(bucket.waitMilliseconds(nowMilliseconds: .max) == 10)
    }

    @Test func `waits are doubled up to the longest, with a random part`() {
        var generator = SeededGenerator(seed: 1)
        var backoff = DialBackoff(firstMilliseconds: 100, lastMilliseconds: 3_000)
        for full: UInt64 in [100, 200, 400, 800, 1600, 3000, 3000] {
            #expect((full / 2...full).contains(backoff.fail(using: &generator)))
        }
        for _ in 0..<100 { #expect((1500...3000).contains(backoff.fail(using: &generator))) }
        backoff.reset()
        #expect((50...100).contains(backoff.fail(using: &generator)))
    }

    @Test func `small faults are forgiven with time, many of them are not`() {
        var score = PeerScore(nowMilliseconds: 0)
        for second: UInt64 in 0..<100 { #expect(score.add(.useless, nowMilliseconds: 10_000 * second) == nil) }
        var now: UInt64 = 10_000_000
        var cuts: [UInt64] = []
        for _ in 0..<3 {
            for _ in 0..<20 {
                if let cut = score.add(.useless, nowMilliseconds: now) { cuts.append(cut) }
            }
            now += cuts.last ?? 0
        }
        #expect(cuts == [30_000, 60_000, 120_000])
        #expect(score.refusedMilliseconds(nowMilliseconds: now - 100_000) == 100_000)
        #expect(score.refusedMilliseconds(nowMilliseconds: now) == 0)
        let forgotten = [0, 3 * 3_600_000].map { score.isForgotten(nowMilliseconds: now + $0) }
        #expect(forgotten == [false, true])
    }

    @Test func `one lie is enough, and the longest refusal is an hour`() {
        var score = PeerScore(nowMilliseconds: 0)
        var now: UInt64 = 0
        let cuts = (0..<30).map { _ in
            let cut = score.add(.wrongSignature, nowMilliseconds: now) ?? 0
            now += cut
            return cut
        }
        #expect(cuts.first == 30_000 && cuts.last == 3_600_000)
    }

    @Test func `what was sent before the cut does not count as another one`() {
        var score = PeerScore(nowMilliseconds: 0)
        let cuts = (0..<30).compactMap { score.add(.malformed, nowMilliseconds: 1000 * $0) }
        #expect(cuts == [30_000])
        #expect(score.add(.malformed, nowMilliseconds: 30_000) == 60_000)
    }

    @Test func `the gate bounds connections and handshakes, and keeps room for wanted peers`() {
        var bounds = InboundGate.Bounds()
        (bounds.connectionsMax, bounds.connectionsPerAddressMax) = (10, 4)
        (bounds.handshakesMax, bounds.handshakesPerAddressMax, bounds.handshakesKept) = (6, 2, 3)
        bounds.handshakesPerSecond = 100
        var gate = InboundGate(bounds, nowMilliseconds: 0)
        func enter(_ host: String, isKnown: Bool = false) -> Bool {
            gate.enter(host, isKnown: isKnown, nowMilliseconds: 0)
        }
        #expect(enter("a") && enter("a") && !enter("a"))
        #expect(enter("b") && !enter("c"))
        #expect(enter("k", isKnown: true) && enter("k", isKnown: true) && enter("l", isKnown: true))
        #expect(!enter("m", isKnown: true))
        gate.admit("a")
        #expect(enter("m", isKnown: true))
        gate.leave("a", wasAdmitted: true)
        gate.leave("a", wasAdmitted: false)
        gate.leave("b", wasAdmitted: false)
        #expect(gate.connections == 4 && gate.handshakes == 4)
    }

    @Test func `strangers begin only so many handshakes in a second`() {
        var bounds = InboundGate.Bounds()
        bounds.handshakesPerSecond = 10
        var gate = InboundGate(bounds, nowMilliseconds: 0)
        func tries(_ host: String, _ count: Int, isKnown: Bool, at now: UInt64) -> Int {
            (0..<count).count { _ in
                guard gate.enter(host, isKnown: isKnown, nowMilliseconds: now) else { return false }
                gate.leave(host, wasAdmitted: false)
                return true
            }
        }
        #expect(tries("a", 50, isKnown: false, at: 0) == 11)
        #expect(tries("b", 50, isKnown: true, at: 0) == 50)
        #expect(tries("a", 50, isKnown: false, at: 500) == 5)
    }
}
