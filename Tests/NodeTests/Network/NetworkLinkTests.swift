import SystemTestSupport
import Testing

extension NodeTests {
    /// Four real nodes whose links are bad: proxies of TCP between them (`LinkProxies`) delay, lose and stop what is sent.
    @Suite struct NetworkLinkTests {
        private static func finish(_ world: NetworkWorld, _ what: String) async throws {
            #expect(try await world.findings() == [])
            #expect(try await world.finish() == [])
            print(
                "network links: \(what); \(world.records.submissionCount) sent, \(world.records.reportCount) reported,",
                "\(world.checker.model.places.count) in \(world.checker.model.height) blocks")
        }

        /// Neither half has a quorum: nothing is decided on either side, and all of it is once they are one again.
        @Test(.timeLimit(.minutes(10))) func twoPartitionsOfTwo() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 31, hasProxies: true)
            let links = try #require(world.links)
            for round in 0..<2 {
                var heights: [UInt64] = []
                links.set(.init(isCut: true), nodes: 4) { ($0 < 2) != ($1 < 2) }
                // What is under way comes to its end, or to none.
                try await Task.sleep(for: .milliseconds(1000))
                for number in 0..<4 { heights.append(try await world.height(number)) }
                try await world.load([0, 3]) { try? await Task.sleep(for: .milliseconds(2000)) }
                for number in 0..<4 { #expect(try await world.height(number) == heights[number], "round \(round)") }
                links.heal()
                try await world.waitUntil("they go on", seconds: 60) { try await world.height(0) > heights[0] }
                try await world.load([1, 2]) { try? await Task.sleep(for: .milliseconds(500)) }
                #expect(try await world.findings() == [], "round \(round)")
            }
            try await Self.finish(world, "two partitions of two, twice")
        }

        /// What one node sends arrives nowhere, and all that is sent to it does.
        @Test(.timeLimit(.minutes(10))) func oneNodeIsNotHeard() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 32, hasProxies: true)
            let links = try #require(world.links)
            let mute = try #require(try await world.leader())
            let others = [0, 1, 2, 3].filter { $0 != mute }
            links.set(.init(isCut: true), nodes: 4) { from, _ in from == mute }
            let before = try await world.height(others[0])
            try await world.load(others) { try? await Task.sleep(for: .milliseconds(4000)) }
            #expect(try await world.height(others[0]) > before, "the others wait for whom they do not hear")
            links.heal()
            try await world.load([mute]) { try? await Task.sleep(for: .milliseconds(500)) }
            try await Self.finish(world, "the leader was not heard")
        }

        @Test(.timeLimit(.minutes(10))) func slowLinksThatLose() async throws {
            let world = try await NetworkWorld(count: 4, engine: .fbft, seed: 33, hasProxies: true)
            let links = try #require(world.links)
            let before = try await world.height(0)
            links.set(.init(latencyMilliseconds: 200, lossPercent: 5), nodes: 4) { _, _ in true }
            try await world.load([0, 1, 2, 3]) { try? await Task.sleep(for: .milliseconds(8000)) }
            #expect(try await world.height(0) > before)
            links.heal()
            try await Self.finish(world, "200 ms and 5 % of the packets lost on all links")
        }
    }
}
