import Ledger
import Primitives
import Testing

@Suite struct DuplicateWindowTests {
    /// What the window must do, told naively: forget an identity once the second of its expiry has passed whole.
    private struct Model {
        var seconds: [Digest: UInt64] = [:]

        mutating func insert(_ identity: Digest, _ expiry: Timestamp) {
            if seconds[identity] == nil { seconds[identity] = expiry.milliseconds / 1000 }
        }
        mutating func advance(_ time: Timestamp) {
            seconds = seconds.filter { $0.value >= time.milliseconds / 1000 }
        }
    }

    /// Times near each other, and now and then absurd ones: zero, the end of time, back in the past.
    @Test(arguments: UInt64(50)..<60) func behavesAsTheModel(_ seed: UInt64) {
        var samples = Samples(seed: seed)
        var (window, model) = (DuplicateWindow(countMax: 100), Model())
        var seen: [(identity: Digest, expiry: Timestamp)] = []
        var now: UInt64 = 1_000_000
        for _ in 0..<2000 {
            switch samples.number(below: 10) {
            case 0...5:
                let absurd: [UInt64] = [0, 1, 999, 1000, .max, .max - 1000, .max / 2]
                let near = now + UInt64(samples.number(below: 120_000))
                let expiry = samples.number(below: 20) == 0 ? absurd[samples.number(below: 7)] : near
                // The same again now and then; with the same expiry, which an identity covers.
                let again = samples.number(below: 4) == 0 ? seen.last : nil
                let (identity, time) = again ?? (samples.fixed(), Timestamp(milliseconds: expiry))
                window.insert(identity, expiry: time)
                model.insert(identity, time)
                seen.append((identity, time))
            case 6...8:
                now += UInt64(samples.number(below: 3000))
                window.advance(to: Timestamp(milliseconds: now))
                model.advance(Timestamp(milliseconds: now))
            default:
                let past = now - UInt64(samples.number(below: 10_000))
                window.advance(to: Timestamp(milliseconds: past))
                model.advance(Timestamp(milliseconds: past))
            }
            #expect(window.count == model.seconds.count)
            #expect(window.isFull == (model.seconds.count >= 100))
            for (identity, expiry) in seen.suffix(50) {
                #expect(window.contains(identity, expiry: expiry) == (model.seconds[identity] != nil))
            }
        }
        window.advance(to: Timestamp(milliseconds: .max))
        #expect(window.count <= model.seconds.values.count { $0 == Timestamp.millisecondsMax / 1000 })
    }

    /// As long as a block may still hold the transaction, its identity is known.
    @Test func anIdentityStaysUntilItsTransactionHasExpired() {
        var window = DuplicateWindow(countMax: 10)
        let expiry: UInt64 = 5_500
        window.insert(.zero, expiry: Timestamp(milliseconds: expiry))
        for time in 0..<expiry {
            window.advance(to: Timestamp(milliseconds: time))
            #expect(window.contains(.zero, expiry: Timestamp(milliseconds: expiry)))
        }
        window.advance(to: Timestamp(milliseconds: 6_000))
        #expect(!window.contains(.zero, expiry: Timestamp(milliseconds: expiry)) && window.count == 0)
    }
}
