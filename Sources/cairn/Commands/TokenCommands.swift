import Cryptography
import Foundation
import Glibc
import HTTP
import Interfaces
import Node
import Primitives

extension Command {
    static let tokenCreate = Command(
        noun: "token", verb: "create", summary: "make a token for a caller of a node's endpoint",
        discussion: """
            The token is printed once. The file, which "rpc.tokens" of node.json names, keeps its SHA-256 digest; it is
            made if it is missing, and a running node takes it up within seconds. Rights: read (ask for what is on the
            chain), submit (hand in transactions), operate (ask for what concerns the node itself).
            """,
        arguments: [.tokenName],
        options: [
            .tokens,
            Option(
                name: "right", placeholder: "RIGHT", help: "what it may do; may be repeated (default: read)",
                isRepeatable: true, value: .words(Right.allCases.map(\.name))),
            Option(
                name: "days", placeholder: "DAYS",
                help: "how long it is valid, 1 to \(TokenLimits.daysMax), or 0 for ever (default: \(TokenLimits.days))"),
        ]
    ) { invocation in
        let path = try invocation.required("tokens")
        let name = try invocation.required("name")
        let words = invocation.values("right")
        let rights = Right.allCases.filter { (words.isEmpty ? [Right.read.name] : words).contains($0.name) }
        guard words.allSatisfy({ word in Right.allCases.contains { $0.name == word } }) else {
            throw CommandError.usage("--right takes \(TokenFile.rightNames)", invocation.command)
        }
        let days = try invocation.number("days", default: TokenLimits.days)
        guard (0...TokenLimits.daysMax).contains(days) else {
            throw CommandError.usage("--days takes 0 to \(TokenLimits.daysMax), not \(days)", invocation.command)
        }
        let token = TokenFile.newToken()
        let end = (SystemClock.wall.milliseconds / 1000 + UInt64(days) * 86_400) * 1000
        let expiry = days == 0 ? nil : Timestamp(milliseconds: end)
        let entry = TokenFile.Entry(
            name: name, digest: TokenFile.digest(of: token.utf8), rights: Rights(rights), expiry: expiry)
        var file = FileManager.default.fileExists(atPath: path) ? try TokenFile.read(path) : TokenFile()
        do throws(ConfigurationError) { try file.add(entry) } catch {
            throw CommandError.failed("\(path): \(error)")
        }
        try file.write(to: path)
        guard !invocation.isJSON else {
            return Terminal.print(["token": .string(token), "entry": entry.json])
        }
        Terminal.print(token)
        Terminal.note("the token \(name) is shown only now: \(entry.line)")
    }

    static let tokenList = Command(
        noun: "token", verb: "list", summary: "show the tokens of a node's endpoint", options: [.tokens]
    ) { invocation in
        let file = try TokenFile.read(try invocation.required("tokens"))
        guard !invocation.isJSON else { return Terminal.print(file.json) }
        for entry in file.entries { Terminal.print("\(Terminal.output.bold(entry.name))  \(entry.line)") }
    }

    static let tokenRemove = Command(
        noun: "token", verb: "remove", summary: "end a token's use", arguments: [.tokenName], options: [.tokens]
    ) { invocation in
        let (path, name) = (try invocation.required("tokens"), try invocation.required("name"))
        var file = try TokenFile.read(path)
        guard file.remove(name) else {
            throw CommandError.failed(
                "there is no token \"\(name)\" in \(path); see: cairn token list --tokens \(path)")
        }
        try file.write(to: path)
        invocation.isJSON
            ? Terminal.print(["removed": .string(name)]) : Terminal.print("\(Terminal.output.green("removed")) \(name)")
    }
}

extension Option {
    fileprivate static let tokens = Option(
        name: "tokens", placeholder: "FILE", help: "the node's file of tokens", isRequired: true, value: .file)
}

extension Argument {
    fileprivate static let tokenName = Argument(name: "name", help: "whom the token is for")
}

extension TokenFile {
    /// 256 bits from the system, in base64 as URLs have it (RFC 4648, section 5).
    fileprivate static func newToken() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let text = Data(bytes).base64EncodedString()
        return text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    fileprivate static func read(_ path: String) throws -> TokenFile {
        let bytes = try readFile(path, "the file of tokens")
        do throws(ConfigurationError) { return try TokenFile(json: bytes) } catch {
            throw CommandError.failed("\(path): \(error)")
        }
    }

    /// Whole or not at all: a running node may read it at any time.
    fileprivate func write(to path: String) throws {
        let new = "\(path).new"
        unlink(new)
        try NewFiles.write(Array((json.prettyText + "\n").utf8), to: new, mode: 0o600)
        guard rename(new, path) == 0 else {
            throw CommandError.failed("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}

extension TokenFile.Entry {
    fileprivate var line: String {
        let until = expiry.map { "until \($0.iso8601)" } ?? "for ever"
        return "\(rights.list.map(\.name).joined(separator: ", ")), \(until)"
    }
}
