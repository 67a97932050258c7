import Foundation
import SystemTestSupport
import Testing

extension CommandLineTests {
    /// The scripts of `cairn completion`, run by the shells that are installed.
    @Suite struct CompletionTests {
        /// What stands on the line, the word under the cursor last, and what the shell must propose: just that, or,
        /// unless `isAll`, that among other words.
        private struct Case {
            let words: [String]
            let proposed: Set<String>
            var isAll = true
        }

        private static let cases = [
            Case(words: ["asset", "t"], proposed: ["transfer", "transfer-from"]),
            Case(words: ["completion", ""], proposed: ["bash", "zsh", "fish"]),
            Case(words: ["chain", "create", "--suite", ""], proposed: ["international", "national"]),
            Case(words: ["account", "create", "x", "--scheme", "s"], proposed: ["secp256k1", "sm2"]),
            Case(words: ["account", "show", ""], proposed: ["alice", "bob"]),
            Case(words: ["asset", "transfer", "GOLD", "1", "--to", "a"], proposed: ["alice"]),
            Case(words: ["asset", "transfer", "--with-key", "bob", "--w"], proposed: ["--with-key"]),
            Case(words: ["history", ""], proposed: ["account", "asset", "key", "events"]),
            Case(words: ["history", "key", ""], proposed: ["assets", "accounts"]),
            Case(words: ["history", "asset", "GOLD", "--account", "b"], proposed: ["bob"]),
            Case(words: ["history", "account", "alice", "--o"], proposed: ["--oldest"]),
            Case(words: ["watch", "account", "a"], proposed: ["alice"]),
            Case(words: ["watch", "blocks", "--co"], proposed: ["--count"]),
            Case(words: ["asset", "burn", "--"], proposed: ["--as", "--output", "--json", "--help"], isAll: false),
            Case(words: ["proof", "verify", "accounts/al"], proposed: ["accounts/alice.key.json"]),
            Case(words: ["account", "rotate", "alice", "--to", "alice", "--expires-in", ""], proposed: []),
            Case(words: ["simulate", "--engine", ""], proposed: ["fbft", "pbft", "raft"]),
            Case(words: ["simulate", "--seed", "1", "--seeds", "2", "--expl"], proposed: ["--explain"]),
            Case(words: ["network", ""], proposed: ["up", "status", "add-organisation", "down"]),
            Case(words: ["network", "up", "--engine", ""], proposed: ["solo", "raft", "pbft", "fbft"]),
            Case(words: ["authority", "re"], proposed: ["renew", "revoke", "request"]),
            Case(
                words: ["authority", "issue", "x.csr", "--role", ""],
                proposed: ["node", "administrator", "client", "auditor"]),
            Case(words: ["authority", "revoke", "n", "--reason", "key"], proposed: ["keyCompromise"]),
            Case(words: ["proposal", "create", "--engine", "r"], proposed: ["raft"]),
            Case(words: ["proposal", "create", "--rule", ""], proposed: ["majority", "two-thirds", "all"]),
            Case(words: ["organisation", "s"], proposed: ["show"]),
            Case(words: ["proposal", ""], proposed: ["create", "vote", "list", "show"]),
            Case(words: ["nothing", "here", ""], proposed: []),
        ]

        private struct World {
            let program: CairnProgram

            init() throws {
                let scratch = try ScratchFolder()
                program = CairnProgram(scratch: scratch)
                try FileManager.default.createDirectory(
                    atPath: scratch.file("accounts"), withIntermediateDirectories: true)
                for file in ["alice.key.json", "bob.key.json", "bob.account.json", "notes.txt"] {
                    try scratch.write([], to: "accounts/\(file)")
                }
            }

            /// The lines that a shell prints when it has read its completion script and then `text`.
            func run(_ shell: String, _ text: String) throws -> [String] {
                let script = try program.run("completion", shell)
                #expect(script.isSuccess && script.errors.isEmpty)
                let scratch = program.scratch
                let completion = try scratch.write(Array(script.output.utf8), to: "completion.\(shell)")
                let file = try scratch.write(Array(text.utf8), to: "try.\(shell)")
                let folder = URL(filePath: file).deletingLastPathComponent().path
                let process = try ChildProcess(
                    "/usr/bin/env",
                    [
                        "-C", folder, "CAIRN_KEYSTORE=\(scratch.file("accounts"))", "HOME=\(folder)",
                        "COMPLETION=\(completion)", shell, file,
                    ], scratch: scratch)
                #expect(process.wait(seconds: 60) == .exited(0), "\(process.errors)")
                #expect(process.errors.isEmpty, "\(process.errors)")
                return process.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            }
        }

        private static func has(_ shell: String) -> Bool {
            let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(shell)") }
        }

        private func compare(_ lines: [String]) {
            #expect(lines.count >= Self.cases.count)
            for (tried, line) in zip(Self.cases, lines) {
                let proposed = Set(line.split(separator: " ").map(String.init))
                #expect(
                    tried.isAll ? proposed == tried.proposed : tried.proposed.isSubset(of: proposed),
                    "\(tried.words): \(line)")
            }
        }

        private static func calls(_ form: ([String]) -> String) -> String {
            cases.map { form($0.words.map { "'\($0)'" }) }.joined(separator: "\n") + "\n"
        }

        @Test(.enabled(if: has("bash"), "skipped: bash is not installed")) func bash() throws {
            let head = """
                source "$COMPLETION"
                try() {
                    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
                    _cairn
                    echo "${COMPREPLY[*]}"
                }

                """
            compare(try World().run("bash", head + Self.calls { "try cairn \($0.joined(separator: " "))" }))
        }

        /// zsh's own functions want a terminal; those that the script calls are replaced by such that print.
        @Test(.enabled(if: has("zsh"), "skipped: zsh is not installed")) func zsh() throws {
            let head = """
                compadd() {
                    local word found=()
                    shift
                    for word in "$@"; do [[ $word == "$words[CURRENT]"* ]] && found+=($word); done
                    print -rn -- "$found"
                }
                _files() { print -rn -- "$words[CURRENT]"*(N) }
                compdef() { : }
                source "$COMPLETION"
                try() { words=("$@"); CURRENT=$#; _cairn; print }

                """
            compare(try World().run("zsh", head + Self.calls { "try cairn \($0.joined(separator: " "))" }))
        }

        @Test(.enabled(if: has("fish"), "skipped: fish is not installed")) func fish() throws {
            let head = "source $COMPLETION\n"
            let calls = Self.calls { words in
                let line = (["cairn"] + words).joined(separator: " ").replacing("'", with: "")
                return "echo (complete -C '\(line)' | string replace -r '\\t.*' '')"
            }
            compare(try World().run("fish", head + calls))
        }

        @Test func scriptsAreAlsoJSON() throws {
            let program = CairnProgram(scratch: try ScratchFolder())
            for shell in ["bash", "zsh", "fish"] {
                let plain = try program.run("completion", shell)
                let json = try program.run("completion", shell, "--json")
                #expect(json.json?["script"]?.stringValue.map { $0 + "\n" } == plain.output)
            }
        }
    }
}
