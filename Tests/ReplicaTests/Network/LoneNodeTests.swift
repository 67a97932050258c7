import Consensus
import Cryptography
import Dissemination
import Ledger
import Primitives
import Testing

@testable import Replica

/// A node that is alone, from its door to its logs, input by input.
@Suite struct LoneNodeTests {
    private var ledger: EpochLedger
    private var node: HandOverNode

    init() throws {
        ledger = try EpochLedger(first: try EpochLedger.epoch(0, .solo, [1]))
        node = try HandOverNode(0, on: ledger.genesis)
        try #require(node.replica.isRunning)
    }

    /// Transactions that come together, each by a request of its own from ticket 0 on: how they are answered.
    private mutating func submit(_ transactions: SignedTransaction...) throws -> [Int?] {
        let before = node.effects.count
        let submissions = transactions.enumerated().map { Submission(ticket: UInt64($0), transactions: [$1]) }
        try node.give(.submit(submissions))
        return answers(since: before, count: transactions.count)
    }

    /// By ticket, the code of why a transaction was not taken: 0 if it was, nil if there is no answer yet.
    private func answers(since start: Int, count: Int) -> [Int?] {
        var codes = [Int?](repeating: nil, count: count)
        for case .answer(let ticket, let rejections) in node.effects[start...] {
            #expect(rejections.count == 1 && codes[Int(ticket)] == nil, "ticket \(ticket) is answered twice")
            codes[Int(ticket)] = rejections[0]?.code ?? 0
        }
        return codes
    }

    private var lastVerification: WorkToken? {
        node.effects.reversed().lazy.compactMap { if case .verify(let token, _) = $0 { token } else { nil } }.first
    }

    /// The identities of what each decision orders.
    private var ordered: [[Digest]] {
        node.effects.compactMap {
            if case .execute(let decision) = $0 { decision.transactions.map(\.identity) } else { nil }
        }
    }

    // MARK: The way of a transaction

    @Test mutating func `nothing is told before its decision and its result are durable`() throws {
        node.holdJournal()
        for count in 1...3 as ClosedRange<UInt64> {
            #expect(try submit(ledger.filler(byteCount: 10)) == [0], "the door waits for no disk")
            var isExecuted = false
            while try node.releaseOldestRequest() {
                isExecuted = isExecuted || node.executedDecisions.last == count
                let results = node.statements[0].filter { $0.decision == count }.map(\.height)
                let isDurable =
                    node.journal.contains { if case .decision(count, _) = $0 { true } else { false } }
                    && !results.isEmpty
                    && results.allSatisfy { height in
                        node.journal.contains { if case .signed(let own) = $0 { own.height == height } else { false } }
                    }
                #expect((node.committedDecisions.last == count) == isDurable)
                guard node.committedDecisions.last != count else { break }
            }
            #expect(isExecuted && node.committedDecisions == Array(1...count))
        }
    }

    /// An engine that decides a value of its own.
    private struct Arbitrary: ConsensusEngine {
        let value: [UInt8]
        var liveRecords: [[UInt8]] { [] }
        var status: EngineStatus { EngineStatus(phase: "arbitrary", view: 0, leader: nil, decided: 0) }

