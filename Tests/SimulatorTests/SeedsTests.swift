import Consensus
import Foundation
import Ledger
import Simulator
import Testing

/// Seeds of whole networks with every kind of fault: none may show a violation. `script/soak` runs many more.
@Suite struct SeedsTests {
    /// How many seeds for how many nodes: sizes with and without a remainder over thirds.
    private static let seedCounts: [(nodes: Int, seeds: UInt64)] = [
        (1, 20), (2, 50), (3, 100), (4, 1000), (5, 400), (6, 300), (7, 300), (8, 100), (10, 100), (13, 40),
    ]

    @Test func `no seed of FBFT shows a violation`() async throws {
        var run = SeedRun(.fbft)
        for (nodes, count) in Self.seedCounts { try await run.run(nodes: nodes, seeds: count) }
        let total = run.total
        print(
            "simulated \(run.seedCount) seeds in two processes: \(total.faults.named), \(total.decisions) decisions, "
                + "\(total.events) events, \(total.fetches) fetches")
        // What never happens is not tested.
        for (name, count) in total.faults.named { #expect(count > 100, "\(name)") }
        #expect(total.decisions > 20_000 && total.proofs > 50_000 && total.fetches > 500)
        for fault in Self.faults { #expect(total.refusals[fault] ?? 0 > 0, "\(fault)") }
        let phases = [
            "behind", "closing", "following", "gathering", "leading", "locked", "not leading", "proposing", "voted",
            "wishing",
        ]
        #expect(total.phases == phases)
    }

    @Test func `no seed of PBFT shows a violation`() async throws {
        var run = SeedRun(.pbft)
        for (nodes, count) in Self.seedCounts where nodes != 10 { try await run.run(nodes: nodes, seeds: count / 2) }
        let total = run.total
        print(
            "simulated PBFT, \(run.seedCount) seeds in two processes: \(total.faults.named), \(total.decisions) "
                + "decisions, \(total.events) events, \(total.fetches) fetches")
        for (name, count) in total.faults.named { #expect(count > 50, "\(name)") }
        #expect(total.decisions > 20_000 && total.proofs > 50_000 && total.fetches > 300 && total.evidence > 100)
        for fault in Self.faults { #expect(total.refusals[fault] ?? 0 > 0, "\(fault)") }
        let phases = [
            "behind", "entering", "following", "gathering", "leading", "not leading", "prepared", "proposing", "voted",
            "wishing",
        ]
        #expect(total.phases == phases)
    }

    private static let faults: [MessageFault] = [
        .undecodable, .notItsPlace, .wrongSignature, .wrongCertificate, .unacceptable, .conflicting,
    ]

    @Test func `no seed of Raft shows a violation`() async throws {
        var run = SeedRun(.raft)
        for (nodes, count) in [(1, 50), (2, 200), (3, 2000), (4, 1000), (5, 1500), (7, 500)] as [(Int, UInt64)] {
            try await run.run(nodes: nodes, seeds: count)
        }
        let total = run.total
        print(
            "simulated Raft, \(run.seedCount) seeds in two processes: \(total.faults.named), \(total.decisions) "
                + "decisions, \(total.reads) reads, \(total.events) events")
        for (name, count) in total.faults.named where name != "lies" { #expect(count > 100, "\(name)") }
        #expect(total.decisions > 50_000 && total.fetches > 500 && total.refusals.isEmpty && total.reads > 10_000)
        #expect(
            total.phases == ["behind", "candidate", "following", "leaderless", "leading", "sounding"])
    }

    @Test(arguments: [EngineKind.fbft, .pbft]) func `it holds with real signatures`(_ engine: EngineKind) throws {
        for seed in 0..<4 as Range<UInt64> {
            let simulation = try Simulation(
                SimulationOptions(
                    engine: engine, nodeCount: 4, seed: seed, signing: .real(seed < 3 ? .international : .national)))
            try simulation.run()
            #expect(simulation.summary.signatureChecks > 0 && simulation.summary.decisions > 0)
        }
    }

    @Test(arguments: [0, 3, 11, 44] as [UInt64]) func `the same seed gives the same run`(_ seed: UInt64) throws {
        func trace() throws -> TraceHash {
            let simulation = try Simulation(SimulationOptions(engine: .fbft, nodeCount: 4, seed: seed))
            try simulation.run()
            return simulation.summary.traceHash
        }
        let first = try trace()
        #expect(try trace() == first)
        let other = try Simulation(SimulationOptions(engine: .fbft, nodeCount: 4, seed: seed + 1))
        try other.run()
        #expect(other.summary.traceHash != first)
    }

    @Test func `an old copy of nothing is no fault: all processes end at once and come back`() throws {
        var options = SimulationOptions(engine: .fbft, nodeCount: 4, seed: 5, faults: .none, busyMilliseconds: 4000)
        options.crashes = (0..<4).map { PlannedCrash(place: $0, milliseconds: 1000..<1500) }
        let simulation = try Simulation(options)
        try simulation.run()
        let before = simulation.decisionNanoseconds.filter { $0 < 1_000_000_000 }.count
        #expect(before > 0 && simulation.decisionNanoseconds.count > before)
    }
}
