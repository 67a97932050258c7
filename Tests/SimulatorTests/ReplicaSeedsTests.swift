import Consensus
import Ledger
import Simulator
import Testing

/// Seeds of whole replicas, with every kind of fault: none may show a violation. `script/soak` runs many more.
@Suite struct ReplicaSeedsTests {
    private static func total(
        _ engine: EngineKind, _ seedCounts: [(nodes: Int, seeds: UInt64)]
    ) async throws -> SimulationSummary {
        var run = SeedRun(engine, isOfReplicas: true)
        for (nodes, count) in seedCounts { try await run.run(nodes: nodes, seeds: count) }
        let total = run.total
        print(
            "simulated replicas of \(engine), \(run.seedCount) seeds in two processes: \(total.faults.named), "
                + "\(total.decisions) decisions, \(total.commands) transactions, \(total.events) events, "
                + "\(total.fetches) fetches, \(total.oldCopies) old copies, \(total.oldCopiesFound) times found, "
                + "\(total.refusals)")
        return total
    }

    @Test func `no seed of replicas under FBFT shows a violation`() async throws {
        let total = try await Self.total(
            .fbft, [(1, 10), (2, 20), (3, 30), (4, 200), (5, 40), (6, 30), (7, 40), (8, 10), (10, 10)])
        // What never happens is not tested.
        for (name, count) in total.faults.named { #expect(count > 10, "\(name)") }
        #expect(total.decisions > 5000 && total.commands > 50_000 && total.fetches > 200 && total.evidence > 0)
        let faults: [MessageFault] = [
            .undecodable, .notItsPlace, .wrongSignature, .wrongCertificate, .invalidValue, .unacceptable, .conflicting,
        ]
        for fault in faults { #expect(total.refusals[fault] ?? 0 > 0, "\(fault)") }
    }

    @Test func `no seed of replicas under Raft shows a violation`() async throws {
        let total = try await Self.total(.raft, [(1, 10), (2, 30), (3, 100), (4, 40), (5, 60), (7, 10)])
        for (name, count) in total.faults.named where name != "lies" { #expect(count > 20, "\(name)") }
        #expect(total.decisions > 3000 && total.commands > 20_000 && total.fetches > 100 && total.refusals.isEmpty)
    }

    @Test func `old copies of disks are found out`() throws {
        var total = SimulationSummary()
        for seed in 0..<60 as Range<UInt64> {
            var options = SimulationOptions(engine: .fbft, nodeCount: 4, seed: seed, faults: [.crash, .partition])
            options.oldCopies = 1
            let simulation = try ReplicaSimulation(options)
            do { try simulation.run() } catch let failure as SimulationFailure {
                // It counts as honest here, but need not make progress.
                #expect(failure.property == .liveness, "\(failure) with seed \(seed)")
            }
            total.add(simulation.summary)
        }
        print("\(total.oldCopies) old copies, \(total.oldCopiesFound) times found")
        // Those that nobody can tell from others count as liars.
        #expect(total.oldCopies > 20 && total.oldCopiesFound > total.oldCopies / 2)
    }

    @Test func `replicas hold with real signatures`() throws {
        for (seed, signing) in [(0, .real(.international)), (1, .real(.national))] as [(UInt64, SimulatedSigning)] {
            let simulation = try ReplicaSimulation(
                SimulationOptions(engine: .fbft, nodeCount: 4, seed: seed, signing: signing))
            try simulation.run()
            #expect(simulation.summary.signatureChecks > 0 && simulation.summary.commands > 0)
        }
    }

    @Test func `the same seed gives the same run of replicas`() throws {
        func trace(_ seed: UInt64) throws -> TraceHash {
            let simulation = try ReplicaSimulation(SimulationOptions(engine: .fbft, nodeCount: 4, seed: seed))
            try simulation.run()
            return simulation.summary.traceHash
        }
        #expect(try trace(3) == trace(3))
        #expect(try trace(3) != trace(4))
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func `a network that has nothing to do is silent`(_ seed: UInt64) throws
    {
        let simulation = try ReplicaSimulation(SimulationOptions(engine: .fbft, nodeCount: 4, seed: seed, faults: []))
        try simulation.run()
        // What is on its way.
        _ = try simulation.linger(milliseconds: 20_000)
        #expect(try simulation.linger(milliseconds: 60_000) == 0)
    }
}
