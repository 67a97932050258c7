import Consensus
import Ledger
import Primitives
import Testing

@testable import Replica

/// A node that is alone, and votes itself from one key to another: what it decides, executes and writes goes through the
/// real engine, lanes, executor and logs.
@Suite struct LoneHandOverTests {
    private var ledger: EpochLedger
    private let next: EpochConfiguration
    private let end = 1 + ConsensusLimits.executionLagDecisions

    init() throws {
        ledger = try EpochLedger(first: try EpochLedger.epoch(0, .solo, [1]))
        next = try EpochLedger.epoch(1, .solo, [9])
    }

    private func submit(_ signed: SignedTransaction, _ ticket: Ticket, to node: inout HandOverNode) throws {
        try node.give(.submit([Submission(ticket: ticket, transactions: [signed])]))
        try node.wait(milliseconds: 100)
    }

    /// It has executed the last decision of its epoch, whose logs and whatever follows are held back.
    private mutating func ending() throws -> HandOverNode {
        var node = try HandOverNode(0, on: ledger.genesis)
        node.holdLogs()
        try submit(try ledger.vote(for: next, by: 1), 1, to: &node)
        return node
    }

    private func executions(of signed: SignedTransaction, by node: HandOverNode) -> [UInt64] {
        node.effects.compactMap {
            guard case .execute(let decision) = $0 else { return nil }
            return decision.transactions.contains { $0.identity == signed.identity } ? decision.number : nil
        }
    }

    @Test(arguments: [true, false]) mutating func `another epoch than it was invited to is not entered`(
        _ isRight: Bool
    ) throws {
        let digest = isRight ? next.digest(in: EpochLedger.suite) : .zero
        var node = try HandOverNode(0, on: ledger.genesis, invitation: Invitation(epoch: 1, digest: digest))
        try submit(try ledger.vote(for: next, by: 1), 1, to: &node)
        let halts = node.effects.compactMap { if case .halted(let reason) = $0 { reason } else { nil } }
        let entered = next.digest(in: EpochLedger.suite)
        #expect(node.enteredEpochs == (isRight ? [1] : []) && node.executedDecisions == Array(1...end))
        #expect(halts == (isRight ? [] : [.otherEpoch(number: 1, entered: entered, invited: .zero)]))
    }

    @Test mutating func `nothing is executed beyond the end; what was not ordered is, once, in the next epoch`() throws
    {
        var node = try ending()
        let late = try ledger.filler(byteCount: 10)
        try submit(late, 2, to: &node)
        #expect(node.executedDecisions == Array(1...end) && node.enteredEpochs.isEmpty)
        #expect(node.answers(to: 2) == [[nil]] && executions(of: late, by: node).isEmpty)
        node.holdJournal()
        let before = node.effects.count
        try node.releaseLogs()
        try node.wait(milliseconds: 100)
        // The start is written before anything of the new epoch is done.
        let after = node.effects[before...].filter {
            switch $0 {
            case .entered, .persist, .sign, .execute, .send: true
            default: false
            }
        }
        let (first, second) = (after.first, after.dropFirst().first)
        #expect(after.count == 2)
        if case .entered(let epoch)? = first { #expect(epoch == next) } else { Issue.record("\(after)") }
        if case .persist(_, let records)? = second {
            #expect(records == [.incarnation(2)])
        } else {
            Issue.record("\(after)")
        }
        try node.releaseJournal()
        try node.wait(milliseconds: 100)
        #expect(executions(of: late, by: node) == [end + 1] && node.answers(to: 2).count == 1)
        // At the door it is known, too.
        try submit(late, 3, to: &node)
        #expect(node.answers(to: 3) == [[.duplicate]])
        #expect(node.executedDecisions == Array(1...end + 1))
        let last = try #require(node.statements[0].last { $0.epoch == 0 })
        #expect(last.nextEpoch == next.digest(in: EpochLedger.suite) && node.statements[0].last?.epoch == 1)
    }

    enum Crash: CaseIterable {
        case beforeTheEndIsLogged
        case beforeTheStartIsDurable
        case beforeTheNextIsLogged
    }

    @Test(arguments: Crash.allCases) mutating func `a crash in the midst comes back into the right epoch`(
        _ crash: Crash
    ) throws {
        var node = try ending()
        switch crash {
        case .beforeTheEndIsLogged: break
        case .beforeTheStartIsDurable:
            node.holdJournal()
            try node.releaseLogs()
            try #require(node.enteredEpochs == [1])
        case .beforeTheNextIsLogged:
            try node.releaseLogs()
            node.holdLogs()
            try submit(try ledger.filler(byteCount: 10), 2, to: &node)
            try #require(node.executedDecisions.last == end + 1)
        }
        let starts = incarnations(of: node)
        let executed = node.executedDecisions.count
        try node.restart()
        #expect(node.replica.epoch == next && node.replica.isRunning)
        #expect((incarnations(of: node).last ?? 0) > (starts.max() ?? 0))
        try submit(try ledger.filler(byteCount: 11), 4, to: &node)
        // What was decided and is not whole in the logs is executed again, and after it what is new: each has the results
        // that it had.
        let first: UInt64 = crash == .beforeTheEndIsLogged ? 1 : end + 1
        let last = crash == .beforeTheNextIsLogged ? end + 2 : end + 1
        #expect(Array(node.executedDecisions[executed...]) == Array(first...last))
        for statement in node.statements[1] {
            let before = node.statements[0].first { $0.height == statement.height }
            #expect(before == nil || before == statement)
            #expect(statement.epoch == (statement.decision <= end ? 0 : 1))
        }
    }

    /// What is durable of its starts.
    private func incarnations(of node: HandOverNode) -> [UInt64] {
        node.journal.compactMap { if case .incarnation(let number) = $0 { number } else { nil } }
    }
}
