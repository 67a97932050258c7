import CairnClient
import Foundation
import Glibc
import HTTP
import SystemTestSupport
import Testing

extension CommandLineTests {
    /// Commands that tell of what happens while it does.
    @Suite struct WatchTests {
        private struct World {
            let line: CommandLine
            let client: CairnClient
            let alice: Account
            let bob: AccountAddress

            init() async throws {
                line = try CommandLine()
                _ = try line.json("account", "create", "alice")
                let made = try line.json("account", "create", "bob")
                bob = try #require(made["address"]?.stringValue.flatMap(AccountAddress.init))
                client = try CairnClient(endpoint: line.node.endpoint)
                alice = try AccountStore(directory: line.program.scratch.file("accounts")).open(
                    "alice", passphrase: "correct horse")
                _ = try await client.assets.create("GOLD", name: "GOLD", decimals: 2, issuer: alice)
                _ = try await client.assets.issue("GOLD", amount: "1000.00", to: alice.address, issuer: alice)
            }

            func transfer(count: Int) async throws {
                for _ in 0..<count {
                    _ = try await client.assets.transfer("GOLD", amount: "1.25", to: bob, from: alice)
                }
            }
        }

        private static func lines(_ process: ChildProcess) -> [String] {
            process.output.split(separator: "\n").map(String.init)
        }

        private static func wait(_ process: ChildProcess, seconds: Double = 20, until: (ChildProcess) -> Bool) -> Bool {
            let deadline = ContinuousClock.now + .seconds(seconds)
            while ContinuousClock.now < deadline {
                if until(process) { return true }
                usleep(5000)
            }
            return false
        }

        @Test(.timeLimit(.minutes(3))) func whatHappensIsToldAndWhatWas() async throws {
            let world = try await World()
            let program = world.line.program
            let blocks = try program.start(["watch", "blocks", "--from", "1", "--count", "5", "--json"])
            let account = try program.start(["watch", "account", "bob", "--from", "1", "--count", "3"])
            let events = try program.start(["watch", "events", "assets", "Transferred", "--from", "0", "--json"])
            try await world.transfer(count: 3)
            #expect(blocks.wait(seconds: 20) == .exited(0) && blocks.errors.isEmpty, "\(blocks.errors)")
            let heights = try Self.lines(blocks).map { try JSON(parsing: Array($0.utf8))["height"]?.uint64Value }
            #expect(heights == [1, 2, 3, 4, 5])
            #expect(account.wait(seconds: 20) == .exited(0) && account.errors.isEmpty, "\(account.errors)")
            #expect(Self.lines(account).count == 3)
            for (line, height) in zip(Self.lines(account), 3...) {
                #expect(line.hasPrefix("block \(height)  20") && line.contains("success"), "\(line)")
                #expect(line.contains("1.25 GOLD from \(world.alice.address) to \(world.bob)"), "\(line)")
            }
            #expect(Self.wait(events) { Self.lines($0).count == 3 })
            // Ctrl-C ends it, and that is no failure.
            events.signal(SIGINT)
            #expect(events.wait(seconds: 10) == .exited(0) && events.errors.isEmpty, "\(events.errors)")
            let told = try Self.lines(events).map { try JSON(parsing: Array($0.utf8)) }
            #expect(told.map { $0["height"]?.uint64Value } == [3, 4, 5])
            #expect(told.allSatisfy { $0["name"] == "Transferred" && $0["topics"]?.arrayValue?.count == 2 })
            // From now on: what was is not told.
            let live = try program.start(["watch", "blocks", "--count", "1"])
            var isTold = false
            for _ in 0..<50 where !isTold {
                try await world.transfer(count: 1)
                isTold = Self.wait(live, seconds: 0.2) { $0.poll() != nil }
            }
            #expect(isTold && Self.lines(live).count == 1 && !live.output.contains("block 5 "), "\(live.output)")
        }

