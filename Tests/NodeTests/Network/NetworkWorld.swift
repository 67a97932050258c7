import Foundation
import HTTP
import Interfaces
import Ledger
import Primitives
import Synchronization
import SystemTestSupport
import TestSupport

@testable import cairn

/// A network of real nodes, its clients, and the checker of what they were told.
final class NetworkWorld {
    let program: CairnProgram
    let networkFolder: String
    let folders: [String]
    let accounts: [TestAccount]
    let terms: ChainTerms
    let records = ClientRecords()
    var checker: LedgerChecker
    var generator: SeededGenerator
    /// Nil for those that are down.
    var nodes: [NodeProcess?]

    init(count: Int, engine: EngineKind, seed: UInt64) async throws {
        program = CairnProgram(scratch: try ScratchFolder(), environment: ["CAIRN_TEST_SMALL": "1"])
        let path = program.scratch.file("net")
        networkFolder = path
        try makePrivateFolder(path)
        let plan = NetworkPlan(
            organisations: NetworkPlan.organisationNames(count), engine: engine, suite: .international, portBase: 0,
            peerPortBase: 0)
        let folder = try await NetworkGeneration(path: path, plan: plan).run()
        folders = folder.nodes.map(\.path)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder.genesisFile)))
        terms = try Genesis(canonicalBytes: bytes).terms
        accounts = try (1...UInt8(CrashWorld.accountCount)).map { try TestAccount($0) }
        checker = LedgerChecker(accounts: accounts, records: records, allowsOthers: true)
        generator = SeededGenerator(seed: seed)
        nodes = Array(repeating: nil, count: count)
        for number in 0..<count { try start(number) }
        try await waitUntil("all are connected") {
            for number in 0..<count where try await self.report(number).connectedCount < count - 1 { return false }
            return true
        }
        try await fund()
    }

    deinit { for node in nodes { node?.kill() } }

    // MARK: Nodes

    func start(_ number: Int) throws { nodes[number] = try NodeProcess(folders[number], program) }

    func kill(_ number: Int) {
        nodes[number]?.kill()
        nodes[number] = nil
    }

    func stop(_ number: Int) throws {
        guard let ending = nodes[number]?.stop(), ending == .exited(0) else {
            throw ChildProcess.Failure("node \(number) did not stop: \(nodes[number]?.process.errors ?? "")")
        }
        nodes[number] = nil
    }

    func rpc(_ number: Int) throws -> RPCConnection {
        guard let node = nodes[number] else { throw ChildProcess.Failure("node \(number) is down") }
        return try RPCConnection(node.endpoint)
    }

    func report(_ number: Int) async throws -> NetworkReport {
        let json = try await rpc(number).call("cairn_network")
        guard let report = NetworkReport(json: json) else { throw ChildProcess.Failure("no report: \(json)") }
        return report
    }

    func height(_ number: Int) async throws -> UInt64 { try await report(number).height }

    /// By what most say of those that are up.
    func leader() async throws -> Int? {
        var votes: [UInt32: Int] = [:]
        for number in nodes.indices where nodes[number] != nil {
            if let leader = try await report(number).leader { votes[leader, default: 0] += 1 }
        }
        return votes.max { $0.value < $1.value }.map { Int($0.key) }
    }

    // MARK: Clients

    private func fund() async throws {
        let issues = accounts.indices.map { Action.issue(to: $0, amount: CrashWorld.startBalance) }
        let rpc = try rpc(0)
        for (salt, action) in ([.create] + issues).enumerated() {
            let signed = try CrashWorld.sign(
                action, accounts, terms, records, lifetimeMilliseconds: 60_000, salt: UInt64(salt))
            _ = try await rpc.call("cairn_sendTransaction", [.string(signed.canonicalBytes.hexadecimal)])
            let answer = try await rpc.call("cairn_waitForReceipt", [.string(signed.identity.description)])
            guard let place = answer["receipt"].flatMap({ Place($0) }), place.isSuccess else {
                throw ChildProcess.Failure("funding failed: \(answer)")
            }
            records.report(signed.identity, place)
        }
    }

    /// Has clients send to some nodes while `body` runs.
    func load(_ numbers: [Int], _ body: @escaping @Sendable () async -> Void) async throws {
        let loads = numbers.compactMap { nodes[$0]?.endpoint }.map {
            TransferLoad(accounts: accounts, terms: terms, records: records, endpoint: $0)
        }
        let seeds = loads.map { _ in generator.next() }
        let ended = EndFlag()
        try await withThrowingTaskGroup { group in
            for (load, seed) in zip(loads, seeds) {
                group.addTask {
                    try await load.run(seed: seed) {
                        while !ended.isSet { try? await Task.sleep(for: .milliseconds(10)) }
                    }
                }
            }
            await body()
            ended.set()
            try await group.waitForAll()
        }
    }

    func waitUntil(
        _ what: String, seconds: Double = 30, _ condition: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ChildProcess.Failure("in \(seconds) s it did not come to be that \(what)")
    }

    // MARK: What must hold

    /// What is wrong with what all nodes have, once nothing is sent any more: one history, which holds all that anybody
    /// was told.
    func findings() async throws -> [String] {
        let up = nodes.indices.filter { nodes[$0] != nil }
        try await waitUntil("all nodes are at one height") {
            var heights: Set<UInt64> = []
            for number in up { heights.insert(try await height(number)) }
            guard heights.count == 1 else { return false }
            try await Task.sleep(for: .milliseconds(500))
            for number in up { heights.insert(try await height(number)) }
            return heights.count == 1
        }
        var findings = try await checker.check(try rpc(up[0]), &generator)
        var hashes: Set<String> = []
        for number in up {
            let block = try await rpc(number).call("cairn_getBlock", [.unsigned(checker.model.height)])
            hashes.insert(block["hash"]?.stringValue ?? "none at \(number)")
        }
        if hashes.count != 1 { findings.append("the nodes have different blocks: \(hashes)") }
        return findings
    }

    /// Stops all nodes and verifies the ledger of each. What was sent before a node died, and never answered, may still
    /// be ordered when another leads.
    func finish() async throws -> [String] {
        var findings: [String] = []
        for number in nodes.indices where nodes[number] != nil { try stop(number) }
        var hashes: [UInt64: String] = [:]
        for folder in folders {
            let verified = try program.run("ledger", "verify", "--directory", folder, "--json")
            if !verified.isSuccess { findings.append("\(verified.output)\(verified.errors)") }
            let height = verified.json?["height"]?.uint64Value ?? 0
            let hash = verified.json?["blockHash"]?.stringValue ?? ""
            if height < checker.model.height { findings.append("\(folder) holds \(height) blocks") }
            if let other = hashes[height], other != hash { findings.append("block \(height) is \(hash) and \(other)") }
            hashes[height] = hash
        }
        return findings
    }
}

/// Whether something is over, for tasks that look.
final class EndFlag: Sendable {
    private let state = Mutex(false)

    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
