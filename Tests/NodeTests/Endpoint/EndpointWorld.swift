import Cryptography
import Foundation
import HTTP
import SystemTestSupport
import TestSupport

/// A chain of two organisations, acme and bank, whose node opens its endpoint over TLS; and callers with certificates of
/// bank's. Keys and requests are made by openssl, calls by curl.
struct EndpointWorld {
    private(set) var program: CairnProgram
    let folder: String
    let accounts: [String: String]
    private(set) var node: NodeProcess

    var scratch: ScratchFolder { program.scratch }
    var tokens: String { "\(folder)/tokens.json" }
    var root: String { "\(folder)/authority/root.pem" }
    func file(_ name: String) -> String { scratch.file(name) }

    /// - Parameter more: what else "rpc" holds.
    init(_ more: JSON = [:]) throws {
        let scratch = try ScratchFolder()
        let passphrase = try scratch.write(Array("correct horse\n".utf8), to: "passphrase")
        var program = CairnProgram(scratch: scratch)
        program.environment = ["CAIRN_KEYSTORE": scratch.file("accounts"), "CAIRN_PASSPHRASE_FILE": passphrase]
        var accounts: [String: String] = [:]
        for name in ["alice", "bob"] {
            let made = try program.run("account", "create", name, "--suite", "international", "--json")
            accounts[name] = made.json?["address"]?.stringValue
        }
        self.accounts = accounts
        folder = try program.createChain(arguments: ["--organisation", "acme", "--administrator", "alice"])
        try Self.request(scratch, "endpoint")
        try Self.check(
            try program.run(
                "authority", "issue", scratch.file("endpoint.csr"), "--directory", "\(folder)/authority", "--role",
                "node", "--host", "localhost", "--passphrase-file", "\(folder)/passphrase",
                "--output", "\(folder)/endpoint.pem"))
        try FileManager.default.moveItem(atPath: scratch.file("endpoint.key"), toPath: "\(folder)/endpoint.key")
        var rpc = JSONObject()
        rpc["port"] = 0
        rpc["address"] = "127.0.0.1"
        rpc["tls"] = ["certificates": "endpoint.pem", "key": "endpoint.key"]
        for member in more.objectValue?.members ?? [] { rpc[member.key] = member.value }
        try LiveChain.configure(folder, ["rpc": .object(rpc)])
        if more["tokens"] != nil { try Data(#"{"tokens": []}"#.utf8).write(to: URL(filePath: "\(folder)/tokens.json")) }
        self.program = program
        node = try NodeProcess(folder, program)
        try foundBank()
    }

    // MARK: The members

    /// Callers' certificates: one for each role of bank's, and what only looks like one.
    private mutating func foundBank() throws {
        try certificate("alice-admin", .administrator, by: "\(folder)/authority", "\(folder)/passphrase")
        for organisation in ["bank", "stranger"] {
            try run("authority", "create", "--organisation", organisation, "--directory", file(organisation))
        }
        // Another authority that calls itself bank's.
        try run("authority", "create", "--organisation", "bank", "--directory", file("forger"))
        for role in CertificateRole.allCases { try certificate(role.rawValue, role, by: file("bank")) }
        try certificate("stranger-client", .client, by: file("stranger"))
        try certificate("forger-client", .client, by: file("forger"))
        let bank: JSON = [
            "name": "bank", "authorities": ["root.pem"], "administrators": [.string(accounts["bob"] ?? "")],
            "nodes": [],
        ]
        try scratch.write(bank.text, to: "bank/bank.json")
        try ask(as: "alice-admin")
        try run("proposal", "create", "--as", "alice", "--add-organisation", file("bank/bank.json"))
        try waitUntil("bank's certificates count") { try self.call(with: "auditor").status == 200 }
    }

    /// From now on the program shows this certificate.
    mutating func ask(as name: String) throws {
        program.environment["CAIRN_NODE"] = endpoint
        program.environment["CAIRN_AUTHORITY"] = root
        program.environment["CAIRN_CERTIFICATE"] = file("\(name).pem")
        program.environment["CAIRN_CERTIFICATE_KEY"] = file("\(name).key")
    }

    mutating func askWithoutCertificate() {
        program.environment["CAIRN_CERTIFICATE"] = nil
        program.environment["CAIRN_CERTIFICATE_KEY"] = nil
    }

    func removeBank() throws {
        try run("proposal", "create", "--as", "alice", "--remove-organisation", "bank")
        try run("proposal", "vote", "2", "--yes", "--as", "bob")
    }

    var endpoint: String { "https://localhost:\(node.port)" }

    private static func request(_ scratch: ScratchFolder, _ name: String) throws {
        let process = try ChildProcess(
            "openssl",
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
                "-keyout", scratch.file("\(name).key"), "-out", scratch.file("\(name).csr"),
            ], scratch: scratch)
        guard process.wait(seconds: 20) == .exited(0) else { throw ChildProcess.Failure(process.errors) }
    }

    private func certificate(
        _ name: String, _ role: CertificateRole, by authority: String, _ passphrase: String? = nil
    ) throws {
        try Self.request(scratch, name)
        try Self.check(
            try program.run(
                [
                    "authority", "issue", file("\(name).csr"), "--directory", authority, "--role", role.rawValue,
                    "--output", file("\(name).pem"),
                ] + (passphrase.map { ["--passphrase-file", $0] } ?? [])))
    }

    @discardableResult
    func run(_ words: String...) throws -> JSON {
        try Self.check(try program.run(words + ["--json"])) ?? .null
    }

    @discardableResult
    private static func check(_ result: CairnProgram.Result) throws -> JSON? {
        guard result.isSuccess else { throw ChildProcess.Failure("\(result)") }
        return result.json
    }

    /// Makes a token, and gives back its text.
    func token(_ name: String, _ rights: [String], days: String = "1") throws -> String {
        let words = ["token", "create", name, "--tokens", tokens, "--days", days, "--json"]
        let made = try Self.check(try program.run(words + rights.flatMap { ["--right", $0] }))
        return made?["token"]?.stringValue ?? ""
    }

    func waitUntil(_ what: String, _ isSo: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try !isSo() {
            guard ContinuousClock.now < deadline else { throw ChildProcess.Failure("not in time: \(what)") }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    // MARK: Calls by curl

    struct Answer {
        let status: Int
        let head: String
        let body: JSON?

        /// The code of the error of JSON-RPC; 0 if there is none.
        var code: Int64 { body?["error"]?["code"]?.int64Value ?? 0 }
        var message: String { body?["error"]?["message"]?.stringValue ?? "" }
    }

    /// Calls a method with a certificate, a token, or neither.
    func call(
        _ method: String = "cairn_chain", _ parameters: JSON = [], with name: String? = nil, token: String? = nil,
        _ more: [String] = []
    ) throws -> Answer {
        let call: JSON = ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": parameters]
        return try post(call, with: name, token: token, more)
    }

    func post(
        _ json: JSON, with name: String? = nil, token: String? = nil, _ more: [String] = []
    ) throws -> Answer {
        let process = try curl(
            ["-d", String(decoding: json.text, as: UTF8.self), "-H", "Content-Type: application/json"]
                + (name.map { ["--cert", file("\($0).pem"), "--key", file("\($0).key")] } ?? [])
                + (token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []) + more)
        guard process.wait(seconds: 30) == .exited(0) else { throw ChildProcess.Failure("curl: \(process.errors)") }
        let parts = process.output.components(separatedBy: "\r\n\r\n")
        guard parts.count >= 2, let status = Int(parts[0].dropFirst(9).prefix(3)) else {
            throw ChildProcess.Failure("no reply: \(process.output)")
        }
        return Answer(status: status, head: parts[0], body: try? JSON(parsing: Array(parts[1].utf8)))
    }

    func metrics(with name: String) throws -> (status: Int, output: String) {
        let process = try curl(
            ["--cert", file("\(name).pem"), "--key", file("\(name).key")], to: "\(endpoint)/metrics")
        guard process.wait(seconds: 30) == .exited(0), let status = Int(process.output.dropFirst(9).prefix(3)) else {
            throw ChildProcess.Failure("curl: \(process.output)\(process.errors)")
        }
        return (status, process.output)
    }

    func curl(_ arguments: [String], to address: String? = nil) throws -> ChildProcess {
        try ChildProcess(
            "curl", ["-sS", "-i", "-m", "20", "--cacert", root] + arguments + [address ?? endpoint], scratch: scratch)
    }
}
