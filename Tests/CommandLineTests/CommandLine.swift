import Foundation
import HTTP
import SystemTestSupport
import Testing

/// A terminal with a node, a key store and a passphrase.
struct CommandLine {
    let program: CairnProgram
    let folder: String
    let node: NodeProcess

    init(chain arguments: [String] = []) throws {
        let scratch = try ScratchFolder()
        var program = CairnProgram(scratch: scratch)
        folder = try program.createChain(arguments: arguments)
        node = try NodeProcess(folder, program)
        let passphrase = try scratch.write(Array("correct horse\n".utf8), to: "passphrase")
        program.environment = [
            "CAIRN_NODE": node.endpoint, "CAIRN_KEYSTORE": scratch.file("accounts"),
            "CAIRN_PASSPHRASE_FILE": passphrase,
        ]
        self.program = program
    }

    /// Runs a command that must succeed, and gives back what it printed.
    func run(_ words: String...) throws -> String {
        let result = try program.run(words)
        #expect(result.isSuccess, "\(words): \(result)")
        return result.output
    }

    /// Runs a command that must succeed with `--json`, and gives back the one value that it printed.
    func json(_ words: String...) throws -> JSON {
        let result = try program.run(words + ["--json"])
        #expect(result.isSuccess && result.errors.isEmpty, "\(words): \(result)")
        return try #require(result.json, "\(words): not one JSON value: \(result.output)")
    }

    /// Runs a command that must fail, in both forms, with one line or one value that says why.
    func refusal(_ words: String..., status: Int32 = 1) throws -> String {
        let plain = try program.run(words)
        #expect(plain.ending == .exited(status) && plain.output.isEmpty, "\(words): \(plain)")
        // Who calls a command wrongly is also shown how to call it.
        #expect(status == 2 || plain.errorLines.count == 1, "\(words): \(plain.errors)")
        let json = try program.run(words + ["--json"])
        #expect(json.ending == .exited(status) && json.errors.isEmpty, "\(words): \(json)")
        let reason = try #require(json.json?["error"]?.stringValue, "\(words): \(json.output)")
        // The rest may name a block and a transaction, and each run makes its own.
        #expect(plain.errors.contains(reason.prefix(20)), "\(plain.errors) and \(reason)")
        return reason
    }
}
