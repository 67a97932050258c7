import Foundation
import Ledger
import Synchronization
import SystemTestSupport
import Testing

@testable import cairn

extension NodeTests {
    /// Real networks whose members come and go by vote while clients send.
    @Suite struct NetworkMembersTests {
        /// Two come, the second by a snapshot of what the epoch of the first began with, and one of the founders leaves.
        @Test(.timeLimit(.minutes(10))) func organisationsComeAndGoUnderLoad() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 11)
            let failure = Mutex<String?>(nil)
            try await world.load([0, 1, 2]) {
                do {
                    for name in ["echo", "foxtrot"] { try await world.add(name) }
                    try world.vote(
                        ["--remove-organisation", "delta"], by: ["alpha", "bravo", "charlie", "echo"])
                    try await world.waitUntil("all are in the epoch without it") {
                        for number in [0, 1, 2, 4, 5] where try await world.report(number).epoch != 3 { return false }
                        return true
                    }
                } catch { failure.withLock { $0 = "\(error)" } }
            }
            #expect(failure.withLock { $0 } == nil)
            for number in [0, 1, 2, 4, 5] { #expect(try await world.report(number).stage == .running, "\(number)") }
            #expect(world.log(4).contains("executing the chain from its beginning"))
            #expect(world.log(5).contains("joined: the state after block"))
            // Who has left is told so, and then let go of.
            try await world.waitUntil("delta knows that it has left") { try await world.report(3).stage == .following }
            try await world.waitUntil("delta is let go of", seconds: 60) {
                try await world.report(0).peers.map(\.organisation).sorted() == ["bravo", "charlie", "echo", "foxtrot"]
            }
            try await world.waitUntil("all have let go of it") { try await world.report(3).connectedCount == 0 }
            let height = try await world.height(3)
            try await world.load([0, 5]) { try? await Task.sleep(for: .milliseconds(500)) }
            #expect(try await world.height(3) == height, "who has left is still given blocks")
            try world.stop(3)
            #expect(try await world.findings() == [])
            #expect(try await world.finish(without: [3]) == [])
            print(
                "network members: two organisations came and one went; \(world.records.submissionCount) sent,",
                "\(world.records.reportCount) reported, \(world.checker.model.places.count) in",
                "\(world.checker.model.height) blocks")
        }
    }
}
