import Foundation
import Glibc
import HTTP
import Synchronization
import SystemTestSupport
import Testing

@testable import cairn

extension NodeTests {
    /// Networks of real nodes one of which has a bad machine: a clock that is set wrong while it runs, a disk that fills up.
    @Suite struct NetworkMachineTests {
        private static func describe(_ world: NetworkWorld, _ what: String) {
            print(
                "network faults: \(what); \(world.records.submissionCount) sent, \(world.records.reportCount) reported,",
                "\(world.checker.model.places.count) in \(world.checker.model.height) blocks")
        }

        /// Puts a library between a process and the system's clock, which stands in its file (libfaketime). It is slower
        /// with it: waits end with the next tick.
        private struct Clock {
            let file: String
            let environment: [String: String]

            static var library: String? {
                let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
                return folders.map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
                    .first { FileManager.default.fileExists(atPath: $0) }
            }

            init(_ file: String) throws {
                self.file = file
                environment = [
                    "LD_PRELOAD": try #require(Self.library, "script/setup installs libfaketime"),
                    "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_CACHE_DURATION": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                ]
                try set(seconds: 0)
            }

            func set(seconds: Int) throws {
                try Data("\(seconds < 0 ? "" : "+")\(seconds)s\n".utf8).write(to: URL(filePath: file))
            }
        }

        /// The leader's clock is set wrong by an hour, under load. Others don't follow it, and nobody who was told anything
        /// was told what is not so.
        @Test(.timeLimit(.minutes(10)), arguments: [-3600, 3600]) func aClockIsSetWrong(seconds: Int) async throws {
            let scratch = try ScratchFolder()
            let clock = try Clock(scratch.file("clock"))
            let world = try await NetworkWorld(
                count: 4, engine: .fbft, seed: UInt64(7000 + seconds),
                environments: [0: clock.environment])
            // The first node leads the first view.
            try #require(try await world.leader() == 0)
            let (victim, others) = (0, [1, 2, 3])
            let before = try await world.height(others[0])
            try await world.load(others) {
                try? await Task.sleep(for: .milliseconds(300))
                do { try clock.set(seconds: seconds) } catch { Issue.record(error) }
                try? await Task.sleep(for: .seconds(7))
            }
            #expect(try await world.height(others[0]) > before + 10, "the chain stood still")
            let leader = try #require(try await world.leader())
            #expect(others.contains(leader))
            #expect(try await world.findings() == [])
            // Once it is level it knows.
            for _ in 0..<8 {
                try await world.load([1]) { try? await Task.sleep(for: .milliseconds(50)) }
                try await Task.sleep(for: .milliseconds(500))
            }
            let log = world.log(victim)
            #expect(log.contains(seconds < 0 ? " s behind the other" : " s ahead of the other"), "\(log)")
            // Set right again it takes part as before, with clients of its own.
            try clock.set(seconds: 0)
            try await Task.sleep(for: .milliseconds(1500))
            try await world.load([0, 1, 2, 3]) { try? await Task.sleep(for: .milliseconds(500)) }
            #expect(try await world.findings() == [])
            #expect(try await world.finish() == [])
            Self.describe(world, "the leader's clock, of node \(victim), set to \(seconds) s, then right again")
        }

        /// The leader's disk is full to the last byte, under load: the others go on, and it goes on by itself when there is
        /// room.
        @Test(
            .timeLimit(.minutes(10)),
            .enabled(
                if: SmallDisk.isPermitted,
                "not tried: this process may not mount a file system (run the tests as root, or with unshare -rm)"))
        func aDiskFillsUp() async throws {
            var disks: [SmallDisk] = []
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 71) { place in
                disks.append(try SmallDisk(at: place.file("data"), megabytes: 128))
                var configuration = try place.configuration()
                configuration.minimumFreeMegabytes = 16
                try Data(configuration.json.prettyText.utf8).write(to: URL(filePath: place.configurationFile))
            }
            let victim = try #require(try await world.leader())
            let others = [0, 1, 2, 3].filter { $0 != victim }
            let disk = disks[victim]
            let heights = Heights()
            try await world.load([0, 1, 2, 3]) {
                try? await Task.sleep(for: .milliseconds(500))
                disk.fill(leaving: 0)
                heights.append(try? await world.height(others[0]))
                try? await Task.sleep(for: .seconds(4))
                // What was in its buffers may have been given up meanwhile.
                disk.fill(leaving: 0)
                try? await Task.sleep(for: .seconds(2))
                heights.append(try? await world.height(others[0]))
                #expect(await (try? world.rpc(victim).call("cairn_chain"))?["accepting"]?.boolValue == false)
                disk.makeRoom()
            }
            let seen = heights.all
            #expect(seen.count == 2 && seen[1] > seen[0] + 10, "the chain stood still: \(seen)")
            #expect(try await world.findings() == [])
            let log = world.log(victim)
            #expect(log.contains("takes no transactions") && log.contains("takes transactions again"), "\(log)")
            #expect(log.contains("waiting for room to write"), "\(log)")
            try await world.load([0, 1, 2, 3]) { try? await Task.sleep(for: .milliseconds(500)) }
            #expect(try await world.findings() == [])
            #expect(try await world.finish() == [])
            Self.describe(world, "the disk of node \(victim), the leader's, filled to the last byte for 6 s")
        }
    }
}

/// What a closure on another task has seen.
private final class Heights: Sendable {
    private let state = Mutex<[UInt64]>([])

    var all: [UInt64] { state.withLock { $0 } }
    func append(_ height: UInt64?) { state.withLock { if let height { $0.append(height) } } }
}
