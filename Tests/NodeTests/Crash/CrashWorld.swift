import Contracts
import Foundation
import HTTP
import Ledger
import Primitives
import SystemTestSupport
import TestSupport

/// A chain whose node is killed again and again, its clients, and the checker.
struct CrashWorld {
    static let symbol = "COIN"
    static let accountCount = 6
    static let startBalance: UInt64 = 5000

    let program: CairnProgram
    let folder: String
    let accounts: [TestAccount]
    let terms: ChainTerms
    let records = ClientRecords()
    var checker: LedgerChecker
    var generator: SeededGenerator
    private(set) var killCount = 0
    private(set) var earlyKillCount = 0
    private(set) var olderStateCount = 0
    /// How long a node takes from its start until clients can reach it.
    private var startSeconds = 1.0
    private var stateCopies: [String] = []

    /// - Parameters:
    ///   - disk: what `CAIRN_TEST_DISK` says; nil for the machine's own.
    ///   - isTiny: whether files and flushes are so small that kills hit all that happens to them.
    init(seed: UInt64, disk: String?, isTiny: Bool = true) throws {
        program = CairnProgram(
            scratch: try ScratchFolder(),
            environment: ["CAIRN_TEST_DISK": disk, "CAIRN_TEST_SMALL": isTiny ? "1" : "0"].compactMapValues { $0 })
        folder = try program.createChain(arguments: ["--checkpoint-interval", "20"])
        let genesis = try Genesis(canonicalBytes: [UInt8](Data(contentsOf: URL(filePath: "\(folder)/genesis.bin"))))
        terms = genesis.terms
        accounts = try (1...UInt8(Self.accountCount)).map { try TestAccount($0) }
        checker = LedgerChecker(accounts: accounts, records: records)
        generator = SeededGenerator(seed: seed)
    }

    /// Signs a transaction, and records it before anybody can have seen it.
    static func sign(
        _ action: Action, _ accounts: [TestAccount], _ terms: ChainTerms, _ records: ClientRecords,
        lifetimeMilliseconds: UInt64, salt: UInt64
    ) throws -> SignedTransaction {
        let now = UInt64(Date().timeIntervalSince1970 * 1000)
        let expiry = Timestamp(milliseconds: now + lifetimeMilliseconds)
        let (account, method, arguments): (Int, String, [UInt8]) =
            switch action {
            case .create: (0, "create", AssetArguments.create(symbol))
            case .issue(let to, let amount):
                (0, "issue", AssetArguments.movement(symbol, to: accounts[to].address, amount))
            case .transfer(let from, let to, let amount):
                (from, "transfer", AssetArguments.movement(symbol, to: accounts[to].address, amount))
            }
        let signed = try accounts[account].sign(method, terms, salt: salt, expiry: expiry, arguments)
        records.add(ClientRecords.Submission(action: action, signed: signed))
        return signed
    }

    /// Creates the asset and gives every account its first balance.
    func fund(_ rpc: RPCConnection) async throws {
        let issues = accounts.indices.map { Action.issue(to: $0, amount: Self.startBalance) }
        for (salt, action) in ([.create] + issues).enumerated() {
            let signed = try Self.sign(
                action, accounts, terms, records, lifetimeMilliseconds: 60_000, salt: UInt64(salt))
            _ = try await rpc.call("cairn_sendTransaction", [.string(signed.canonicalBytes.hexadecimal)])
            let answer = try await rpc.call("cairn_waitForReceipt", [.string(signed.identity.description)])
            guard let place = answer["receipt"].flatMap({ Place($0) }), place.isSuccess else {
                throw ChildProcess.Failure("funding failed: \(answer)")
            }
            records.report(signed.identity, place)
        }
    }
}

// MARK: - Lives of the node

extension CrashWorld {
    /// Starts the node; a node that doesn't start is a finding.
    mutating func start() -> (node: NodeProcess?, findings: [String]) {
        let before = ContinuousClock.now
        do {
            let node = try NodeProcess(folder, program)
            startSeconds = (ContinuousClock.now - before) / .seconds(1)
            return (node, [])
        } catch {
            return (nil, ["\(error)"])
        }
    }

    /// One life of the node, from its start to its kill. Gives back what is wrong with what it came back with.
    mutating func live() async throws -> [String] {
        try changeState()
        if Int.random(in: 0..<4, using: &generator) == 0 { return try await killEarly() }
        let (node, refusal) = start()
        guard let node else { return refusal }
        let rpc = try RPCConnection(node.endpoint)
        let findings = try await checker.check(rpc, &generator)
        guard findings.isEmpty else { return findings }
        if checker.model.height == 0 { try await fund(rpc) }
        let load = TransferLoad(accounts: accounts, terms: terms, records: records, endpoint: node.endpoint)
        let isShort = Int.random(in: 0..<6, using: &generator) == 0
        let milliseconds = Int.random(in: isShort ? 0...20 : 20...1100, using: &generator)
        try await load.run(seed: generator.next()) {
            try? await Task.sleep(for: .milliseconds(milliseconds))
            node.kill()
        }
        killCount += 1
        return []
    }

    /// Kills a node that has not come up, about where it opens its files and executes blocks again.
    private mutating func killEarly() async throws -> [String] {
        let process = try NodeProcess.start(folder, program)
        let share = Double.random(in: 0.5...1.05, using: &generator)
        try await Task.sleep(for: .seconds(share * startSeconds))
        process.signal(SIGKILL)
        let ending = process.wait(seconds: 10)
        guard ending == .signalled(SIGKILL) else { return ["the node ended by itself, \(ending): \(process.errors)"] }
        killCount += 1
        earlyKillCount += 1
        return []
    }

    /// Now and then, while the node is down: keeps a copy of the state, puts an older one in its place, or removes it.
    private mutating func changeState() throws {
        let files = FileManager.default
        let state = "\(folder)/data/state"
        guard files.fileExists(atPath: state) else { return }
        switch Int.random(in: 0..<12, using: &generator) {
        case 0...2:
            let copy = program.scratch.uniqueName()
            try files.copyItem(atPath: state, toPath: copy)
            stateCopies.append(copy)
            if stateCopies.count > 4 { try files.removeItem(atPath: stateCopies.removeFirst()) }
        case 3...5:
            guard let older = stateCopies.randomElement(using: &generator) else { return }
            try files.removeItem(atPath: state)
            try files.copyItem(atPath: older, toPath: state)
            olderStateCount += 1
        case 6:
            try files.removeItem(atPath: state)
            olderStateCount += 1
        default: break
        }
    }
}
