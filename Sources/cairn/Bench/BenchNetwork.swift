import CairnClient
import Contracts
import Cryptography
import Foundation
import Interfaces
import Ledger
import Primitives

/// A network that is measured, in a folder of its own that goes again, and the accounts that send on it.
struct BenchNetwork {
    let folder: NetworkFolder
    let endpoints: [String]
    let accounts: [Account]
    let client: CairnClient
    /// From the start of the program's making it until each node had committed the first block.
    let startSeconds: Double

    private static let asset = "COIN"
    private static let togetherCount = 500
    private static let lifetimeMilliseconds: UInt64 = 600_000

    /// What is asked for of the network itself.
    static func plan(_ invocation: Invocation) throws -> NetworkPlan {
        let count = try invocation.number("up", default: 4)
        guard (1...NetworkLimits.organisationsMax).contains(count) else {
            throw CommandError.usage("--up takes 1 to \(NetworkLimits.organisationsMax)", invocation.command)
        }
        let engine = try NetworkRequest.engine(invocation)
        let plan = NetworkPlan(
            organisations: NetworkPlan.organisationNames(count), engine: engine ?? (count == 1 ? .solo : .fbft),
            suite: try invocation.suite()?.suite ?? .international, portBase: 0, peerPortBase: 0)
        guard (plan.engine == .solo) == (count == 1) else {
            throw CommandError.usage("the engine solo is for one node, the others are for several", invocation.command)
        }
        return plan
    }

    /// Starts a network, has it measured, and stops it. Its folder goes, unless something fails.
    static func run<Value>(
        _ plan: NetworkPlan, senders: Int, _ body: (BenchNetwork) async throws -> Value
    ) async throws -> Value {
        let path = FileManager.default.temporaryDirectory.appending(path: "cairn-bench-\(UUID().uuidString)").path
        try makePrivateFolder(path)
        let began = ContinuousClock.now
        let folder = try await NetworkGeneration(path: path, plan: plan).run()
        _ = try await DetachedSupervisor(folder: folder, began: began).start()
        defer { _ = try? NetworkShutdown(folder: folder).run() }
        let endpoints = try folder.nodes.map { try $0.configuration().endpoint }
        let network = BenchNetwork(
            folder: folder, endpoints: endpoints, accounts: try (0..<senders).map { try account($0, plan.suite) },
            client: try CairnClient(endpoint: endpoints[0], timeoutMilliseconds: 30_000),
            startSeconds: (ContinuousClock.now - began) / .seconds(1))
        do {
            let value = try await body(network)
            _ = try NetworkShutdown(folder: folder).run()
            try FileManager.default.removeItem(atPath: path)
            return value
        } catch {
            Terminal.note("what the network wrote is kept in \(path)")
            throw error
        }
    }

    func report(_ node: Int) async throws -> NetworkReport {
        let json = try await CairnClient(endpoint: endpoints[node]).call("cairn_network", [])
        guard let report = NetworkReport(json: json) else { throw CairnClient.malformed("cairn_network") }
        return report
    }

    /// Of a node, as the supervisor knows it.
    func process(_ node: Int) throws -> Int32 {
        let state = SupervisorState.read(folder.stateFile)
        guard let process = state?.node(folder.nodes[node].name)?.process else {
            throw CommandError.failed("\(folder.nodes[node].name) does not run")
        }
        return process
    }

    // MARK: Accounts

    private static func account(_ number: Int, _ suite: Cryptography.Suite) throws -> Account {
        let key = try SoftwareKey.generate(suite.defaultScheme)
        guard let address = key.publicKey.address(in: suite).flatMap({ AccountAddress($0.description) }) else {
            throw CommandError.failed("keys of \(key.publicKey.scheme) have no address in the suite \(suite)")
        }
        return Account(name: "sender-\(number)", address: address, key: key)
    }

    /// Gives each account so much.
    func fund(_ amount: Int) async throws {
        let creation = try await client.assets.call(for: .create(Self.asset, name: Self.asset, decimals: 0))
        guard case .committed = try await client.submit(try await sign(creation, accounts[0])) else {
            throw CommandError.failed("the asset could not be created")
        }
        var issues: [SignedTransaction] = []
        for account in accounts {
            let call = try AssetsClient.call(
                for: .issue(Self.asset, amount: "\(amount)", to: account.address), decimals: 0)
            issues.append(try await sign(call, account: 0))
        }
        let failed = try await send(issues, to: [0])
        guard failed == 0 else { throw CommandError.failed("\(failed) accounts could not be given anything") }
    }

    // MARK: Transfers

    /// Transfers of one unit, each from the next account to the one after it.
    func transfers(_ count: Int) async throws -> [SignedTransaction] {
        let calls = try accounts.map { try transfer(to: $0.address) }
        var signed: [SignedTransaction] = []
        signed.reserveCapacity(count)
        for index in 0..<count {
            signed.append(try await sign(calls[(index + 1) % calls.count], account: index % accounts.count))
        }
        return signed
    }

    func transfer(to address: AccountAddress) throws -> ContractCall {
        try AssetsClient.call(for: .transfer(Self.asset, amount: "1", to: address), decimals: 0)
    }

    func sign(_ call: ContractCall, account: Int) async throws -> SignedTransaction {
        try await sign(call, accounts[account])
    }

    private func sign(_ call: ContractCall, _ account: Account) async throws -> SignedTransaction {
        try await client.sign(
            call.contract, call.method, call.arguments, from: account,
            lifetimeMilliseconds: Self.lifetimeMilliseconds)
    }

    /// Sends all, some to each of some nodes, and waits for the receipt of each. Gives back how many did not succeed.
    func send(_ signed: [SignedTransaction], to nodes: [Int]) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for (index, node) in nodes.enumerated() {
                let own = stride(from: index, to: signed.count, by: nodes.count).map { signed[$0] }
                group.addTask { [endpoints] in try await Self.send(own, to: endpoints[node]) }
            }
            return try await group.reduce(0, +)
        }
    }

    private static func send(_ signed: [SignedTransaction], to endpoint: String) async throws -> Int {
        let connection = CairnConnection(endpoint: endpoint)
        let failed = try await withThrowingTaskGroup(of: Int.self) { group in
            for start in stride(from: 0, to: signed.count, by: togetherCount) {
                let part = Array(signed[start..<min(start + togetherCount, signed.count)])
                group.addTask {
                    try await connection.submit(part).count { outcome in
                        if case .included(_, let receipt) = outcome, case .success = receipt.outcome {
                            false
                        } else {
                            true
                        }
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        await connection.close()
        return failed
    }
}
