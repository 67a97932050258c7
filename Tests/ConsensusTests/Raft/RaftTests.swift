import Consensus
import Cryptography
import Ledger
import Primitives
import TestSupport
import Testing

/// Raft, message by message: its rules, each where it matters.
@Suite struct RaftTests {
    private struct Network {
        struct Envelope {
            let from: UInt32
            let to: UInt32
            let message: Raft.Message
        }

        var engines: [Raft]
        var now = Instant(nanoseconds: 1_000_000_000)
        var mail: [Envelope] = []
        var decided: [[[UInt8]]]
        var records: [[[UInt8]]]
        var timers: [(engine: Int, token: EngineToken, at: Instant)] = []
        var values: [[UInt8]] = []
        var readable: [(engine: Int, number: UInt64, decision: UInt64?)] = []
        var needed: [(engine: Int, from: UInt64)] = []
        var refused: [MessageFault] = []
        private let epoch: EpochConfiguration

        init(_ count: Int) {
            let keys = (0..<count).compactMap { number in
                PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: UInt8(number + 1), count: 32))
            }
            epoch = EpochConfiguration(number: 0, engine: .raft, verification: .all, orderers: keys, certifiers: keys)
            engines = Array(repeating: Raft(), count: count)
            decided = Array(repeating: [], count: count)
            records = Array(repeating: [], count: count)
            for index in 0..<count { start(index) }
        }

        mutating func start(_ index: Int) {
            engines[index] = Raft()
            timers.removeAll { $0.engine == index }
            give(
                .start(
                    EngineStart(
                        epoch: epoch, context: .zero, suite: .international, own: UInt32(index),
                        lastDecision: UInt64(decided[index].count), records: records[index], seed: UInt64(index))),
                to: index)
        }

        mutating func give(_ input: EngineInput, to index: Int) {
            var inputs = [input]
            while !inputs.isEmpty {
                var effects: [EngineEffect] = []
                engines[index].handle(inputs.removeFirst(), at: now, into: &effects)
                for effect in effects { if let next = perform(effect, of: index) { inputs.append(next) } }
            }
        }

        private mutating func perform(_ effect: EngineEffect, of index: Int) -> EngineInput? {
            switch effect {
            case .persist(let token, let record, let releases):
                records[index].append(record)
                for release in releases { _ = perform(release, of: index) }
                return .persisted(token)
            case .send(let receiver, let bytes):
                guard let message = try? Raft.Message(canonicalBytes: bytes) else { return nil }
                for place in receiver.map({ [$0] }) ?? engines.indices.map(UInt32.init).filter({ $0 != index }) {
                    mail.append(Envelope(from: UInt32(index), to: place, message: message))
                }
            case .setTimer(let token, let milliseconds):
                timers.append((index, token, now.advanced(byMilliseconds: milliseconds)))
            case .requestValue(let token, _, _): return .value(token, values.isEmpty ? nil : values.removeFirst())
            case .decided(let decision, let value, _):
                precondition(decision == UInt64(decided[index].count) + 1)
                decided[index].append(value)
                return .executed(decision: decision)
            case .needDecisions(let first, _): needed.append((index, first))
            case .readable(let token, let decision): readable.append((index, token.number, decision))
            case .refused(_, let fault): refused.append(fault)
            case .sign, .verify, .validate, .evidence: Issue.record("Raft asks for \(effect)")
            }
            return nil
        }

        mutating func run(dropping isDropped: (Envelope) -> Bool = { _ in false }) {
            while !mail.isEmpty {
                let envelope = mail.removeFirst()
                if isDropped(envelope) { continue }
                give(.message(from: envelope.from, envelope.message.canonicalBytes), to: Int(envelope.to))
            }
        }

        /// Lets time pass in small steps.
        mutating func pass(milliseconds: UInt64, dropping isDropped: (Envelope) -> Bool = { _ in false }) {
            for _ in 0..<milliseconds / 10 {
                now = now.advanced(byMilliseconds: 10)
                let due = timers.filter { $0.at <= now }
                timers.removeAll { $0.at <= now }
                for timer in due { give(.timer(timer.token), to: timer.engine) }
                run(dropping: isDropped)
            }
        }

        var leaders: [Int] { engines.indices.filter { engines[$0].status.phase == "leading" } }

        mutating func propose(_ values: [[UInt8]]) {
            self.values += values
            for index in engines.indices { give(.pending, to: index) }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 7]) func `a leader is elected, and what it is given is decided by all`(
        _ count: Int
    ) {
        var network = Network(count)
        network.pass(milliseconds: 5000)
        #expect(network.leaders.count == 1)
        network.propose([[1], [2], [3]])
        network.pass(milliseconds: 500)
        #expect(network.decided == Array(repeating: [[1], [2], [3]], count: count))
        #expect(network.refused.isEmpty)
    }

    @Test func `a leader tells readers what is decided, once a quorum says that it leads`() throws {
        var network = Network(3)
        network.pass(milliseconds: 5000)
        let leader = try #require(network.leaders.first)
        network.propose([[1], [2]])
        network.pass(milliseconds: 500)
        network.give(.read(EngineToken(number: 7)), to: leader)
        network.give(.read(EngineToken(number: 8)), to: leader)
        #expect(network.readable.isEmpty, "not before others have answered")
        network.run()
        #expect(network.readable.map(\.number) == [7, 8] && network.readable.allSatisfy { $0.decision == 2 })
        // A follower can't tell, nor a leader that finds out that it is none.
        network.give(.read(EngineToken(number: 9)), to: (leader + 1) % 3)
        #expect(network.readable.last?.number == 9 && network.readable.last?.decision == nil)
        network.give(.read(EngineToken(number: 10)), to: leader)
        network.pass(milliseconds: 5000) { $0.from == UInt32(leader) || $0.to == UInt32(leader) }
        #expect(network.readable.last?.number == 10 && network.readable.last?.decision == nil)
    }

    @Test func `a node that was cut off does not depose the leader`() throws {
        var network = Network(3)
        network.pass(milliseconds: 5000)
        let leader = try #require(network.leaders.first)
        let term = network.engines[leader].status.view
        let away = UInt32((leader + 1) % 3)
        network.pass(milliseconds: 20_000) { $0.from == away || $0.to == away }
        #expect(network.engines[Int(away)].status.view == term, "it asks ahead, and begins no term")
        network.pass(milliseconds: 3000)
        #expect(network.leaders == [leader] && network.engines[leader].status.view == term)
    }

    @Test func `a leader that hears of no quorum steps down`() throws {
        var network = Network(5)
        network.pass(milliseconds: 5000)
        let leader = try #require(network.leaders.first)
        network.pass(milliseconds: 3000) { $0.from == leader || $0.to == leader }
        #expect(!network.leaders.contains(leader) && network.leaders.count == 1)
    }

    @Test func `a suspected leader hands over at once`() throws {
        var network = Network(3)
        network.pass(milliseconds: 5000)
        let leader = try #require(network.leaders.first)
        network.give(.suspect(UInt32(leader)), to: leader)
        network.run()
        network.pass(milliseconds: 100)
        #expect(network.leaders.count == 1 && network.leaders != [leader])
    }

    @Test func `whoever is far behind fetches decisions, and then follows`() throws {
        var network = Network(3)
        network.pass(milliseconds: 5000)
        let leader = try #require(network.leaders.first)
        let away = (leader + 1) % 3
        for value in 0..<300 as Range<UInt64> {
            network.propose([[UInt8(value % 251)]])
            network.run { $0.to == away }
        }
        #expect(network.decided[leader].count > 250 && network.decided[away].isEmpty)
        network.pass(milliseconds: 500)
        let needed = try #require(network.needed.first { $0.engine == away })
        #expect(needed.from == 1)
        while network.decided[away].count < network.decided[leader].count {
            let next = network.decided[away].count
            network.give(
                .caughtUp(decision: UInt64(next + 1), value: network.decided[leader][next], proof: nil), to: away)
            if network.decided[away].count == next { break }
        }
        network.pass(milliseconds: 2000)
        #expect(network.decided[away] == network.decided[leader])
        // And it still does after a restart.
        network.start(away)
        network.propose([[7], [8]])
        network.pass(milliseconds: 2000)
        #expect(network.decided.allSatisfy { $0 == network.decided[leader] && $0.last == [8] })
    }

    @Test func `a line of an earlier term is not committed by being copied`() throws {
        // Figure 8 of the paper: the leader of a later term copies a line of an earlier one to a quorum; only its own
        // line makes it certain.
        var network = Network(5)
        network.pass(milliseconds: 5000)
        let first = try #require(network.leaders.first)
        // The line reaches one other only, then its leader is gone.
        let other = (first + 1) % 5
        network.propose([[1]])
        network.run { $0.from == first && $0.to != other }
        #expect(network.decided.allSatisfy { $0.isEmpty })
        network.values = []
        network.pass(milliseconds: 20_000) { $0.from == first || $0.to == first }
        let second = try #require(network.leaders.first { $0 != first })
        if second == other {
            #expect(network.decided[second] == [[1]], "with the new leader's own line it is committed")
        } else {
            #expect(network.decided.allSatisfy { $0.isEmpty })
        }
    }

    @Test func `any bytes from anybody change nothing that matters`() {
        var generator = SeededGenerator(seed: 9)
        var network = Network(3)
        network.pass(milliseconds: 5000)
        for _ in 0..<5000 {
            let bytes = generator.bytes(Int.random(in: 0...60, using: &generator))
            network.give(
                .message(from: UInt32.random(in: 0...4, using: &generator), bytes),
                to: Int.random(in: 0..<3, using: &generator))
        }
        // Numbers from which nobody could count on.
        let high = ConsensusLimits.numberMax + 1
        let messages: [Raft.Message] = [
            .timeoutNow(term: .max), .voteReply(term: high, isPrevote: false, isGranted: false),
            .appendReply(term: 1, round: 3, isAccepted: true, index: .max),
            .appendReply(term: high, round: 3, isAccepted: false, index: 0),
            .behind(term: 1, Raft.Place(index: .max, term: 1, decision: 0)),
            .append(
                Raft.Append(
                    term: 1, previousIndex: .max, previousTerm: 1, committed: 0,
                    entries: [Raft.Entry(term: 1, decision: 1, value: [])])),
            .append(
                Raft.Append(
                    term: 1, previousIndex: 0, previousTerm: 0, committed: 1,
                    entries: [Raft.Entry(term: 1, decision: .max, value: [])])),
            .voteRequest(
                Raft.VoteRequest(term: .max, isPrevote: false, isTransfer: true, lastIndex: 1, lastTerm: 1)),
        ]
        for message in messages {
            for to in 0..<3 { network.give(.message(from: UInt32((to + 1) % 3), message.canonicalBytes), to: to) }
        }
        #expect(!network.refused.isEmpty && network.refused.allSatisfy { $0 == .undecodable })
        network.give(.message(from: 1, [UInt8](repeating: 1, count: ConsensusLimits.messageByteCountMax + 1)), to: 0)
        #expect(network.refused.last == .tooLong)
        network.propose([[1]])
        network.pass(milliseconds: 5000)
        #expect(network.decided.allSatisfy { $0 == [[1]] })
    }
}