        /// The node is killed and started again while a command watches: it says so, and misses nothing.
        @Test(.timeLimit(.minutes(2))) func aLostNodeIsReachedAgain() async throws {
            let world = try await World()
            let line = world.line
            let configuration = URL(filePath: "\(line.folder)/node.json")
            let text = try String(contentsOf: configuration, encoding: .utf8)
            let fixed = text.replacing(/"port"\s*:\s*0/, with: "\"port\": \(line.node.port)")
            try Data(fixed.utf8).write(to: configuration)
            let watching = try line.program.start(["watch", "blocks", "--from", "1", "--json"])
            #expect(Self.wait(watching) { Self.lines($0).count == 2 })
            line.node.kill()
            #expect(Self.wait(watching) { $0.errors.contains("lost the node") })
            try await Task.sleep(for: .seconds(1))
            let again = try NodeProcess(line.folder, line.program)
            try await world.transfer(count: 3)
            #expect(Self.wait(watching, seconds: 30) { Self.lines($0).count == 5 }, "\(watching.output)")
            #expect(watching.errors.contains("reached the node again"))
            // While it waits for a node that does not come back, Ctrl-C ends it too.
            again.kill()
            #expect(Self.wait(watching) { $0.errors.components(separatedBy: "lost the node").count == 3 })
            watching.signal(SIGINT)
            #expect(watching.wait(seconds: 10) == .exited(0))
            let heights = try Self.lines(watching).map { try JSON(parsing: Array($0.utf8))["height"]?.uint64Value }
            #expect(heights == [1, 2, 3, 4, 5])
        }

        // MARK: - Terminals

        /// What a command writes to a terminal, in both streams.
        private static func onTerminal(
            _ program: CairnProgram, _ words: [String], environment: [String: String] = [:], seconds: Double = 60
        ) throws -> String {
            let script = "import pty, sys, os; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
            // Whatever the test itself runs in.
            var merged = program.environment.merging(["TERM": "xterm", "NO_COLOR": ""]) { $1 }
            merged.merge(environment) { $1 }
            let process = try ChildProcess(
                "/usr/bin/env", ["python3", "-c", script, CairnProgram.path] + words, environment: merged,
                scratch: program.scratch)
            #expect(process.wait(seconds: seconds) == .exited(0), "\(process.output)\(process.errors)")
            return process.output
        }

        @Test(.timeLimit(.minutes(2))) func coloursAndProgressAreForTerminals() async throws {
            let world = try await World()
            try await world.transfer(count: 220)
            let program = world.line.program
            let words = ["history", "account", "bob", "--limit", "2"]
            let coloured = try Self.onTerminal(program, words)
            #expect(coloured.contains("\u{1B}[32msuccess"), "\(coloured)")
            let plain = try Self.onTerminal(program, words, environment: ["NO_COLOR": "1"])
            #expect(!plain.contains("\u{1B}[") && plain.contains("success"), "\(plain)")
            // The columns are the same with and without colours.
            let bare = coloured.replacing(/\u{1B}\[[0-9]*m/, with: "")
            #expect(bare == plain)
            #expect(world.line.node.stop() == .exited(0))
            let verify = ["ledger", "verify", "--directory", world.line.folder]
            let verified = try Self.onTerminal(program, verify)
            #expect(verified.contains("] ") && verified.contains(" %  block ") && verified.contains("222 blocks"))
            #expect(try world.line.run("ledger", "verify", "--directory", world.line.folder).hasPrefix("right: 222"))
            #expect(try program.run(verify).errors.isEmpty)
            // A node without its state executes everything again, and shows how far it is.
            try FileManager.default.removeItem(atPath: "\(world.line.folder)/data/state")
            let script = """
                "$CAIRN" node run --config "$FOLDER/node.json" & node=$!
                until "$CAIRN" node methods --node "$NODE" >/dev/null 2>&1; do sleep 0.1; done
                kill $node; wait $node
                """
            let configuration = URL(filePath: "\(world.line.folder)/node.json")
            let text = try String(contentsOf: configuration, encoding: .utf8)
            try Data(text.replacing(/"port"\s*:\s*0/, with: "\"port\": \(world.line.node.port)").utf8)
                .write(to: configuration)
            let shell = try ChildProcess(
                "/usr/bin/env",
                [
                    "python3", "-c",
                    "import pty, sys, os; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))", "sh", "-c",
                    script,
                ],
                environment: [
                    "TERM": "xterm", "CAIRN": CairnProgram.path, "FOLDER": world.line.folder,
                    "NODE": world.line.node.endpoint,
                ], scratch: program.scratch)
            #expect(shell.wait(seconds: 60) == .exited(0), "\(shell.output)")
            #expect(shell.output.contains("recovering: block "), "\(shell.output)")
            #expect(shell.output.contains("started at height 222 (222 blocks executed again)"), "\(shell.output)")
        }
    }
}
