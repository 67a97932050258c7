import Foundation
import HTTP
import Ledger

/// Measures transfers on a network that it starts itself.
struct TransferBenchmark {
    private let plan: NetworkPlan
    private let transactions: Int
    private let senders: Int

    /// How many transactions show the latency at light load.
    private static let latencyCount = 200

    init(_ invocation: Invocation) throws {
        plan = try BenchNetwork.plan(invocation)
        transactions = try invocation.number("transactions", default: 20_000)
        senders = try invocation.number("senders", default: 64)
        guard (1...10_000_000).contains(transactions), (2...100_000).contains(senders) else {
            throw CommandError.usage(
                "--transactions takes 1 to 10000000, and --senders 2 to 100000", invocation.command)
        }
    }

    /// What was measured.
    struct Figures: BenchFigures {
        let plan: NetworkPlan
        let startSeconds, loadSeconds: Double
        let transactions, failed: Int
        /// Of each transaction at light load, ascending, in milliseconds.
        let latencies: [Double]
        let stages: BenchStages

        var perSecond: Double { Double(transactions - failed) / loadSeconds }

        private func latency(_ share: Double) -> Double { latencies[Int(share * Double(latencies.count - 1))] }

        var json: JSON {
            [
                "nodes": .unsigned(UInt64(plan.organisations.count)), "engine": .string("\(plan.engine)"),
                "suite": .string("\(plan.suite)"), "transactions": .unsigned(UInt64(transactions)),
                "failed": .unsigned(UInt64(failed)), "startSeconds": .rounded(startSeconds),
                "transactionsPerSecond": .unsigned(UInt64(perSecond)),
                "latencyMilliseconds": [
                    "p50": .rounded(latency(0.5)), "p95": .rounded(latency(0.95)), "p99": .rounded(latency(0.99)),
                ],
                "underLoad": stages.json,
            ]
        }

        var lines: [String] {
            func shown(_ value: Double) -> String { String(format: "%.1f", value) }
            return [
                "\(plan.organisations.count) nodes, \(plan.engine), \(plan.suite), ready after \(shown(startSeconds)) s",
                "latency     \(shown(latency(0.5))) ms (median), \(shown(latency(0.95))) ms (p95), "
                    + "\(shown(latency(0.99))) ms (p99), of \(latencies.count) transfers one after another",
                "throughput  \(Int(perSecond)) transfers/s, \(transactions) in \(shown(loadSeconds)) s, \(failed) failed",
            ] + stages.lines
        }
    }

    func run() async throws -> Figures {
        try await BenchNetwork.run(plan, senders: senders) { network in
            Terminal.progress("funding \(senders) accounts", 0, of: 3)
            try await network.fund(2 * transactions + 1000)
            Terminal.progress("measuring the latency", 1, of: 3)
            let latencies = try await latencies(network)
            Terminal.progress("signing \(transactions) transfers", 2, of: 3)
            let signed = try await network.transfers(transactions)
            Terminal.progress("sending them", 3, of: 3)
            let before = try await BenchStages.read(network.endpoints)
            let start = ContinuousClock.now
            let failed = try await network.send(signed, to: Array(network.endpoints.indices))
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let after = try await BenchStages.read(network.endpoints)
            Terminal.endProgress()
            return Figures(
                plan: plan, startSeconds: network.startSeconds, loadSeconds: seconds, transactions: transactions,
                failed: failed, latencies: latencies.sorted(),
                stages: BenchStages(before: before, after: after, seconds: seconds))
        }
    }

    private func latencies(_ network: BenchNetwork) async throws -> [Double] {
        var latencies: [Double] = []
        for signed in try await network.transfers(Self.latencyCount) {
            let start = ContinuousClock.now
            guard case .committed = try await network.client.submit(signed) else {
                throw CommandError.failed("a transfer failed while the latency was measured")
            }
            latencies.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        return latencies
    }
}

/// What a benchmark has measured.
protocol BenchFigures {
    var json: JSON { get }
    var lines: [String] { get }
}

extension JSON {
    /// To two digits after the point.
    static func rounded(_ value: Double) -> JSON { .number(String(format: "%.2f", value)) }
}
