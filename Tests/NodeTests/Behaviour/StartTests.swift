import Foundation
import Glibc
import HTTP
import Networking
import SystemTestSupport
import Testing

extension NodeTests {
    /// What keeps a node from starting: one clear line, and a status that is not 0.
    @Suite struct StartTests {
        private struct Case {
            let configuration: String
            let text: String
        }

        private static let cases = [
            Case(configuration: "{", text: "not JSON"),
            Case(configuration: "[]", text: "must be an object"),
            Case(
                configuration: #"{"rpc": {"port": 0}, "prot": 1}"#,
                text: #"there is no "prot"; there are genesis, data"#),
            Case(configuration: #"{"rpc": {"prot": 1}}"#, text: #"there is no "rpc.prot"; there are, in rpc, address"#),
            Case(configuration: #"{"rpc": 8545}"#, text: #""rpc" holds 8545; it must be an object"#),
            Case(configuration: #"{"rpc": {"port": 70000}}"#, text: "holds 70000; it must be a number from 0 to 65535"),
            Case(configuration: #"{"rpc": {"port": "1"}}"#, text: "it must be a number from 0 to 65535"),
            Case(
                configuration: #"{"rpc": {"address": "0.0.0.0"}}"#,
                text: #""rpc.address" holds "0.0.0.0", which other machines can reach, and there is no "rpc.tls""#),
            Case(
                configuration: #"{"rpc": {"address": "::", "tokens": "tokens.json"}}"#, text: #"there is no "rpc.tls""#),
            Case(
                configuration: #"{"rpc": {"address": "0.0.0.0", "tls": {"certificates": "a", "key": "b"}}}"#,
                text: #""rpc.hosts" names nothing: list the names"#),
            Case(configuration: #"{"rpc": {"address": "localhost"}}"#, text: "it must be a numeric address"),
            Case(
                configuration: #"{"rpc": {"port": 0, "tls": {"certificates": "none.pem", "key": "b"}}}"#,
                text: "none.pem, which rpc names"),
            Case(configuration: #"{"rpc": {"port": 0, "tokens": "node.json"}}"#, text: "there are, in file, tokens"),
            Case(
                configuration: #"{"rpc": {"port": 0}, "data": ""}"#,
                text: #""data" holds ""; it must be a text that is not empty"#),
            Case(
                configuration: #"{"rpc": {"port": 0}, "stateCacheMegabytes": 1}"#,
                text: "holds 1; it must be a number from 8 to 65536"),
            Case(configuration: #"{"rpc": {"port": 0}, "key": 1, "key": 2}"#, text: "key"),
            Case(configuration: #"{"rpc": {"port": 0}, "genesis": "none.bin"}"#, text: "none.bin"),
            Case(configuration: #"{"rpc": {"port": 0}, "genesis": "node.json"}"#, text: "is not a genesis"),
            Case(
                configuration: #"{"rpc": {"port": 0}, "genesis": "other.bin"}"#,
                text: "is not among the chain's certifiers"),
            Case(configuration: #"{"rpc": {"port": 0}, "key": "none"}"#, text: "there is no key file"),
            Case(configuration: #"{"rpc": {"port": 0}, "keys": "nowhere"}"#, text: "nowhere, is not there"),
            Case(
                configuration: #"{"rpc": {"port": 0}, "passphraseFile": "none"}"#,
                text: "cannot read the passphrase file"),
            Case(configuration: #"{"rpc": {"port": 0}, "passphraseFile": "wrong"}"#, text: "the passphrase is wrong"),
            Case(
                configuration: #"{"rpc": {"port": 0}, "data": "/proc/nowhere"}"#,
                text: "cannot make the folder /proc/nowhere"),
        ]

        @Test func eachMistakeHasOneClearLine() throws {
            let program = CairnProgram(scratch: try ScratchFolder())
            let folder = try program.createChain()
            let other = try program.createChain("other")
            try FileManager.default.copyItem(atPath: "\(other)/genesis.bin", toPath: "\(folder)/other.bin")
            try Data("wrong\n".utf8).write(to: URL(filePath: "\(folder)/wrong"))
            for tried in Self.cases {
                try Data(tried.configuration.utf8).write(to: URL(filePath: "\(folder)/test.json"))
                try Self.expectRefusal(program, "\(folder)/test.json", tried.text)
            }
            try Self.expectRefusal(program, "\(folder)/nothing.json", "cannot read the configuration")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(!names.contains("nowhere"), "a refused start made a folder")
        }

        static func expectRefusal(_ program: CairnProgram, _ configuration: String, _ text: String) throws {
            let plain = try program.run("node", "run", "--config", configuration)
            #expect(plain.ending == .exited(1), "\(text): \(plain)")
            #expect(plain.errorLines.count == 1 && plain.errors.contains(text), "\(text): \(plain.errors)")
            #expect(plain.output.isEmpty)
            let json = try program.run("node", "run", "--config", configuration, "--json")
            #expect(json.ending == .exited(1) && json.errors.isEmpty)
            #expect(json.json?["error"]?.stringValue?.contains(text) == true, "\(text): \(json.output)")
        }

        @Test func portInUse() async throws {
            let chain = try LiveChain()
            let other = try chain.program.createChain("other")
            let text = #"{"rpc": {"port": \#(chain.node.port)}}"#
            try Data(text.utf8).write(to: URL(filePath: "\(other)/node.json"))
            try Self.expectRefusal(
                chain.program, "\(other)/node.json", "port \(chain.node.port) of 127.0.0.1 is in use")
        }

        @Test func secondNodeOnTheSameFolder() async throws {
            let chain = try LiveChain()
            try Self.expectRefusal(chain.program, "\(chain.folder)/node.json", "another process uses the folder")
            let verify = try chain.program.run("ledger", "verify", "--directory", chain.folder)
            #expect(verify.ending == .exited(1) && verify.errors.contains("another process uses the folder"))
            try await chain.fund()
        }

        /// The folder of another chain's node is refused, and stays as it was.
        @Test func foreignData() async throws {
            let chain = try LiveChain()
            try await chain.fund()
            #expect(chain.node.stop() == .exited(0))
            let other = try chain.program.createChain("other")
            let text = #"{"rpc": {"port": 0}, "data": "\#(chain.folder)/data"}"#
            try Data(text.utf8).write(to: URL(filePath: "\(other)/node.json"))
            try Self.expectRefusal(chain.program, "\(other)/node.json", "the block log is of another chain")
            let node = try NodeProcess(chain.folder, chain.program)
            #expect(try await RPCConnection(node.endpoint).call("cairn_chain")["height"] == 2)
        }
    }
}
