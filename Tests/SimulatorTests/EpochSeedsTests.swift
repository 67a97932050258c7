import Consensus
import Ledger
import Simulator
import Testing

/// Seeds in which certifiers vote for other engines, other members and other keys while everything goes wrong.
@Suite struct EpochSeedsTests {
    @Test func `no seed in which members change shows a violation`() async throws {
        var run = SeedRun(.fbft, changes: EpochChanges(engines: [.fbft], changesMembers: true))
        try await run.run(nodes: 7, seeds: 40)
        Self.show(run)
        #expect(run.total.epochs > 30 && run.total.switches == 0 && run.total.commands > 4000)
        #expect(run.total.joining.restored > 10 && run.total.joining.refused > 0)
        #expect(run.total.longestCatchUpNanoseconds > 0 && run.total.longestJoiningNanoseconds > 0)
    }

    @Test func `no seed in which engines switch shows a violation`() async throws {
        var run = SeedRun(.fbft, changes: EpochChanges(engines: EngineKind.allCases, changesMembers: true))
        try await run.run(nodes: 7, seeds: 50)
        try await run.run(nodes: 5, seeds: 10)
        Self.show(run)
        #expect(run.total.epochs > 40 && run.total.switches > 30 && run.total.commands > 4000)
    }

    @Test func `no seed in which disks are put back while epochs change shows a violation`() async throws {
        var run = SeedRun(.fbft, changes: EpochChanges(engines: EngineKind.allCases, changesMembers: true))
        run.oldCopies = 1
        try await run.run(nodes: 7, seeds: 60)
        Self.show(run)
        #expect(run.total.oldCopies > 5 && run.total.oldCopiesFound > run.total.oldCopies / 3)
    }

    private static func show(_ run: SeedRun) {
        let total = run.total
        print(
            "simulated epochs, \(run.seedCount) seeds in two processes: \(total.epochs) epochs, \(total.switches) with "
                + "another engine, \(total.joining), caught up in \(total.longestCatchUpNanoseconds / 1_000_000) ms and "
                + "joined in \(total.longestJoiningNanoseconds / 1_000_000) ms at most, \(total.oldCopies) old copies, \(total.oldCopiesFound) found, "
                + "\(total.faults.named), \(total.decisions) decisions, \(total.commands) transactions, "
                + "\(total.events) events, \(total.refusals)")
    }

    struct Pair: Sendable, CustomStringConvertible {
        let from: EngineKind
        let to: EngineKind
        var description: String { "\(from) to \(to)" }
    }

    static let pairs = EngineKind.allCases.flatMap { from in EngineKind.allCases.map { Pair(from: from, to: $0) } }

    /// The members stay, but that one alone follows four and the other way round. Messages take half a millisecond, syncs one (logs twenty), execution two, and
    /// there is work at any time.
    @Test(arguments: pairs) func `a switch under load stops commits for less than a timeout`(_ pair: Pair) throws {
        var longest: UInt64 = 0
        for seed in 0..<3 as Range<UInt64> {
            var options = SimulationOptions(
                engine: pair.from, nodeCount: 5, seed: seed, faults: [], latency: .fixed(microseconds: 500),
                busyMilliseconds: 6000)
            options.changes = EpochChanges(engines: [pair.to], changesMembers: false)
            options.steadyClientMilliseconds = 5
            options.speed = NodeSpeed(sync: 1000, execution: 2000, verification: 1000)
            options.viewTimeoutMilliseconds = 1000
            let simulation = try ReplicaSimulation(options)
            try simulation.run()
            let summary = simulation.summary
            #expect(summary.epochs > 0 && (pair.from == pair.to || summary.switches > 0), "seed \(seed)")
            longest = max(longest, summary.longestHandOverNanoseconds)
        }
        print("\(pair): at most \(longest / 1_000_000) ms between the blocks of two epochs")
        #expect(longest < 1_000_000_000)
    }
}
