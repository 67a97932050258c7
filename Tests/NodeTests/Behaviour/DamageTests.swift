import Foundation
import HTTP
import SystemTestSupport
import Testing

extension NodeTests {
    /// A node that finds its files not as it left them.
    @Suite struct DamageTests {
        /// A stopped node's folder with some blocks.
        private struct Stopped {
            let program: CairnProgram
            let folder: String
            let height: UInt64

            init(isTiny: Bool, blocks: Int) async throws {
                let chain = try LiveChain(environment: isTiny ? ["CAIRN_TEST_SMALL": "1"] : [:])
                try await chain.fund()
                for _ in 0..<blocks {
                    _ = try await chain.submit(
                        chain.alice, "transfer", AssetArguments.movement("GOLD", to: chain.bob.address, 1))
                }
                height = try await chain.height
                #expect(chain.node.stop() == .exited(0))
                (program, folder) = (chain.program, chain.folder)
            }

            /// The files of the block log, the oldest first.
            var segments: [String] {
                get throws {
                    let folder = "\(folder)/data/ledger/log/1"
                    return try FileManager.default.contentsOfDirectory(atPath: folder)
                        .filter { $0.hasSuffix(".segment") }.sorted().map { "\(folder)/\($0)" }
                }
            }

            /// Changes a file, looks at the node's refusal, and puts the file back.
            func expectRefusal(of path: String, _ texts: [String], _ change: (inout Data) -> Void) throws {
                let whole = try Data(contentsOf: URL(filePath: path))
                var damaged = whole
                change(&damaged)
                try damaged.write(to: URL(filePath: path))
                defer { try? whole.write(to: URL(filePath: path)) }
                for text in texts { try StartTests.expectRefusal(program, "\(folder)/node.json", text) }
                #expect(try Data(contentsOf: URL(filePath: path)) == damaged, "a refused start changed the file")
                let verify = try program.run("ledger", "verify", "--directory", folder)
                #expect(verify.ending == .exited(1) && verify.errors.contains("damaged"), "\(verify)")
            }
        }

        @Test func turnedBitsAndCutSegments() async throws {
            let stopped = try await Stopped(isTiny: true, blocks: 260)
            let segments = try stopped.segments
            try #require(segments.count > 1)
            // In a payload, in a record's header, in the file's header.
            for offset in [32 + 28 + 100, 32 + 3, 5] {
                let place = offset < 32 ? "at byte 0, number 1" : "at byte 32, number 1"
                try stopped.expectRefusal(of: segments[0], [place, "restore from a peer or a backup"]) {
                    $0[offset] ^= 4
                }
            }
            try stopped.expectRefusal(of: segments[0], ["damaged at byte "]) { $0.removeLast(5) }
            let node = try NodeProcess(stopped.folder, stopped.program)
            #expect(try await RPCConnection(node.endpoint).call("cairn_chain")["height"]?.uint64Value == stopped.height)
        }

        /// What the journal knows to be in the log must be there, even if the rest looks like a torn write.
        @Test func aLogThatEndsTooEarly() async throws {
            let stopped = try await Stopped(isTiny: true, blocks: 260)
            for segment in try stopped.segments.dropFirst() { try FileManager.default.removeItem(atPath: segment) }
            let first = try stopped.segments[0]
            let data = try Data(contentsOf: URL(filePath: first))
            try data.prefix(data.count / 2).write(to: URL(filePath: first))
            try StartTests.expectRefusal(stopped.program, "\(stopped.folder)/node.json", "ends before height")
            try StartTests.expectRefusal(stopped.program, "\(stopped.folder)/node.json", "its last record, at byte")
        }

        /// It may have held what somebody was told of and the logs lack.
        @Test func aMissingJournal() async throws {
            let stopped = try await Stopped(isTiny: false, blocks: 5)
            try FileManager.default.removeItem(atPath: "\(stopped.folder)/data/ledger/journal")
            try StartTests.expectRefusal(
                stopped.program, "\(stopped.folder)/node.json",
                "the journal ends with decision 0, but the log goes on to decision ")
        }

