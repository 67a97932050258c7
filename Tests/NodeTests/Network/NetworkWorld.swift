import Foundation
import HTTP
import Interfaces
import Ledger
import Networking
import Primitives
import Synchronization
import SystemTestSupport
import TestSupport

@testable import cairn

/// A network of real nodes, its clients, and the checker of what they were told.
///
/// It is `@unchecked Sendable` because one task at a time changes it.
final class NetworkWorld: @unchecked Sendable {
    let program: CairnProgram
    let networkFolder: String
    private(set) var folders: [String]
    let accounts: [TestAccount]
    let terms: ChainTerms
    let records = ClientRecords()
    var checker: LedgerChecker
    var generator: SeededGenerator
    /// Nil for those that are down.
    var nodes: [NodeProcess?]

    /// Long runs have other clients each time.
    private static let firstSeed = ProcessInfo.processInfo.environment["CAIRN_FAULT_SEED"].flatMap(UInt64.init) ?? 0

    /// Between the nodes; nil where they talk with each other.
    let links: LinkProxies?

    /// What is added to the environment of some nodes.
    private let environments: [Int: [String: String]]

    init(
        count: Int, engine: EngineKind, seed: UInt64, hasProxies: Bool = false,
        environments: [Int: [String: String]] = [:], prepare: (NodePlace) throws -> Void = { _ in }
    ) async throws {
        self.environments = environments
        program = CairnProgram(scratch: try ScratchFolder(), environment: ["CAIRN_TEST_SMALL": "1"])
        let path = program.scratch.file("net")
        networkFolder = path
        try makePrivateFolder(path)
        let plan = NetworkPlan(
            organisations: NetworkPlan.organisationNames(count), engine: engine, suite: .international, portBase: 0,
            peerPortBase: 0)
        let folder = try await NetworkGeneration(path: path, plan: plan).run()
        folders = folder.nodes.map(\.path)
        links = hasProxies ? try Self.proxies(folder) : nil
        for place in folder.nodes { try prepare(place) }
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder.genesisFile)))
        terms = try Genesis(canonicalBytes: bytes).terms
        accounts = try (1...UInt8(CrashWorld.accountCount)).map { try TestAccount($0) }
        checker = LedgerChecker(accounts: accounts, records: records, allowsOthers: true)
        generator = SeededGenerator(seed: seed &+ Self.firstSeed)
        nodes = Array(repeating: nil, count: count)
        for number in 0..<count { try start(number) }
        try await waitUntil("all are connected") {
            for number in 0..<count where try await self.report(number).connectedCount < count - 1 { return false }
            return true
        }
        try await fund()
    }

    deinit {
        for node in nodes { node?.kill() }
        links?.stop()
    }

    /// Has each node listen at an address of its own, and puts proxies where the others look for it.
    private static func proxies(_ folder: NetworkFolder) throws -> LinkProxies {
        var ports: [UInt16] = []
        for (number, place) in folder.nodes.enumerated() {
            var configuration = try place.configuration()
            guard let listen = configuration.network?.listen else { continue }
            ports.append(listen.port)
            configuration.network?.listen = try SocketAddress(host: LinkProxies.host(of: number), port: listen.port)
            try Data(configuration.json.prettyText.utf8).write(to: URL(filePath: place.configurationFile))
        }
        return try LinkProxies(ports: ports)
    }

    // MARK: Nodes

    func start(_ number: Int) throws {
        var program = program
        program.environment.merge(environments[number] ?? [:]) { $1 }
        nodes[number] = try NodeProcess(folders[number], program)
    }

    /// What a node has said since it was started.
    func log(_ number: Int) -> String { nodes[number]?.process.errors ?? "" }

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

    private func heights(_ numbers: [Int]) async throws -> [UInt64] {
        var heights: [UInt64] = []
        for number in numbers { heights.append(try await height(number)) }
        return heights
    }

    /// By what most say of those that are up.
    func leader() async throws -> Int? {
        var votes: [UInt32: Int] = [:]
        for number in nodes.indices where nodes[number] != nil {
            if let leader = try await report(number).leader { votes[leader, default: 0] += 1 }
        }
        return votes.max { $0.value < $1.value }.map { Int($0.key) }
    }

    // MARK: Members

    /// Adds an organisation as `cairn network add-organisation` does, in place of whose supervisor this starts its node.
    func add(_ name: String, prepare: (NodePlace) throws -> Void = { _ in }) async throws {
        guard let organisation = MemberName(name) else { throw ChildProcess.Failure("\(name) is no name") }
        let folder = try NetworkFolder.open(networkFolder)
        async let added = NetworkGrowth(folder: folder, organisation: organisation, isValidator: true).run()
        try await waitUntil("\(name) is voted in") {
            try NetworkFolder.open(self.networkFolder).plan.organisations.contains(name)
        }
        let place = folder.place(of: name)
        try prepare(place)
        folders.append(place.path)
        nodes.append(try NodeProcess(place.path, program))
        _ = try await added
    }

    /// Has the first of these organisations propose something, the others agree.
    func vote(_ proposal: [String], by names: [String]) throws {
        guard let first = names.first else { return }
        let answer = try govern(["create", "--as", first] + proposal)
        guard let number = answer["proposal"]?.uint64Value else { throw ChildProcess.Failure("no number: \(answer)") }
        for name in names.dropFirst() { _ = try govern(["vote", "\(number)", "--yes", "--as", name]) }
    }

    private func govern(_ words: [String]) throws -> JSON {
        guard let endpoint = nodes[0]?.endpoint else { throw ChildProcess.Failure("node 0 is down") }
        let result = try program.run(
            ["proposal"] + words + [
                "--json", "--node", endpoint, "--keystore", "\(networkFolder)/admin/accounts", "--passphrase-file",
                "\(networkFolder)/admin/passphrase",
            ])
        guard result.isSuccess, let json = result.json else {
            throw ChildProcess.Failure("\(words): \(result.output)\(result.errors)")
        }
        return json
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
        var last: [UInt64] = []
        do {
            try await waitUntil("all nodes are at one height") {
                last = try await heights(up)
                guard Set(last).count == 1 else { return false }
                try await Task.sleep(for: .milliseconds(500))
                return try await Set(heights(up)) == Set(last)
            }
        } catch let failure as ChildProcess.Failure {
            throw ChildProcess.Failure("\(failure): \(last); \(up.map { "node \($0):\n\(log($0).suffix(2000))" })")
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
    func finish(without gone: Set<Int> = []) async throws -> [String] {
        var findings: [String] = []
        for number in nodes.indices where nodes[number] != nil { try stop(number) }
        var hashes: [UInt64: String] = [:]
        for (number, folder) in folders.enumerated() where !gone.contains(number) {
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
