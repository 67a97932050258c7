import Foundation
import Testing

/// Crashes at any moment, on many seeds.
///
/// A failing seed prints the command that runs it alone.
@Suite struct SimulationTests {
    private static let seedCount: UInt64 = 320

    /// The seed in `CAIRN_SIMULATION_SEED`, or all of them.
    private static var seeds: [UInt64] {
        if let text = ProcessInfo.processInfo.environment["CAIRN_SIMULATION_SEED"], let seed = UInt64(text) {
            return [seed]
        }
        return Array(0..<seedCount)
    }

    private func run(_ seed: UInt64, _ plant: Plant? = nil, usesRealSignatures: Bool = false) throws
        -> Simulation.Summary
    {
        var simulation = try Simulation(seed: seed, plant: plant, usesRealSignatures: usesRealSignatures)
        return try simulation.run(lives: 4, stepsPerLife: 250)
    }

    @Test func `nothing that was told is lost, and nothing is applied twice`() throws {
        var total = Simulation.Summary()
        for seed in Self.seeds {
            do {
                let summary = try run(seed)
                total.add(summary)
            } catch {
                Issue.record(
                    "seed \(seed): \(error); CAIRN_SIMULATION_SEED=\(seed) script/test --filter SimulationTests")
            }
        }
        print("simulated \(Self.seeds.count) seeds: \(total)")
        guard Self.seeds.count > 1 else { return }
        // What never happens is not tested.
        #expect(
            total.crashes > 500 && total.kills > 200 && total.oldStates > 50 && total.failedStarts > 50
                && total.failedWrites > 100)
        #expect(total.blocks > 5000 && total.transactions > 5000 && total.failures > 500 && total.rejections > 500)
        #expect(total.blocksOfLongDecisions > 100 && total.checkpoints > 1000)
    }

    @Test func `the same seed gives the same run`() throws {
        #expect(try run(7) == run(7))
    }

    @Test func `it holds with real signatures`() throws {
        let summary = try run(1000, usesRealSignatures: true)
        #expect(summary.transactions > 0)
    }

    @Test(arguments: Plant.allCases)
    func `a planted bug is found`(_ plant: Plant) {
        let found = (0..<400).first { seed in
            do { _ = try run(UInt64(seed), plant) } catch { return true }
            return false
        }
        #expect(found != nil, "no seed found \(plant)")
    }
}