        /// A record that a crash tore is cut off, and said so; its block comes back from the journal.
        @Test func aTornLastRecord() async throws {
            let stopped = try await Stopped(isTiny: false, blocks: 5)
            let segment = try #require(try stopped.segments.last)
            let data = try Data(contentsOf: URL(filePath: segment))
            // Without the state, which is ahead of such a log.
            try FileManager.default.removeItem(atPath: "\(stopped.folder)/data/state")
            try data.dropLast(5).write(to: URL(filePath: segment))
            let node = try NodeProcess(stopped.folder, stopped.program)
            #expect(node.process.errors.contains("the block log ended in a record that a crash had torn; cut off"))
            #expect(try await RPCConnection(node.endpoint).call("cairn_chain")["height"]?.uint64Value == stopped.height)
            #expect(node.stop() == .exited(0))
            #expect(try Data(contentsOf: URL(filePath: segment)) == data, "the same block was logged again")
        }

        /// Verifying says what a crash has torn in the log and the journal still holds, and leaves both as they are.
        @Test func verifyingATornLogChangesNothing() async throws {
            let stopped = try await Stopped(isTiny: false, blocks: 5)
            let segment = try #require(try stopped.segments.last)
            let torn = try Data(contentsOf: URL(filePath: segment)).dropLast(5)
            try torn.write(to: URL(filePath: segment))
            let verified = try stopped.program.run("ledger", "verify", "--directory", stopped.folder, "--json")
            #expect(verified.ending == .exited(0), "\(verified)")
            #expect(verified.json?["height"]?.uint64Value == stopped.height - 1)
            #expect(verified.json?["transactions"]?.uint64Value == stopped.height - 1)
            #expect(verified.json?["unloggedDecisions"]?.uint64Value == 1)
            #expect(try Data(contentsOf: URL(filePath: segment)) == torn)

            try FileManager.default.removeItem(atPath: "\(stopped.folder)/data/ledger/journal")
            let refused = try stopped.program.run("ledger", "verify", "--directory", stopped.folder)
            #expect(refused.ending == .exited(1), "\(refused)")
            #expect(refused.errors.contains("block \(stopped.height): its record in the log is incomplete"))
            #expect(try Data(contentsOf: URL(filePath: segment)) == torn)
        }

        /// What was confirmed and then only in the journal of a killed node is not passed over.
        @Test func verifyingAfterAKill() async throws {
            let chain = try LiveChain(environment: ["CAIRN_TEST_DISK": "unsynced"])
            try await chain.fund()
            let height = try await chain.height
            chain.node.kill()
            let verified = try chain.program.run("ledger", "verify", "--directory", chain.folder, "--json")
            let logged = try #require(verified.json?["height"]?.uint64Value)
            let unlogged = try #require(verified.json?["unloggedDecisions"]?.uint64Value)
            #expect(logged + unlogged == height && unlogged > 0, "\(verified)")
            let node = try NodeProcess(chain.folder, chain.program)
            #expect(try await RPCConnection(node.endpoint).call("cairn_chain")["height"]?.uint64Value == height)
            #expect(node.stop() == .exited(0))
        }

        @Test func aStateAheadOfTheLog() async throws {
            let stopped = try await Stopped(isTiny: false, blocks: 5)
            let segment = try #require(try stopped.segments.last)
            let data = try Data(contentsOf: URL(filePath: segment))
            try data.dropLast(5).write(to: URL(filePath: segment))
            let node = try? NodeProcess(stopped.folder, stopped.program)
            #expect(node == nil)
            let refused = try stopped.program.run("node", "run", "--config", "\(stopped.folder)/node.json", "--json")
            #expect(refused.json?["error"]?.stringValue?.contains("remove the folder \"state\"") == true, "\(refused)")
        }

        @Test func aMissingStateIsRebuilt() async throws {
            let stopped = try await Stopped(isTiny: true, blocks: 120)
            try FileManager.default.removeItem(atPath: "\(stopped.folder)/data/state")
            let node = try NodeProcess(stopped.folder, stopped.program)
            #expect(node.process.errors.contains("(\(stopped.height) blocks executed again)"))
            let rpc = try RPCConnection(node.endpoint)
            let bob = try TestAccount(2)
            let account = try await rpc.call("cairn_getAccount", [.string(bob.address.description)])
            #expect(account["holdings"]?[0]?["balance"] == "120")
        }
    }
}
