import Foundation
import HTTP
import Primitives
import Synchronization
import SystemTestSupport
import Testing

extension NodeTests {
    /// A node on a disk that fills up: by its own work, and by somebody else's.
    @Suite(
        .enabled(
            if: SmallDisk.isPermitted,
            "not tried: this process may not mount a file system (run the tests as root, or with unshare -rm)"))
    struct FullDiskTests {
        private static let minimumMegabytes = 16
        private static let full: Int64 = -32023

        /// A chain whose data are on a small disk.
        private static func world(seed: UInt64) throws -> (world: CrashWorld, disk: SmallDisk) {
            let world = try CrashWorld(seed: seed, disk: nil)
            let path = "\(world.folder)/node.json"
            let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            let changed = text.replacing("\"minimumFreeMegabytes\":512", with: "\"minimumFreeMegabytes\":16")
                .replacing("\"minimumFreeMegabytes\": 512", with: "\"minimumFreeMegabytes\": 16")
            try #require(changed != text)
            try Data(changed.utf8).write(to: URL(filePath: path))
            return (world, try SmallDisk(at: "\(world.folder)/data", megabytes: 96))
        }

        private static func isAccepting(_ rpc: RPCConnection) async throws -> Bool {
            try await rpc.call("cairn_chain")["accepting"]?.boolValue ?? false
        }

        private static func wait(_ rpc: RPCConnection, untilAccepting wanted: Bool, seconds: Int) async throws -> Bool {
            for _ in 0..<seconds * 20 {
                if try await isAccepting(rpc) == wanted { return true }
                try await Task.sleep(for: .milliseconds(50))
            }
            return false
        }

        /// How the node refuses a transaction; nil if it takes it.
        private static func refusal(_ world: CrashWorld, _ rpc: RPCConnection) async throws -> RPCConnection.Refusal? {
            let signed = try CrashWorld.sign(
                .transfer(from: 0, to: 1, amount: 0), world.accounts, world.terms, world.records,
                lifetimeMilliseconds: 60_000, salt: .random(in: 0...(.max)))
            let parameters: JSON = [.string(signed.canonicalBytes.hexadecimal)]
            guard case .failure(let refusal) = try await rpc.calls([("cairn_sendTransaction", parameters)])[0] else {
                return nil
            }
            return refusal
        }

        private static func load(_ world: CrashWorld, _ node: NodeProcess) -> TransferLoad {
            TransferLoad(
                accounts: world.accounts, terms: world.terms, records: world.records, endpoint: node.endpoint)
        }

        private static func verify(_ world: inout CrashWorld) throws {
            let verified = try world.program.run("ledger", "verify", "--directory", world.folder, "--json")
            #expect(verified.isSuccess, "\(verified.output)")
            #expect(verified.json?["height"]?.uint64Value == world.checker.model.height)
        }

        @Test(.timeLimit(.minutes(2))) func aNodeStopsAcceptingInTimeAndGoesOnByItself() async throws {
            var (world, disk) = try Self.world(seed: 1)
            let node = try #require(world.start().node)
            let rpc = try RPCConnection(node.endpoint)
            try await world.fund(rpc)
            #expect(try await Self.isAccepting(rpc))
            // The load itself uses up the rest.
            disk.fill(leaving: (Self.minimumMegabytes << 20) + (2 << 20))
            let isFull = Flag()
            try await Self.load(world, node).run(seed: 1) {
                isFull.value = (try? await Self.wait(rpc, untilAccepting: false, seconds: 30)) ?? false
            }
            #expect(isFull.value, "\(node.process.errors)")
            #expect(disk.freeByteCount > 8 << 20, "the reserve is there for what was taken")
            let refusal = try #require(try await Self.refusal(world, rpc))
            #expect(refusal.code == Self.full)
            #expect(refusal.message.contains("\(world.folder)/data"), "\(refusal)")
            #expect(try await rpc.call("cairn_chain")["reason"]?.stringValue?.contains("disk is full") == true)
            // Whatever was told is there, and the node answers.
            #expect(try await world.checker.check(rpc, &world.generator) == [])
            disk.makeRoom()
            #expect(try await Self.wait(rpc, untilAccepting: true, seconds: 10))
            #expect(try await Self.refusal(world, rpc) == nil)
            let reports = world.records.reportCount
            try await Self.load(world, node).run(seed: 2) { try? await Task.sleep(for: .milliseconds(500)) }
            #expect(world.records.reportCount > reports)
            #expect(try await world.checker.check(rpc, &world.generator) == [])
            #expect(node.stop() == .exited(0), "\(node.process.errors)")
            #expect(node.process.errors.contains("takes no transactions"))
            #expect(node.process.errors.contains("takes transactions again"))
            try Self.verify(&world)
        }

        /// Somebody else takes the last byte while the node writes; a node that is stopped then loses nothing either.
        @Test(.timeLimit(.minutes(3))) func writesThatFindNoRoomWaitForIt() async throws {
            var (world, disk) = try Self.world(seed: 2)
            let small = disk
            var node = try #require(world.start().node)
            var rpc = try RPCConnection(node.endpoint)
            try await world.fund(rpc)
            for round in 0..<3 as Range<UInt64> {
                let questions = rpc
                let hasStopped = Flag()
                try await Self.load(world, node).run(seed: round) {
                    try? await Task.sleep(for: .milliseconds(700))
                    small.fill(leaving: 0)
                    try? await Task.sleep(for: .milliseconds(1500))
                    small.fill(leaving: 0)
                    hasStopped.value = (try? await Self.isAccepting(questions)) == false
                    small.makeRoom()
                    _ = try? await Self.wait(questions, untilAccepting: true, seconds: 10)
                    try? await Task.sleep(for: .milliseconds(300))
                }
                #expect(hasStopped.value, "round \(round): \(node.process.errors)")
                #expect(try await Self.refusal(world, rpc) == nil, "\(node.process.errors)")
                #expect(try await world.checker.check(rpc, &world.generator) == [])
            }
            for part in ["ledger/journal/", "ledger/log/", "state"]
            where !node.process.errors.contains("to write \(small.path)/\(part)") {
                print("full disk test: no write of \(part) found the disk full this time")
            }
            #expect(node.process.errors.contains("waiting for room to write"), "\(node.process.errors)")
            let reports = world.records.reportCount
            let stopping = node
            try await Self.load(world, node).run(seed: 9) {
                try? await Task.sleep(for: .milliseconds(700))
                small.fill(leaving: 0)
                try? await Task.sleep(for: .milliseconds(500))
                #expect(stopping.stop(seconds: 40) == .exited(0), "\(stopping.process.errors)")
            }
            #expect(world.records.reportCount > reports)
            print("full disk test:\n\(stopping.process.errors)")
            disk.makeRoom()
            node = try #require(world.start().node)
            rpc = try RPCConnection(node.endpoint)
            #expect(try await world.checker.check(rpc, &world.generator) == [])
            #expect(try await Self.refusal(world, rpc) == nil)
            #expect(try await Self.wait(rpc, untilAccepting: true, seconds: 1))
            _ = try await world.checker.check(rpc, &world.generator)
            #expect(node.stop() == .exited(0), "\(node.process.errors)")
        }
    }
}

/// What a closure on another thread found out.
private final class Flag: Sendable {
    private let state = Mutex(false)

    var value: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
