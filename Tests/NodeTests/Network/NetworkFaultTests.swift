import Foundation
import Glibc
import Synchronization
import SystemTestSupport
import Testing

extension NodeTests {
    /// Four real nodes of four organisations on mutual TLS, and what may happen to them. After each: no transaction that
    /// anybody was told of is lost, all have one history, and each node's ledger can be verified.
    ///
    /// `CAIRN_FAULT_ROUNDS` says how often each thing happens: in CI a few times, in long runs many.
    @Suite struct NetworkFaultTests {
        private static let rounds = ProcessInfo.processInfo.environment["CAIRN_FAULT_ROUNDS"].flatMap(Int.init) ?? 4

        private static func finish(_ world: NetworkWorld) async throws {
            let findings = try await world.finish()
            #expect(findings.isEmpty, "\(findings)")
        }

        private static func describe(_ world: NetworkWorld, _ what: String) {
            print(
                "network faults: \(what); \(world.records.submissionCount) sent, \(world.records.reportCount) reported,",
                "\(world.checker.model.places.count) in \(world.checker.model.height) blocks")
        }

        @Test(.timeLimit(.minutes(20))) func leadersAreKilledUnderLoad() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 1)
            var killed: [Int] = []
            for round in 0..<Self.rounds {
                let leader = try #require(try await world.leader(), "round \(round)")
                let others = [0, 1, 2, 3].filter { $0 != leader }
                let victim = try #require(world.nodes[leader])
                let before = try await world.height(others[0])
                try await world.load(others) {
                    try? await Task.sleep(for: .milliseconds(300))
                    victim.kill()
                    try? await Task.sleep(for: .milliseconds(1500))
                }
                world.nodes[leader] = nil
                killed.append(leader)
                #expect(try await world.height(others[0]) > before, "round \(round)")
                try world.start(leader)
                #expect(try await world.findings() == [], "round \(round)")
            }
            try await Self.finish(world)
            Self.describe(world, "leaders killed: \(killed)")
        }

        @Test(.timeLimit(.minutes(20))) func allAreKilledAtOnce() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 2)
            for round in 0..<Self.rounds {
                let victims = world.nodes.compactMap { $0 }
                try await world.load([0, 1, 2, 3]) {
                    try? await Task.sleep(for: .milliseconds(400))
                    for victim in victims { victim.process.signal(SIGKILL) }
                }
                for number in 0..<4 { world.kill(number) }
                for number in 0..<4 { try world.start(number) }
                #expect(try await world.findings() == [], "round \(round)")
            }
            try await Self.finish(world)
            Self.describe(world, "all killed \(Self.rounds) times")
        }

        /// Two of four can decide nothing, and what the others miss they catch up with.
        @Test(.timeLimit(.minutes(20))) func twoStandStill() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 3)
            let still = [1, 2].compactMap { world.nodes[$0] }
            for node in still { node.process.signal(SIGSTOP) }
            // What is under way comes to its end, or to none.
            try await Task.sleep(for: .milliseconds(500))
            let before = try await world.height(0)
            let goesOn = EndFlag()
            try await world.load([0, 3]) {
                try? await Task.sleep(for: .milliseconds(1500))
                goesOn.set()
                for node in still { node.process.signal(SIGCONT) }
                try? await Task.sleep(for: .milliseconds(2500))
            }
            #expect(try await world.height(0) > before)
            #expect(try await world.findings() == [])
            try await Self.finish(world)
            Self.describe(world, "two stood still")
        }

        /// By the votes of the organisations, while clients send.
        @Test(.timeLimit(.minutes(20))) func theEngineIsSwitchedUnderLoad() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 5)
            for (round, engine) in ["pbft", "fbft", "pbft"].prefix(Self.rounds).enumerated() {
                let before = try await world.height(0)
                let failure = Mutex<String?>(nil)
                try await world.load([0, 1, 2, 3]) {
                    try? await Task.sleep(for: .milliseconds(300))
                    do {
                        try world.vote(["--engine", engine], by: ["alpha", "bravo", "charlie"])
                    } catch { failure.withLock { $0 = "\(error)" } }
                    try? await Task.sleep(for: .milliseconds(1500))
                }
                #expect(failure.withLock { $0 } == nil)
                for number in 0..<4 {
                    let report = try await world.report(number)
                    #expect(report.epoch == UInt64(round + 1) && report.engine == engine && report.height > before)
                }
                let findings = try await world.findings()
                #expect(findings.isEmpty, "\(findings)")
            }
            try await Self.finish(world)
            Self.describe(world, "the engine was switched")
        }

        /// A node whose data are an old copy must not sign again what it has signed: the others show it, and it follows.
        @Test(.timeLimit(.minutes(20))) func anOldCopyIsPutBack() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 4)
            try world.stop(3)
            let data = "\(world.folders[3])/data"
            try FileManager.default.copyItem(atPath: data, toPath: "\(data).old")
            for _ in 0..<2 {
                try world.start(3)
                try await world.load([0, 3]) { try? await Task.sleep(for: .milliseconds(500)) }
                #expect(try await world.findings() == [])
                try world.stop(3)
            }
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.moveItem(atPath: "\(data).old", toPath: data)
            try world.start(3)
            let old = try #require(world.nodes[3])
            try await world.waitUntil("the old copy is found") { old.process.errors.contains("are an old copy") }
            try await world.load([0, 1]) { try? await Task.sleep(for: .milliseconds(500)) }
            #expect(try await world.findings() == [])
            #expect(try await world.report(3).stage == .following)
            for node in world.nodes { #expect(node?.process.errors.contains("has broken the rules") == false) }
            try await Self.finish(world)
            Self.describe(world, "an old copy was put back")
        }
    }
}
