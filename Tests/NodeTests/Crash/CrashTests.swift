import Foundation
import SystemTestSupport
import Testing

extension NodeTests {
    /// Kills the real node where it hurts, and looks whether it kept its word.
    ///
    /// Its disk keeps in memory what is not synced, so that SIGKILL loses exactly that. `CAIRN_CRASH_SEED` runs a seed
    /// again; `CAIRN_CRASH_KILLS` says how many kills there are.
    @Suite struct CrashTests {
        private static func number(_ name: String) -> UInt64? {
            ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
        }

        @Test(.timeLimit(.minutes(6))) func nothingCommittedIsEverLost() async throws {
            let seed = Self.number("CAIRN_CRASH_SEED") ?? UInt64.random(in: 0...999_999)
            let kills = Int(Self.number("CAIRN_CRASH_KILLS") ?? 55)
            let again = "run it again with CAIRN_CRASH_SEED=\(seed) script/test --filter CrashTests"
            print("crash test: seed \(seed); \(again)")
            let start = ContinuousClock.now
            var world = try CrashWorld(seed: seed, disk: "unsynced")
            while world.killCount < kills {
                let findings = try await world.live()
                try #require(findings.isEmpty, "\(findings.prefix(5)) after \(world.killCount) kills; \(again)")
            }
            try await finish(&world, again)
            print(
                "crash test: \(world.killCount) kills, \(world.earlyKillCount) of them before the node was up,",
                "\(world.olderStateCount) older states, \(world.records.submissionCount) transactions sent,",
                "\(world.records.reportCount) reported, \(world.checker.model.places.count) in",
                "\(world.checker.model.height) blocks, \(ContinuousClock.now - start)")
            #expect(world.records.reportCount > 1000, "too little load to prove anything")
        }

        /// One more start without harm: the ledger is whole, and the node stops as it should.
        private func finish(_ world: inout CrashWorld, _ again: String) async throws {
            let (node, refusal) = world.start()
            let last = try #require(node, "\(refusal); \(again)")
            let findings = try await world.checker.check(try RPCConnection(last.endpoint), &world.generator)
            #expect(findings.isEmpty, "\(findings.prefix(5)); \(again)")
            #expect(last.stop() == .exited(0), "\(last.process.errors)")
            let verified = try world.program.run("ledger", "verify", "--directory", world.folder, "--json")
            #expect(verified.isSuccess, "\(verified.output)")
            #expect(verified.json?["height"]?.uint64Value == world.checker.model.height)
            #expect(verified.json?["transactions"]?.uint64Value == UInt64(world.checker.model.places.count))
        }

        /// The test must be able to fail: a node whose journal forgets its syncs is caught.
        @Test(.timeLimit(.minutes(2)), arguments: [true, false]) func aMissingSyncIsFound(isTiny: Bool) async throws {
            var world = try CrashWorld(seed: 1, disk: "unsynced,forgetful", isTiny: isTiny)
            var findings: [String] = []
            // The log, whose syncs are none too few, soon holds what the journal forgets.
            while findings.isEmpty, world.killCount < 60 { findings = try await world.live() }
            #expect(!findings.isEmpty, "a missing sync went unnoticed through \(world.killCount) kills")
            print("crash test: the missing sync was found after \(world.killCount) kills: \(findings.first ?? "")")
        }
    }
}
