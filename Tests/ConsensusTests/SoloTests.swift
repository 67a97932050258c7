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
        /// What it asked for last.
        private(set) var asked = EngineToken(number: .max)
        private(set) var askedDecision: UInt64 = 0

        mutating func value(_ value: [UInt8]?) -> [EngineEffect] { self(.value(asked, value)) }

        mutating func callAsFunction(_ input: EngineInput) -> [EngineEffect] {
            clock += 1
            var effects: [EngineEffect] = []
            engine.handle(input, at: Instant(nanoseconds: clock), into: &effects)
            for case .requestValue(let token, let decision, _) in effects { (asked, askedDecision) = (token, decision) }
            return effects.map { if case .requestValue = $0 { SoloTests.request } else { $0 } }
        }

        mutating func start(last: UInt64) -> [EngineEffect] {
            guard let key = PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: 1, count: 32)) else { return [] }
            let epoch = EpochConfiguration(
                number: 0, engine: .solo, verification: .all, orderers: [key], certifiers: [key])
            return self(
                .start(
                    EngineStart(epoch: epoch, context: .zero, suite: .international, own: 0, lastDecision: last)))
        }
    }

    /// A request for a value, whichever its token and decision are.
    private static let request = EngineEffect.requestValue(EngineToken(number: .max), decision: 0, after: [])
    private let request = Self.request

    private func decided(_ number: UInt64, _ value: [UInt8]) -> EngineEffect {
        .decided(decision: number, value: value, proof: nil)
    }

    @Test func decidesNothingBeforeItsStart() {
        var solo = Script()
        #expect(solo(.pending) == [])
        #expect(solo.value([1]) == [])
        #expect(solo(.executed(decision: 1)) == [])
        #expect(solo.start(last: 0) == [])
    }

    @Test func asksForAValueWhenWorkWaitsAndDecidesIt() {
        var solo = Script()
        _ = solo.start(last: 6)
        #expect(solo(.pending) == [request])
        #expect(solo(.pending) == [], "one request at a time")
        #expect(solo.askedDecision == 7)
        #expect(solo.value([7]) == [decided(7, [7]), request], "as long as there is work")
        #expect(solo.askedDecision == 8)
        #expect(solo.value(nil) == [], "until there is none")
        #expect(solo(.executed(decision: 7)) == [])
        #expect(solo(.pending) == [request])
        #expect(solo.value([8]) == [decided(8, [8]), request])
    }

    @Test func keepsToItsWindow() {
        var solo = Script()
        _ = solo.start(last: 0)
        #expect(solo(.pending) == [request])
        #expect(solo.value([1]) == [decided(1, [1]), request])
        #expect(solo.value([2]) == [decided(2, [2])], "two are on their way")
        #expect(solo(.pending) == [])
        #expect(solo(.executed(decision: 1)) == [request])
        #expect(solo.value([3]) == [decided(3, [3])])
        #expect(solo(.executed(decision: 3)) == [request], "what comes before is executed too")
        #expect(solo.value([4]) == [decided(4, [4]), request])
    }

    @Test func ignoresReportsOutOfOrder() {
        var solo = Script()
        _ = solo.start(last: 10)
        _ = solo(.pending)
        _ = solo.value([11])
        #expect(solo.value([12]) == [decided(12, [12])])
        #expect(solo(.executed(decision: 99)) == [], "that was never decided")
        #expect(solo(.executed(decision: 3)) == [], "that was long before")
        #expect(solo(.executed(decision: 11)) == [request])
        #expect(solo.value([13]) == [decided(13, [13])])
        #expect(solo(.executed(decision: 10)) == [], "a late report does not take the window back")
        #expect(solo(.executed(decision: 13)) == [request])
    }

    @Test func ignoresAValueThatItDidNotAskFor() {
        var solo = Script()
        _ = solo.start(last: 0)
        #expect(solo.value([1]) == [])
        #expect(solo(.pending) == [request])
        #expect(solo(.value(EngineToken(number: .max), [1])) == [], "a token that it never gave out")
        #expect(solo.value(nil) == [])
        #expect(solo.value([1]) == [])
    }

    @Test func decidesNothingBeyondTheEnd() {
        var solo = Script()
        _ = solo.start(last: 0)
        #expect(solo(.stopAt(decision: 2)) == [])
        #expect(solo(.pending) == [request])
        #expect(solo.value([1]) == [decided(1, [1]), request])
        #expect(solo.value([2]) == [decided(2, [2])])
        #expect(solo(.executed(decision: 2)) == [], "the epoch is at its end")
        #expect(solo(.pending) == [])
    }

    @Test func decidesNothingBeyondAnEndNamedWhileItAsked() {
        var solo = Script()
        _ = solo.start(last: 0)
        _ = solo(.pending)
        #expect(solo.value([1]) == [decided(1, [1]), request])
        #expect(solo(.stopAt(decision: 1)) == [])
        #expect(solo.value([2]) == [])
        #expect(solo(.executed(decision: 1)) == [])
    }

    @Test func anEmptyValueIsAValue() {
        var solo = Script()
        _ = solo.start(last: 0)
        _ = solo(.pending)
        #expect(solo.value([]) == [decided(1, []), request])
    }

    @Test func startsOnceAndHeedsNoPeers() {
        var solo = Script()
        _ = solo.start(last: 5)
        #expect(solo.start(last: 50) == [])
        #expect(solo(.message(from: 1, [1, 2])) == [])
        #expect(solo(.timer(EngineToken(number: 1))) == [])
        #expect(solo(.caughtUp(decision: 70, value: [], proof: [])) == [])
        _ = solo(.pending)
        #expect(solo.value([1]) == [decided(6, [1]), request])
    }
}
