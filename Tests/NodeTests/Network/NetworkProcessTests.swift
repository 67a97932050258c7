import Foundation
import Glibc
import HTTP
import SystemTestSupport
import Testing

extension NodeTests {
    /// `cairn network` with real processes.
    @Suite struct NetworkProcessTests {
        /// A network of one node; whatever happens, it is stopped with this object.
        private final class World: Sendable {
            let program: CairnProgram
            let folder: String

            init() throws {
                let scratch = try ScratchFolder()
                program = CairnProgram(scratch: scratch)
                folder = scratch.file("net")
            }

            deinit { _ = try? program.run("network", "down", "--directory", folder) }

            private static let one = ["--organisations", "1", "--port-base", "0", "--peer-port-base", "0"]

            func up(_ more: String...) throws -> CairnProgram.Result {
                try program.run(["network", "up", "--directory", folder, "--detach", "--json"] + Self.one + more)
            }

            func json(_ verb: String) throws -> JSON {
                let result = try program.run(["network", verb, "--directory", folder, "--json"])
                #expect(result.isSuccess && result.errors.isEmpty, "\(verb): \(result)")
                return try #require(result.json)
            }

            /// The node, once it is up in another process than the one named.
            func node(after process: Int64? = nil, seconds: Double = 30) throws -> JSON {
                let deadline = ContinuousClock.now + .seconds(seconds)
                while true {
                    let node = try json("status")["nodes"]?[0] ?? .null
                    if node["isUp"] == true, let own = node["process"]?.int64Value, own != process { return node }
                    guard ContinuousClock.now < deadline else { throw ChildProcess.Failure("not up: \(node)") }
                    usleep(20_000)
                }
            }

            /// Whether the process of a node is there, and more than the remains of one.
            static func isRunning(_ node: JSON) -> Bool {
                let process = node["process"]?.int64Value ?? 0
                return FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.isEmpty == false
            }

            /// The modes of all files and folders that are not their owner's alone.
            func exposed() throws -> [String] {
                let files = try #require(FileManager.default.enumerator(atPath: folder))
                return try files.compactMap { $0 as? String }.filter { name in
                    let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
                    return ((attributes[.posixPermissions] as? Int) ?? 0o777) & 0o077 != 0
                }
            }
        }

