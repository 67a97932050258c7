import Ledger
import Simulator
import Testing

/// What a decision costs, and how long a network is without one: counted, not computed.
@Suite struct CostTests {
    private func run(
        _ engine: EngineKind, _ nodes: Int, clients milliseconds: UInt64, seed: UInt64 = 1
    ) throws -> Simulation {
        var options = SimulationOptions(
            engine: engine, nodeCount: nodes, seed: seed, faults: .none, latency: .fixed(microseconds: 500),
            busyMilliseconds: milliseconds)
        options.viewTimeoutMilliseconds = 1000
        let simulation = try Simulation(options)
        try simulation.run()
        return simulation
    }

    /// Proposals, votes and certificates of both rounds: at most five a decision for each orderer but the leader.
    @Test(arguments: [4, 7, 10, 31, 100]) func `messages a decision are linear`(_ nodes: Int) throws {
        let summary = try run(.fbft, nodes, clients: 2000).summary
        let perDecision = Double(summary.messages.reduce(0, +)) / Double(summary.decisions)
        print(
            "FBFT, \(nodes) nodes: \(perDecision) messages a decision, \(perDecision / Double(nodes - 1)) for each other"
                + " orderer, \(summary.messageBytes / Int(summary.decisions)) bytes, \(summary.decisions) decisions")
        #expect(summary.decisions > 10)
        #expect(perDecision <= 5.2 * Double(nodes - 1))
    }

    /// A proposal, and both rounds of votes, of all to all; beside them what a leader says to show that it is there, and
    /// what the others remind it of.
    @Test(arguments: [4, 7, 10, 31, 100]) func `messages a decision of PBFT are as many as its votes`(
        _ nodes: Int
    ) throws {
        let summary = try run(.pbft, nodes, clients: nodes < 100 ? 2000 : 1000).summary
        let counts = (summary.messages[0], summary.messages[1], summary.messages.reduce(0, +))
        let perDecision = Double(counts.2) / Double(summary.decisions)
        print(
            "PBFT, \(nodes) nodes: \(perDecision) messages a decision, of them \(counts.0) proposals and \(counts.1) "
                + "votes, \(summary.messageBytes / Int(summary.decisions)) bytes, \(summary.decisions) decisions")
        let others = Double(nodes - 1)
        #expect(summary.decisions >= 10)
        #expect(Double(counts.0) <= 1.1 * others * Double(summary.decisions))
        #expect(perDecision <= 1.2 * others * Double(2 * nodes + 1))
    }

    /// The longest time between two decisions.
    private func longestGap(_ simulation: Simulation) -> UInt64 {
        zip(simulation.decisionNanoseconds, simulation.decisionNanoseconds.dropFirst()).map { $1 - $0 }.max() ?? .max
    }

    @Test(arguments: [EngineKind.fbft, .pbft], [4, 7, 10])
    func `after the leader's crash there is a decision within two timeouts`(
        _ engine: EngineKind, _ nodes: Int
    ) throws {
        for seed in 0..<20 as Range<UInt64> {
            var options = SimulationOptions(
                engine: engine, nodeCount: nodes, seed: seed, faults: .none, latency: .fixed(microseconds: 500),
                busyMilliseconds: 6000)
            options.viewTimeoutMilliseconds = 1000
            options.crashes = [PlannedCrash(place: 0, milliseconds: 1000..<9000)]
            let simulation = try Simulation(options)
            try simulation.run()
            #expect(longestGap(simulation) < 2_000_000_000 + Self.clientPauseNanoseconds, "seed \(seed)")
        }
    }

    /// Its machine stays, and ends its connections: nobody waits.
    @Test(arguments: [EngineKind.fbft, .pbft]) func `a leader whose process ends is not waited for`(
        _ engine: EngineKind
    ) throws {
        var options = SimulationOptions(
            engine: engine, nodeCount: 7, seed: 1, faults: .none, latency: .fixed(microseconds: 500),
            busyMilliseconds: 6000)
        options.viewTimeoutMilliseconds = 1000
        options.steadyClientMilliseconds = 2
        options.crashes = [PlannedCrash(place: 0, milliseconds: 2000..<9000, isNoticed: true)]
        let simulation = try Simulation(options)
        try simulation.run()
        #expect(longestGap(simulation) < 100_000_000)
    }

    /// Timeouts double: with f failing leaders in a row the sum of f+1 of them.
    @Test(arguments: [EngineKind.fbft, .pbft], [(7, 2), (10, 3)])
    func `after failing leaders in a row there is a decision`(
        _ engine: EngineKind, _ size: (nodes: Int, failing: Int)
    ) throws {
        let (nodes, failing) = size
        for seed in 0..<20 as Range<UInt64> {
            var options = SimulationOptions(
                engine: engine, nodeCount: nodes, seed: seed, faults: .none, latency: .fixed(microseconds: 500),
                busyMilliseconds: 40_000)
            options.viewTimeoutMilliseconds = 1000
            options.crashes = (0..<failing).map { PlannedCrash(place: $0, milliseconds: 1000..<39_000) }
            let simulation = try Simulation(options)
            try simulation.run()
            let timeouts = (0...failing).reduce(0 as UInt64) { $0 + min(10_000, 1000 << UInt64($1)) }
            #expect(longestGap(simulation) < timeouts * 1_000_000 + Self.clientPauseNanoseconds, "seed \(seed)")
        }
    }

    /// Whose decisions take several times as long as they did must not lead on.
    @Test func `a leader that becomes slow is replaced`() throws {
        var options = SimulationOptions(
            engine: .fbft, nodeCount: 7, seed: 3, faults: .none, latency: .fixed(microseconds: 500),
            busyMilliseconds: 20_000)
        options.viewTimeoutMilliseconds = 1000
        options.steadyClientMilliseconds = 2
        options.delays = [PlannedDelay(place: 0, milliseconds: 5000..<20_000, delayMilliseconds: 100)]
        let simulation = try Simulation(options)
        try simulation.run()
        let last = simulation.decisionNanoseconds.filter { $0 > 15_000_000_000 && $0 < 20_000_000_000 }
        // Of the slow one there would be fifty.
        #expect(last.count > 300, "\(last.count) decisions in the last 5 s")
    }

    /// Clients pause for so long now and then.
    private static let clientPauseNanoseconds: UInt64 = 2_100_000_000
}
