import HTTP
import SystemTestSupport
import Testing

extension CommandLineTests {
    /// The help, and what helps after a slip.
    @Suite struct HelpTests {
        private static let commands = [
            "chain create", "network up", "network status", "network add-organisation", "network down", "bench run",
            "node run", "node methods",
            "account create", "account import", "account add",
            "account list",
            "account show", "account keys", "account rotate", "account policy", "authority create",
            "authority issue", "authority renew", "authority revoke", "authority list", "authority request",
            "token create", "token list", "token remove",
            "asset create", "asset issue",
            "asset transfer", "asset transfer-from", "asset approve", "asset burn", "asset freeze", "asset unfreeze",
            "asset balance", "asset allowance", "organisation list", "organisation show", "proposal create",
            "proposal vote", "proposal list", "proposal show",
            "transaction show", "transaction sign", "transaction join",
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
                (["weather", "show"], "there are chain, network, bench, node, account"),
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
                (["chain", "create", "--directory", "x", "--organisation", "Acme"], "1 to 32 of a-z"),
                (["chain", "create", "--directory", "x", "--organisation", "acme"], "needs --administrator"),
                (["chain", "create", "--directory", "x", "--administrator", "a"], "goes with --organisation"),
                (["proposal", "vote", "1", "--as", "a"], "say --yes or --no"),
                (["proposal", "vote", "0", "--yes", "--as", "a"], "1 or more"),
                (["proposal", "create", "--as", "a", "--rule", "all", "--expires", "week"], "as 90s, 15m, 2h or 1d"),
                (["proposal", "lst"], "did you mean \"list\"?"),
                (["node", "run"], "--config is missing"),
                (["network", "up"], "--directory is missing"),
                (["network", "up", "--directory", "x", "--engine", "paxos"], "--engine takes solo, raft, pbft, fbft"),
                (["network", "up", "--directory", "x", "--organisations", "0"], "a number from 1 to 100, not 0"),
                (["network", "up", "--directory", "x", "--organisations", "many"], "--organisations takes a number"),
                (["network", "up", "--directory", "x", "--engine", "solo"], "the engine solo is for one node"),
                (["network", "up", "--directory", "x", "--names", "a,a"], "two organisations have one name"),
                (["network", "up", "--directory", "x", "--names", "a,B"], "\"B\" can't name an organisation"),
                (
                    ["network", "up", "--directory", "x", "--names", "a,b", "--organisations", "3"],
                    "--names names 2 organisations, and --organisations says 3"
                ),
                (["network", "up", "--directory", "x", "--port-base", "65536"], "a number from 0 to 65535"),
                (["network", "status", "--directory", "x", "--wach"], "did you mean \"watch\"?"),
                (["bench", "run", "mining"], "the workloads are transfer, catch-up and snapshot"),
                (["bench", "run", "transfer", "--engine", "paxos"], "--engine takes solo, raft, pbft, fbft"),
                (["bench", "run", "transfer", "--up", "1", "--engine", "fbft"], "the engine solo is for one node"),
                (["authority", "create", "--directory", "x"], "--organisation is missing"),
                (["authority", "isue"], "did you mean \"issue\"?"),
                (["authority", "request", "--organisation", "A", "--name", "n", "--keys", "k"], "--role is missing"),
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
                (["authority", "list", "--directory", scratch.file("none")], "not the folder of an authority"),
                (["network", "status", "--directory", scratch.file("none")], "not the folder of a network"),
                (["network", "down", "--directory", used], "not the folder of a network"),
                (["network", "up", "--directory", used], "is not empty, and holds no whole network"),
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
