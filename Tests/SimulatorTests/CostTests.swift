import Consensus
import Simulator
import Testing

/// What a decision costs, and how long a network is without one: counted, not computed.
@Suite struct CostTests {
    private func run(_ nodes: Int, clients milliseconds: UInt64, seed: UInt64 = 1) throws -> Simulation {
        var options = SimulationOptions(
            engine: .fbft, nodeCount: nodes, seed: seed, faults: .none, latency: .fixed(microseconds: 500),
            busyMilliseconds: milliseconds)
        options.viewTimeoutMilliseconds = 1000
        let simulation = try Simulation(options)
        try simulation.run()
        return simulation
    }

    /// Proposals, votes and certificates of both rounds: at most five a decision for each orderer but the leader.
    @Test(arguments: [4, 7, 10, 31, 100]) func `messages a decision are linear`(_ nodes: Int) throws {
        let summary = try run(nodes, clients: 2000).summary
        let perDecision = Double(summary.messages.reduce(0, +)) / Double(summary.decisions)
        print(
            "FBFT, \(nodes) nodes: \(perDecision) messages a decision, \(perDecision / Double(nodes - 1)) for each other"
                + " orderer, \(summary.messageBytes / Int(summary.decisions)) bytes, \(summary.decisions) decisions")
        #expect(summary.decisions > 10)
        #expect(perDecision <= 5.2 * Double(nodes - 1))
    }

    /// The longest time between two decisions.
    private func longestGap(_ simulation: Simulation) -> UInt64 {
        zip(simulation.decisionNanoseconds, simulation.decisionNanoseconds.dropFirst()).map { $1 - $0 }.max() ?? .max
    }

    @Test(arguments: [4, 7, 10]) func `after the leader's crash there is a decision within two timeouts`(
        _ nodes: Int
    ) throws {
        for seed in 0..<20 as Range<UInt64> {
            var options = SimulationOptions(
                engine: .fbft, nodeCount: nodes, seed: seed, faults: .none, latency: .fixed(microseconds: 500),
                busyMilliseconds: 6000)
            options.viewTimeoutMilliseconds = 1000
            options.crashes = [PlannedCrash(place: 0, milliseconds: 1000..<9000)]
            let simulation = try Simulation(options)
            try simulation.run()
            #expect(longestGap(simulation) < 2_000_000_000 + Self.clientPauseNanoseconds, "seed \(seed)")
        }
    }

    /// Timeouts double: with f failing leaders in a row the sum of f+1 of them.
    @Test(arguments: [(7, 2), (10, 3)]) func `after failing leaders in a row there is a decision`(
        _ nodes: Int, _ failing: Int
    ) throws {
        for seed in 0..<20 as Range<UInt64> {
            var options = SimulationOptions(
                engine: .fbft, nodeCount: nodes, seed: seed, faults: .none, latency: .fixed(microseconds: 500),
                busyMilliseconds: 40_000)
            options.viewTimeoutMilliseconds = 1000
            options.crashes = (0..<failing).map { PlannedCrash(place: $0, milliseconds: 1000..<39_000) }
            let simulation = try Simulation(options)
            try simulation.run()
            let timeouts = (0...failing).reduce(0 as UInt64) { $0 + min(10_000, 1000 << UInt64($1)) }
            #expect(longestGap(simulation) < timeouts * 1_000_000 + Self.clientPauseNanoseconds, "seed \(seed)")
        }
    }

    /// Clients pause for so long now and then.
    private static let clientPauseNanoseconds: UInt64 = 2_100_000_000
}
