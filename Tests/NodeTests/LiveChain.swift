import Contracts
import Cryptography
import Foundation
import HTTP
import Ledger
import Primitives
import SystemTestSupport

/// A chain with its node running, for one test.
struct LiveChain: Sendable {
    let program: CairnProgram
    let folder: String
    let node: NodeProcess
    let rpc: RPCConnection
    let terms: ChainTerms
    let alice: TestAccount
    let bob: TestAccount

    init(
        environment: [String: String] = [:], suite: Suite = .international, arguments: [String] = [],
        configuration: JSON = [:]
    ) throws {
        program = CairnProgram(scratch: try ScratchFolder(), environment: environment)
        folder = try program.createChain(arguments: ["--suite", "\(suite)"] + arguments)
        try Self.configure(folder, configuration)
        terms = try Genesis(canonicalBytes: [UInt8](Data(contentsOf: URL(filePath: "\(folder)/genesis.bin")))).terms
        node = try NodeProcess(folder, program)
        rpc = try RPCConnection(node.endpoint)
        alice = try TestAccount(1, suite: suite)
        bob = try TestAccount(2, suite: suite)
    }

    /// Changes the configuration of the node of a chain's folder.
    static func configure(_ folder: String, _ changes: JSON) throws {
        let path = URL(filePath: "\(folder)/node.json")
        guard var object = try JSON(parsing: [UInt8](Data(contentsOf: path))).objectValue else { return }
        for change in changes.objectValue?.members ?? [] { object[change.key] = change.value }
        try Data(JSON.object(object).text).write(to: path)
    }

    static func time(inMilliseconds milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: UInt64(Int64(Date().timeIntervalSince1970 * 1000) + milliseconds))
    }

    /// What the node answers to the bytes of a transaction.
    func send(_ bytes: [UInt8]) async throws -> Result<JSON, RPCConnection.Refusal> {
        try await rpc.calls([("cairn_sendTransaction", [.string(bytes.hexadecimal)])])[0]
    }

    func wait(_ identity: Digest, _ more: [JSON] = []) async throws -> JSON {
        try await rpc.call("cairn_waitForReceipt", .array([.string(identity.description)] + more))
    }

    /// Sends a transaction of an account, and gives back its receipt.
    func submit(
        _ account: TestAccount, _ method: String, _ arguments: [UInt8], salt: UInt64 = .random(in: 0...(.max))
    ) async throws -> JSON {
        let signed = try account.sign(
            method, terms, salt: salt, expiry: Self.time(inMilliseconds: 60_000), arguments)
        _ = try await send(signed.canonicalBytes).get()
        let answer = try await wait(signed.identity)
        guard let receipt = answer["receipt"] else { throw ChildProcess.Failure("no receipt: \(answer)") }
        return receipt
    }

    /// Creates GOLD, of which Alice then has 1000.
    func fund() async throws {
        let created = try await submit(alice, "create", AssetArguments.create("GOLD"))
        let issued = try await submit(alice, "issue", AssetArguments.movement("GOLD", to: alice.address, 1000))
        guard created["status"] == "success", issued["status"] == "success" else {
            throw ChildProcess.Failure("funding failed: \(created) \(issued)")
        }
    }

    var height: UInt64 {
        get async throws { try await rpc.call("cairn_chain")["height"]?.uint64Value ?? 0 }
    }
}
