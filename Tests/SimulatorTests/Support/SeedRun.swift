import Consensus
import Foundation
import Ledger
import Simulator
import SystemTestSupport
import Testing

/// Seeds of one engine in this process and, beside it, in another one: all that happens must be the same in both.
struct SeedRun {
    let engine: EngineKind
    let isOfReplicas: Bool
    let changes: EpochChanges?
    var oldCopies: Int?
    private(set) var total = SimulationSummary()
    private(set) var seedCount: UInt64 = 0

    init(_ engine: EngineKind, isOfReplicas: Bool = false, changes: EpochChanges? = nil) {
        self.engine = engine
        self.isOfReplicas = isOfReplicas || changes != nil
        self.changes = changes
    }

    mutating func run(nodes: Int, seeds count: UInt64) async throws {
        async let other = Self.run(command(nodes: nodes, seeds: count))
        var summary = SimulationSummary()
        for seed in 0..<count {
            var options = SimulationOptions(engine: engine, nodeCount: nodes, seed: seed)
            options.changes = changes
            options.oldCopies = oldCopies
            do { summary.add(try run(options)) } catch {
                Issue.record("\(error); cairn \(command(nodes: nodes, seeds: 1).joined(separator: " ")) --seed \(seed)")
            }
        }
        let trace = try await other.json?["trace"]?.stringValue
        #expect(trace == String(summary.traceHash.value, radix: 16), "\(nodes) nodes: another process had other runs")
        total.add(summary)
        seedCount += count
    }

    private func run(_ options: SimulationOptions) throws -> SimulationSummary {
        if isOfReplicas {
            let simulation = try ReplicaSimulation(options)
            try simulation.run()
            return simulation.summary
        }
        let simulation = try Simulation(options)
        try simulation.run()
        return simulation.summary
    }

    private func command(nodes: Int, seeds: UInt64) -> [String] {
        ["simulate", "--engine", "\(engine)", "--layer", isOfReplicas ? "replica" : "engine"]
            + (changes.map { [$0.engines.count > 1 ? "--switch-engines" : "--change-members"] } ?? [])
            + (oldCopies.map { ["--old-copies", "\($0)"] } ?? []) + [
                "--nodes", "\(nodes)", "--seeds", "\(seeds)", "--json",
            ]
    }

    private static func run(_ command: [String]) async throws -> CairnProgram.Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        try CairnProgram(scratch: ScratchFolder()).run(command, seconds: 1200)
                    })
            }
        }
    }
}
