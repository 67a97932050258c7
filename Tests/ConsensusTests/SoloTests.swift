import Consensus
import Cryptography
import Ledger
import Primitives
import Testing

/// Solo, input by input: what it asks for and decides.
@Suite struct SoloTests {
    /// An engine with what it said last.
    private struct Script {
        private var engine = Solo()
        private var clock: UInt64 = 0

        mutating func callAsFunction(_ input: EngineInput) -> [EngineEffect] {
            clock += 1
            var effects: [EngineEffect] = []
            engine.handle(input, at: Instant(nanoseconds: clock), into: &effects)
            return effects
        }

        mutating func start(last: UInt64) -> [EngineEffect] {
            guard let key = PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: 1, count: 32)) else { return [] }
            let epoch = EpochConfiguration(
                number: 0, engine: .solo, verification: .all, orderers: [key], certifiers: [key])
            return self(.start(EngineStart(epoch: epoch, own: 0, lastDecision: last, records: [])))
        }
    }

    private func decided(_ number: UInt64, _ value: [UInt8]) -> EngineEffect {
        .decided(decision: number, value: value, proof: nil)
    }

    @Test func decidesNothingBeforeItsStart() {
        var solo = Script()
        #expect(solo(.pending) == [])
        #expect(solo(.value([1])) == [])
        #expect(solo(.executed(decision: 1)) == [])
        #expect(solo.start(last: 0) == [])
    }

    @Test func asksForAValueWhenWorkWaitsAndDecidesIt() {
        var solo = Script()
        _ = solo.start(last: 6)
        #expect(solo(.pending) == [.requestValue])
        #expect(solo(.pending) == [], "one request at a time")
        #expect(solo(.value([7])) == [decided(7, [7]), .requestValue], "as long as there is work")
        #expect(solo(.value(nil)) == [], "until there is none")
        #expect(solo(.executed(decision: 7)) == [])
        #expect(solo(.pending) == [.requestValue])
        #expect(solo(.value([8])) == [decided(8, [8]), .requestValue])
    }

    @Test func keepsToItsWindow() {
        var solo = Script()
        _ = solo.start(last: 0)
        #expect(solo(.pending) == [.requestValue])
        #expect(solo(.value([1])) == [decided(1, [1]), .requestValue])
        #expect(solo(.value([2])) == [decided(2, [2])], "two are on their way")
        #expect(solo(.pending) == [])
        #expect(solo(.executed(decision: 1)) == [.requestValue])
        #expect(solo(.value([3])) == [decided(3, [3])])
        #expect(solo(.executed(decision: 3)) == [.requestValue], "what comes before is executed too")
        #expect(solo(.value([4])) == [decided(4, [4]), .requestValue])
    }

    @Test func ignoresReportsOutOfOrder() {
        var solo = Script()
        _ = solo.start(last: 10)
        _ = solo(.pending)
        _ = solo(.value([11]))
        #expect(solo(.value([12])) == [decided(12, [12])])
        #expect(solo(.executed(decision: 99)) == [], "that was never decided")
        #expect(solo(.executed(decision: 3)) == [], "that was long before")
        #expect(solo(.executed(decision: 11)) == [.requestValue])
        #expect(solo(.value([13])) == [decided(13, [13])])
        #expect(solo(.executed(decision: 10)) == [], "a late report does not take the window back")
        #expect(solo(.executed(decision: 13)) == [.requestValue])
    }

    @Test func ignoresAValueThatItDidNotAskFor() {
        var solo = Script()
        _ = solo.start(last: 0)
        #expect(solo(.value([1])) == [])
        #expect(solo(.pending) == [.requestValue])
        #expect(solo(.value(nil)) == [])
        #expect(solo(.value([1])) == [])
    }

    @Test func decidesNothingBeyondTheEnd() {
        var solo = Script()
        _ = solo.start(last: 0)
        #expect(solo(.stopAt(decision: 2)) == [])
        #expect(solo(.pending) == [.requestValue])
        #expect(solo(.value([1])) == [decided(1, [1]), .requestValue])
        #expect(solo(.value([2])) == [decided(2, [2])])
        #expect(solo(.executed(decision: 2)) == [], "the epoch is at its end")
        #expect(solo(.pending) == [])
    }

    @Test func decidesNothingBeyondAnEndNamedWhileItAsked() {
        var solo = Script()
        _ = solo.start(last: 0)
        _ = solo(.pending)
        #expect(solo(.value([1])) == [decided(1, [1]), .requestValue])
        #expect(solo(.stopAt(decision: 1)) == [])
        #expect(solo(.value([2])) == [])
        #expect(solo(.executed(decision: 1)) == [])
    }

    @Test func anEmptyValueIsAValue() {
        var solo = Script()
        _ = solo.start(last: 0)
        _ = solo(.pending)
        #expect(solo(.value([])) == [decided(1, []), .requestValue])
    }

    @Test func startsOnceAndHeedsNoPeers() {
        var solo = Script()
        _ = solo.start(last: 5)
        #expect(solo.start(last: 50) == [])
        #expect(solo(.message(from: 1, [1, 2])) == [])
        #expect(solo(.timer(EngineToken(number: 1))) == [])
        #expect(solo(.caughtUp(decision: 70, proof: [])) == [])
        _ = solo(.pending)
        #expect(solo(.value([1])) == [decided(6, [1]), .requestValue])
    }
}