        mutating func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect]) {
            if case .start = input { effects.append(.decided(decision: 1, value: value, proof: nil)) }
        }
    }

    @Test(arguments: [[], [9, 9, 9], [1, 0, 0, 0, 0, 0, 0, 0, 0, 200, 200, 200]])
    mutating func `a decided value that does not decode orders nothing, and is a decision`(_ value: [UInt8]) throws {
        node = try HandOverNode(0, on: ledger.genesis, holdsLogs: true, engines: { _ in Arbitrary(value: value) })
        #expect(ordered == [[]] && node.committedDecisions == [1])
        // From the journal, too.
        try node.restart()
        #expect(ordered == [[], []] && node.committedDecisions == [1, 1])
        #expect(node.statements[0].map(\.decision) == [1] && node.statements[1] == node.statements[0])
    }

    // MARK: At the door

    @Test mutating func `duplicates, expired and wrongly signed ones are refused`() throws {
        let (first, second) = (try ledger.filler(byteCount: 10), try ledger.filler(byteCount: 10))
        let forged = SignedTransaction(
            transaction: second.transaction,
            signatures: second.signatures.map {
                AccountSignature(signer: $0.signer, publicKey: $0.publicKey, signature: .init(repeating: 1))
            }, identity: second.identity)
        #expect(try submit(first, first, forged) == [0, -32020, -32019])
        #expect(try submit(first) == [-32020], "taken before")
        #expect(try submit(second) == [0], "a wrong signature takes nobody's place")
        #expect(try submit(ledger.filler(byteCount: 10, expiresIn: 0)) == [-32014])
        let latest = ledger.genesis.limits.expiryWindowMilliseconds
        #expect(try submit(ledger.filler(byteCount: 10, expiresIn: latest + 2)) == [-32015])
        try node.wait(milliseconds: 100)
        #expect(ordered.flatMap(\.self) == [first.identity, second.identity])
    }

    @Test mutating func `a signature without an answer is not valid`() throws {
        node.verify = { _ in nil }
        let before = node.effects.count
        #expect(try submit(ledger.filler(byteCount: 10), ledger.filler(byteCount: 10)) == [nil, nil])
        let token = try #require(lastVerification)
        try node.give(.verified(token, []))
        #expect(answers(since: before, count: 2) == [-32019, -32019])
        // It was answered, or never asked for.
        let count = node.effects.count
        try node.give(.verified(token, [true, true]))
        try node.give(.verified(WorkToken(number: 1_000_000), [true]))
        #expect(node.effects.count == count)
    }

    @Test mutating func `the transactions that are being verified are bounded by their bytes`() throws {
        node.verify = { _ in nil }
        let signed = try ledger.filler(byteCount: 119_000)
        let count = DisseminationLimits.mempoolByteCountMax / signed.byteCount + 10
        try node.give(.submit((0..<count).map { Submission(ticket: UInt64($0), transactions: [signed]) }))
        let refused = answers(since: 0, count: count).compactMap(\.self)
        #expect(refused.count > 0 && refused.count < 20 && refused.allSatisfy { $0 == -32021 })
        #expect(try submit(signed) == [-32021])
        // The last one may reach beyond.
        #expect(node.replica.waitingByteCount < DisseminationLimits.mempoolByteCountMax + signed.byteCount)
    }

    @Test mutating func `what is refused for want of room is taken once there is some`() throws {
        node.verify = { _ in nil }
        #expect(try submit(ledger.filler(byteCount: 10)) == [nil])
        let token = try #require(lastVerification)
        try node.give(.refuse(.diskFull(path: "data", freeByteCount: 1, neededByteCount: 2)))
        #expect(try submit(ledger.filler(byteCount: 10)) == [-32023])
        try node.give(.verified(token, [true]))
        #expect(node.committedDecisions == [1], "what was at the door already goes its way")
        try node.give(.refuse(nil))
        node.verify = { SerialVerifier().verify($0) }
        #expect(try submit(ledger.filler(byteCount: 10)) == [0])
    }

    // MARK: Holding, stopping, time

    @Test mutating func `where it is held decisions come to a stand, and go on afterwards`() throws {
        try node.give(.hold(true))
        let all = try (0..<9).map { _ in try ledger.filler(byteCount: 10) }
        for signed in all {
            #expect(try submit(signed) == [0])
            try node.wait(milliseconds: 20)
            try node.give(.passTime)
        }
        #expect(node.executedDecisions.count == Int(Solo.windowDecisions) && !node.replica.isIdle)
        #expect(node.replica.waitingByteCount > 0 || node.replica.backlog.hasWork)
        try node.give(.hold(false))
        try node.wait(milliseconds: 100)
        #expect(ordered.flatMap(\.self) == all.map(\.identity) && node.replica.isIdle)
        #expect(node.replica.waitingByteCount == 0)
    }

    @Test mutating func `who stops takes nothing new and finishes what was taken`() throws {
        node.holdLogs()
        #expect(try submit(ledger.filler(byteCount: 10)) == [0])
        try node.give(.refuse(.stopping))
        #expect(try submit(ledger.filler(byteCount: 10)) == [-32022])
        try node.wait(milliseconds: 100)
        #expect(node.committedDecisions == [1] && !node.replica.isDrained)
        try node.releaseLogs()
        #expect(node.replica.isDrained)
    }

    @Test mutating func `who stops with expired transactions alone comes to an end`() throws {
        try node.give(.hold(true))
        let inTime = Int(Solo.windowDecisions)
        let all = try (0..<2 * inTime).map { _ in try ledger.filler(byteCount: 10, expiresIn: 200) }
        for signed in all {
            #expect(try submit(signed) == [0])
            try node.wait(milliseconds: 20)
        }
        try node.wait(milliseconds: 200)
        try node.give(.refuse(.stopping))
        #expect(!node.replica.isDrained)
        try node.give(.hold(false))
        try node.wait(milliseconds: 100)
        #expect(node.replica.isDrained)
        // What is ordered too late has no effect.
        let executed = node.statements[0].map(\.decision)
        #expect(Set(executed).count == executed.count && node.executedTransactions == inTime)
    }

    @Test mutating func `where time is to pass one empty block is made, if nothing else is under way`() throws {
        node.holdJournal()
        for _ in 0..<3 { try node.give(.passTime) }
        try node.releaseJournal()
        try node.wait(milliseconds: 100)
        #expect(ordered == [[]] && node.committedDecisions == [1])
        try node.give(.passTime)
        #expect(ordered == [[], []] && node.committedDecisions == [1, 2])
        try node.wait(milliseconds: 10_000)
        #expect(node.executedDecisions == [1, 2])
    }
}
