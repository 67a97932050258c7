import Foundation
import Glibc
import HTTP
import Ledger

/// Measures how fast a node catches up by blocks that stood still while others went on.
struct CatchUpBenchmark {
    private let plan: NetworkPlan
    private let transactions: Int

    private static let senders = 64
    private static let pollMilliseconds = 10

    init(_ invocation: Invocation) throws {
        plan = try BenchNetwork.plan(invocation)
        transactions = try invocation.number("transactions", default: 100_000)
        guard plan.organisations.count > 3 else {
            throw CommandError.usage("--up takes at least 4, so that the others go on", invocation.command)
        }
        guard (1000...10_000_000).contains(transactions) else {
            throw CommandError.usage("--transactions takes 1000 to 10000000", invocation.command)
        }
    }

    struct Figures: BenchFigures {
        let plan: NetworkPlan
        let transactions: Int
        let blocks: UInt64
        let seconds: Double
        let stages: BenchStages

        var json: JSON {
            [
                "nodes": .unsigned(UInt64(plan.organisations.count)), "engine": .string("\(plan.engine)"),
                "suite": .string("\(plan.suite)"), "transactions": .unsigned(UInt64(transactions)),
                "blocks": .unsigned(blocks), "seconds": .rounded(seconds),
                "transactionsPerSecond": .unsigned(UInt64(Double(transactions) / seconds)),
                "meanwhile": stages.json,
            ]
        }

        var lines: [String] {
            [
                "\(plan.organisations.count) nodes, \(plan.engine), \(plan.suite)",
                "catch-up    \(Int(Double(transactions) / seconds)) transfers/s: \(transactions) in \(blocks) blocks, in "
                    + String(format: "%.1f s", seconds),
            ] + stages.lines.dropFirst()
        }
    }

    func run() async throws -> Figures {
        try await BenchNetwork.run(plan, senders: Self.senders) { network in
            Terminal.progress("signing \(transactions) transfers", 0, of: 3)
            try await network.fund(2 * transactions + 1000)
            let signed = try await network.transfers(transactions)
            let last = plan.organisations.count - 1
            let before = try await network.report(last).height
            let process = try network.process(last)
            guard kill(process, SIGSTOP) == 0 else { throw CommandError.failed("cannot stop the process \(process)") }
            defer { kill(process, SIGCONT) }
            Terminal.progress("sending them, while one node stands still", 1, of: 3)
            let failed = try await network.send(signed, to: Array(0..<last))
            guard failed == 0 else { throw CommandError.failed("\(failed) transfers failed") }
            Terminal.progress("the node catches up", 2, of: 3)
            let height = try await network.report(0).height
            let others = try await BenchStages.read([network.endpoints[0]])
            let start = ContinuousClock.now
            kill(process, SIGCONT)
            let own = try await BenchStages.read([network.endpoints[last]])
            while try await network.report(last).height < height {
                try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let after = try await BenchStages.read([network.endpoints[0], network.endpoints[last]])
            Terminal.endProgress()
            return Figures(
                plan: plan, transactions: transactions, blocks: height - before, seconds: seconds,
                stages: BenchStages(before: others + own, after: after, seconds: seconds))
        }
    }
}
