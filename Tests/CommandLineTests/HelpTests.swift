import HTTP
import SystemTestSupport
import Testing

extension CommandLineTests {
    /// The help, and what helps after a slip.
    @Suite struct HelpTests {
        private static let commands = [
            "chain create", "node run", "node methods", "account create", "account import", "account add",
            "account list",
            "account show", "account keys", "account rotate", "account policy", "asset create", "asset issue",
            "asset transfer", "asset transfer-from", "asset approve", "asset burn", "asset freeze", "asset unfreeze",
            "asset balance", "asset allowance", "transaction show", "transaction sign", "transaction join",
            "transaction submit", "block show", "history account",
            "history asset", "history key", "history events", "watch blocks", "watch account", "watch events",
            "proof get",
            "proof verify", "ledger verify", "simulate", "completion bash",
            "completion zsh", "completion fish",
        ]

        @Test func everyCommandHasItsHelp() throws {
            let program = CairnProgram(scratch: try ScratchFolder())
            let overview = try program.run("--help")
            #expect(overview.isSuccess && overview.errors.isEmpty)
            #expect(try program.run().output == overview.output)
            for command in Self.commands {
                #expect(overview.output.contains("  \(command) "), "the overview lacks \(command)")
                let words = command.split(separator: " ").map(String.init)
                let help = try program.run(words + ["--help"])
                #expect(help.isSuccess && help.errors.isEmpty)
                for text in ["cairn \(command): ", "usage  cairn \(command)", "options", "--json", "--help"] {
                    #expect(help.output.contains(text), "the help of \(command) lacks \"\(text)\"")
                }
                let json = try program.run(words + ["--help", "--json"])
                #expect(json.json?["help"]?.stringValue.map { $0 + "\n" } == help.output)
            }
            #expect(overview.output.split(separator: "\n").count { $0.hasPrefix("  ") } == Self.commands.count)
            #expect(try program.run("--version").output.hasPrefix("cairn "))
            #expect(try program.run("--version", "--json").json?["version"] != nil)
        }

        @Test func slipsGetHints() throws {
            let program = CairnProgram(scratch: try ScratchFolder())
            let cases: [([String], String)] = [
                (["acount", "list"], "did you mean \"account\"?"),
                (["account", "lst"], "did you mean \"list\"?"),
                (["account"], "account needs a verb: create, import, add, list, show"),
                (["weather", "show"], "there are chain, node, account"),
                (["account", "list", "--keystor", "x"], "did you mean \"keystore\"?"),
                (["account", "list", "--keystore"], "--keystore needs a value"),
                (["account", "list", "--json=1"], "--json takes no value"),
                (["account", "list", "--keystore", "a", "--keystore", "b"], "--keystore is given twice"),
                (["account", "list", "more"], "\"more\" is one word too many"),
                (["account", "create"], "name is missing"),
                (["account", "create", "a", "--scheme", "rsa"], "--scheme takes ed25519, secp256k1, p256, sm2"),
                (["account", "create", "a", "--suite", "chinese"], "--suite takes international or national"),
                (["account", "add", "a", "0x12"], "an address is 0x and 40"),
                (["asset", "issue", "GOLD", "1", "--as", "a"], "--to is missing"),
                (["asset", "burn", "GOLD", "1", "--as", "a", "--expires-in", "1h"], "--expires-in goes with --output"),
                (["completion", "tcsh"], "did you mean \"bash\"?"),
                (["asset", "create", "GOLD", "--as", "a", "--decimals", "37"], "a number from 0 to 36"),
                (["chain", "create"], "--directory is missing"),
                (["chain", "create", "--directory", "x", "--port", "70000"], "a number from 0 to 65535"),
                (["node", "run"], "--config is missing"),
            ]
            for (words, text) in cases {
                let plain = try program.run(words)
                #expect(plain.ending == .exited(2) && plain.output.isEmpty, "\(words): \(plain)")
                #expect(plain.errors.contains(text) && plain.errors.contains("--help"), "\(words): \(plain.errors)")
                let json = try program.run(words + ["--json"])
                #expect(json.ending == .exited(2) && json.errors.isEmpty, "\(words): \(json)")
                #expect(json.json?["error"]?.stringValue != nil, "\(words): \(json.output)")
            }
        }

        /// Mistakes that need no node.
        @Test func failuresHaveOneClearLine() throws {
            let scratch = try ScratchFolder()
            let store = ["CAIRN_KEYSTORE": scratch.file("accounts")]
            let program = CairnProgram(scratch: scratch, environment: store)
            let used = try program.createChain()
            let file = try scratch.write([1], to: "file")
            let cases: [([String], String)] = [
                (["account", "create", "alice"], "no passphrase: give --passphrase-file"),
                (["account", "create", "alice", "--passphrase-file", "none"], "cannot read the passphrase file none"),
                (
                    ["account", "import", "a", "--secret-file", file, "--passphrase-file", file],
                    "64 hexadecimal digits"
                ),
                (["account", "list", "--keystore", file], "Not a directory"),
                (["account", "list", "--keystore", "/proc/nowhere/x"], "could not make the directory"),
                (["block", "show", "--node", "ftp://x"], "ftp://x"),
                (["account", "show", "0x12"], "neither an address"),
                (["block", "show", "--node", "http://127.0.0.1:1"], "is the node running?"),
                (["chain", "create", "--directory", used], "is not empty"),
                (["chain", "create", "--directory", file], "cannot make"),
                (["chain", "create", "--directory", scratch.file("n"), "--name", ""], "1 to 64 bytes"),
                (["ledger", "verify", "--directory", scratch.file("none")], "cannot read the genesis"),
                (["proof", "verify", "none", "--genesis", file], "cannot read the proof none"),
            ]
            for (words, text) in cases {
                let plain = try program.run(words)
                #expect(plain.ending == .exited(1) && plain.output.isEmpty, "\(words): \(plain)")
                #expect(plain.errorLines.count == 1 && plain.errors.contains(text), "\(words): \(plain.errors)")
                #expect(!plain.errors.contains("Error Domain"), "\(words): \(plain.errors)")
                let json = try program.run(words + ["--json"])
                #expect(json.ending == .exited(1) && json.errors.isEmpty, "\(words): \(json)")
                #expect(json.json?["error"]?.stringValue?.contains(text) == true, "\(words): \(json.output)")
            }
        }
    }
}
