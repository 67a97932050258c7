import CairnClient
import Contracts
import Cryptography
import Foundation
import HTTP
import Ledger
import Primitives

/// Measures transfers on a network that it starts itself.
struct TransferBenchmark {
    private let plan: NetworkPlan
    private let transactions: Int
    private let senders: Int

    private static let asset = "COIN"
    /// How many transactions show the latency at light load.
    private static let latencyCount = 200
    private static let togetherCount = 500
    private static let lifetimeMilliseconds: UInt64 = 600_000

    init(_ invocation: Invocation) throws {
        let count = try invocation.number("up", default: 4)
        transactions = try invocation.number("transactions", default: 20_000)
        senders = try invocation.number("senders", default: 64)
        guard (1...NetworkLimits.organisationsMax).contains(count), (1...10_000_000).contains(transactions),
            (2...100_000).contains(senders)
        else {
            throw CommandError.usage(
                "--up takes 1 to \(NetworkLimits.organisationsMax), --transactions 1 to 10000000, and --senders 2 to "
                    + "100000", invocation.command)
        }
        let engine = try NetworkRequest.engine(invocation)
        plan = NetworkPlan(
            organisations: NetworkPlan.organisationNames(count), engine: engine ?? (count == 1 ? .solo : .fbft),
            suite: try invocation.suite()?.suite ?? .international, portBase: 0, peerPortBase: 0)
        guard (plan.engine == .solo) == (count == 1) else {
            throw CommandError.usage("the engine solo is for one node, the others are for several", invocation.command)
        }
    }

    /// What was measured.
    struct Figures {
        let plan: NetworkPlan
        let startSeconds, loadSeconds: Double
        let transactions, failed: Int
        /// Of each transaction at light load, ascending, in milliseconds.
        let latencies: [Double]

        var perSecond: Double { Double(transactions - failed) / loadSeconds }

        private func latency(_ share: Double) -> Double { latencies[Int(share * Double(latencies.count - 1))] }
        private func rounded(_ value: Double) -> JSON { .number(String(format: "%.2f", value)) }

        var json: JSON {
            [
                "nodes": .unsigned(UInt64(plan.organisations.count)), "engine": .string("\(plan.engine)"),
                "suite": .string("\(plan.suite)"), "transactions": .unsigned(UInt64(transactions)),
                "failed": .unsigned(UInt64(failed)), "startSeconds": rounded(startSeconds),
                "transactionsPerSecond": .unsigned(UInt64(perSecond)),
                "latencyMilliseconds": [
                    "p50": rounded(latency(0.5)), "p95": rounded(latency(0.95)), "p99": rounded(latency(0.99)),
                ],
            ]
        }

        var text: String {
            func shown(_ value: Double) -> String { String(format: "%.1f", value) }
            return """
                \(plan.organisations.count) nodes, \(plan.engine), \(plan.suite), ready after \(shown(startSeconds)) s
                latency     \(shown(latency(0.5))) ms (median), \(shown(latency(0.95))) ms (p95), \
                \(shown(latency(0.99))) ms (p99), of \(latencies.count) transfers one after another
                throughput  \(Int(perSecond)) transfers/s, \(transactions) in \(shown(loadSeconds)) s, \(failed) failed
                """
        }
    }

    func run() async throws -> Figures {
        let path = FileManager.default.temporaryDirectory.appending(path: "cairn-bench-\(UUID().uuidString)").path
        try makePrivateFolder(path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let began = ContinuousClock.now
        let folder = try await NetworkGeneration(path: path, plan: plan).run()
        _ = try await DetachedSupervisor(folder: folder, began: began).start()
        defer { _ = try? NetworkShutdown(folder: folder).run() }
        return try await measure(folder, startSeconds: (ContinuousClock.now - began) / .seconds(1))
    }

    private func measure(_ folder: NetworkFolder, startSeconds: Double) async throws -> Figures {
        let endpoints = try folder.nodes.map { try $0.configuration().endpoint }
        let client = try CairnClient(endpoint: endpoints[0], timeoutMilliseconds: 30_000)
        let accounts = try (0..<senders).map { try Self.account($0, plan.suite) }
        Terminal.progress("funding \(senders) accounts", 0, of: 3)
        try await fund(accounts, client, endpoints[0])
        let calls = try await calls(accounts, client)
        Terminal.progress("measuring the latency", 1, of: 3)
        var latencies: [Double] = []
        for index in 0..<Self.latencyCount {
            let signed = try await sign(calls[(index + 1) % senders], accounts[index % senders], client)
            let start = ContinuousClock.now
            guard case .committed = try await client.submit(signed) else {
                throw CommandError.failed("a transfer failed while the latency was measured")
            }
            latencies.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        Terminal.progress("signing \(transactions) transfers", 2, of: 3)
        var signed: [SignedTransaction] = []
        for index in 0..<transactions {
            signed.append(try await sign(calls[(index + 1) % senders], accounts[index % senders], client))
        }
        Terminal.progress("sending them", 3, of: 3)
        let start = ContinuousClock.now
        let failed = try await send(signed, to: endpoints)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        Terminal.endProgress()
        return Figures(
            plan: plan, startSeconds: startSeconds, loadSeconds: seconds, transactions: transactions, failed: failed,
            latencies: latencies.sorted())
    }

    // MARK: Accounts

    private static func account(_ number: Int, _ suite: Cryptography.Suite) throws -> Account {
        let key = try SoftwareKey.generate(suite.defaultScheme)
        guard let address = key.publicKey.address(in: suite).flatMap({ AccountAddress($0.description) }) else {
            throw CommandError.failed("keys of \(key.publicKey.scheme) have no address in the suite \(suite)")
        }
        return Account(name: "sender-\(number)", address: address, key: key)
    }

    /// One transfer to each account.
    private func calls(_ accounts: [Account], _ client: CairnClient) async throws -> [ContractCall] {
        var calls: [ContractCall] = []
        for account in accounts {
            calls.append(
                try await client.assets.call(for: .transfer(Self.asset, amount: "1", to: account.address)))
        }
        return calls
    }

    private func sign(
        _ call: ContractCall, _ account: Account, _ client: CairnClient
    ) async throws -> SignedTransaction {
        try await client.sign(
            call.contract, call.method, call.arguments, from: account,
            lifetimeMilliseconds: Self.lifetimeMilliseconds)
    }

    /// Gives each account more than it can send.
    private func fund(_ accounts: [Account], _ client: CairnClient, _ endpoint: String) async throws {
        let creation = try await client.assets.call(for: .create(Self.asset, name: Self.asset, decimals: 0))
        guard case .committed = try await client.submit(try await sign(creation, accounts[0], client)) else {
            throw CommandError.failed("the asset could not be created")
        }
        var issues: [SignedTransaction] = []
        for account in accounts {
            let call = try await client.assets.call(
                for: .issue(Self.asset, amount: "\(2 * transactions + 1000)", to: account.address))
            issues.append(try await sign(call, accounts[0], client))
        }
        let failed = try await send(issues, to: [endpoint])
        guard failed == 0 else { throw CommandError.failed("\(failed) accounts could not be given anything") }
    }

    // MARK: Load

    /// Sends all, some to each node, and waits for the receipt of each. Gives back how many did not succeed.
    private func send(_ signed: [SignedTransaction], to endpoints: [String]) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for (index, endpoint) in endpoints.enumerated() {
                let own = stride(from: index, to: signed.count, by: endpoints.count).map { signed[$0] }
                group.addTask { try await Self.send(own, to: endpoint) }
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