        @Test func upKilledRestartedAndDown() throws {
            let world = try World()
            let up = try world.up()
            #expect(up.isSuccess && up.errors.isEmpty, "\(up)")
            let made = try #require(up.json)
            #expect(made["engine"] == "solo" && made["nodes"]?.arrayValue?.count == 1)
            let milliseconds = try #require(made["readyMilliseconds"]?.uint64Value)
            #expect(milliseconds < 20_000)
            #expect(try world.exposed() == [])
            // The first block is there, and the endpoint that was printed answers.
            let first = try world.node()
            #expect(first["height"] == 1 && first["lag"] == 0 && first["restarts"] == 0)
            #expect(first["endpoint"] == made["nodes"]?[0]?["endpoint"] && first["certificate"] == "valid")
            let process = try #require(first["process"]?.int64Value)
            #expect(made["nodes"]?[0]?["process"]?.int64Value == process)
            // A second supervisor keeps off.
            let second = try world.up()
            #expect(second.ending == .exited(1))
            #expect(second.json?["error"]?.stringValue?.contains("is running already (supervisor") == true, "\(second)")
            // What is killed comes back, with its block.
            kill(pid_t(process), SIGKILL)
            let again = try world.node(after: process)
            #expect(again["restarts"] == 1 && again["height"] == 1)
            // As does what is stopped by somebody else.
            let stopped = try #require(again["process"]?.int64Value)
            kill(pid_t(stopped), SIGTERM)
            #expect(try world.node(after: stopped)["restarts"] == 2)
            // For people, and again and again.
            let table = try world.program.run("network", "status", "--directory", world.folder)
            #expect(table.output.contains("1 of 1 nodes up") && table.output.contains("node-1.alpha"), "\(table)")
            let watch = try world.program.start(["network", "status", "--directory", world.folder, "--watch", "--json"])
            let deadline = ContinuousClock.now + .seconds(30)
            while watch.output.split(separator: "\n").count < 2, ContinuousClock.now < deadline { usleep(20_000) }
            watch.signal(SIGINT)
            #expect(watch.wait(seconds: 10) == .exited(0))
            let lines = watch.output.split(separator: "\n")
            #expect(lines.count >= 2)
            for line in lines { #expect(try JSON(parsing: Array(line.utf8))["nodes"]?[0]?["isUp"] == true) }
            // The end.
            #expect(try world.json("down")["stopped"] == 1)
            let status = try world.json("status")
            #expect(status["supervisor"] == .null && status["nodes"]?[0]?["isUp"] == false)
            #expect(try world.json("down")["stopped"] == 0)
        }

        @Test func itGoesOnWithWhatIsThere() throws {
            let world = try World()
            #expect(try world.up("--names", "acme").isSuccess)
            let endpoint = try world.node()["endpoint"]
            #expect(try world.json("down")["stopped"] == 1)
            for (option, value, text) in [
                ("--engine", "fbft", "made with --engine solo, not fbft"),
                ("--suite", "national", "--suite international"),
                ("--names", "other", "made with --names acme, not other"),
            ] {
                let refused = try world.up(option, value)
                #expect(refused.json?["error"]?.stringValue?.contains(text) == true, "\(refused)")
            }
            // In the foreground, until it is told to stop.
            let words = ["network", "up", "--directory", world.folder, "--json"]
            let process = try world.program.start(words)
            let node = try world.node()
            #expect(node["endpoint"] == endpoint && node["name"] == "node-1.acme" && node["height"] == 1)
            let deadline = ContinuousClock.now + .seconds(30)
            while process.output.isEmpty, ContinuousClock.now < deadline { usleep(20_000) }
            process.signal(SIGTERM)
            #expect(process.wait(seconds: 20) == .exited(0), "\(process.errors)")
            let shown = try JSON(parsing: Array(process.output.utf8))
            #expect(shown["supervisor"]?.int64Value == Int64(process.identifier))
            #expect(!World.isRunning(node))
            // A supervisor that is killed leaves its node; the next one, or an end, does not.
            let killed = try world.program.start(words)
            let left = try world.node()
            killed.signal(SIGKILL)
            _ = killed.wait(seconds: 10)
            #expect(World.isRunning(left))
            #expect(try world.json("down")["stopped"] == 1)
            #expect(!World.isRunning(left))
        }

        @Test func whatKeepsItFromStartingIsSaid() throws {
            let world = try World()
            #expect(try world.up().isSuccess)
            let endpoint = try #require(try world.node()["endpoint"]?.stringValue)
            #expect(try world.json("down")["stopped"] == 1)
            // Somebody else has the port.
            let port = try #require(UInt16(endpoint.split(separator: ":").last ?? ""))
            let chain = try world.program.createChain()
            try LiveChain.configure(chain, ["rpc": ["port": .integer(Int64(port))]])
            let stranger = try NodeProcess(chain, world.program)
            let taken = try world.up()
            #expect(taken.json?["error"]?.stringValue?.contains("listens on port \(port)") == true, "\(taken)")
            #expect(stranger.stop() == .exited(0))
            // The node itself does not start; its log says why.
            let node = "\(world.folder)/nodes/node-1.alpha"
            try FileManager.default.moveItem(atPath: "\(node)/keys", toPath: "\(node)/elsewhere")
            let dead = try world.up()
            let reason = dead.json?["error"]?.stringValue ?? ""
            #expect(dead.ending == .exited(1) && reason.contains("node-1.alpha ended with status 1"), "\(dead)")
            #expect(reason.contains("keys, is not there"), "\(reason)")
            // A folder with something else in it stays as it is.
            let other = world.program.scratch.file("other")
            try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
            try world.program.scratch.write([1], to: "other/file")
            let refused = try world.program.run("network", "up", "--directory", other)
            #expect(refused.errors.contains("is not empty, and holds no whole network"), "\(refused)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: other) == ["file"])
        }
    }
}
