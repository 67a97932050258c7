import BenchmarkSupport
import Contracts
import Cryptography
import Ledger
import Primitives
import Replica
import Storage

/// Transfers executed by one core, without their signatures: by the contract alone, and by the whole executor, with
/// the state tree, the roots and the write-back store.
struct ExecutionBenchmark {
    static let accountCount = 10_000
    static let blockTransactions = 5_000

    let genesis: Genesis
    let accounts: [Address]
    /// Of nobody: the signatures are not checked here.
    let keys: [Address: PublicKey]

    init() throws {
        let key = try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: 7, count: 32))
        var limits = ChainLimits()
        limits.blockTransactionCountMax = UInt32(LedgerLimits.blockTransactionCountMax)
        limits.blockByteCountMax = UInt64(LedgerLimits.blockByteCountMax)
        limits.blockGasMax = 1 << 53
        genesis = Genesis(
            name: "benchmark", suite: .international, group: 1, time: Timestamp(milliseconds: 1_000_000),
            faultModels: [.none],
            epoch: EpochConfiguration(
                number: 0, engine: .solo, verification: .all, orderers: [key.publicKey], certifiers: [key.publicKey]),
            executionVersion: ExecutionRules.currentVersion, limits: limits)
        let suite = genesis.suite
        let keys = (0..<UInt64(Self.accountCount)).compactMap { index in
            PublicKey(scheme: .ed25519, bytes: suite.hash(index.canonicalBytes).bytes)
        }
        accounts = keys.map { $0.address(in: suite) ?? .zero }
        self.keys = Dictionary(uniqueKeysWithValues: zip(accounts, keys))
    }

    func run(blocks: Int) throws -> [Figure] {
        var executor = try makeExecutor()
        var decision: UInt64 = 0
        let transactions = try makeTransfers(count: blocks * Self.blockTransactions)
        for batch in try setUp() {
            decision += 1
            _ = try executor.execute(Decision(number: decision, reading: genesis.time, transactions: batch))
        }
        let batches = stride(from: 0, to: transactions.count, by: Self.blockTransactions).map {
            Array(transactions[$0..<$0 + Self.blockTransactions])
        }
        var contract: [Double] = []
        var whole: [Double] = []
        var state = JournalledState(over: executor.state)
        if CommandLine.arguments.contains("--profile") {
            for _ in 0..<20 { for batch in batches { _ = try execute(batch, executor, on: &state) } }
        }
        // What comes out is looked at when the clock stands: to decode receipts is no part of executing.
        for batch in batches {
            var receipts = Receipts()
            let seconds = try processorSeconds { receipts = try execute(batch, executor, on: &state) }
            guard receipts.count == batch.count, receipts.allSatisfy(\.isSuccess) else {
                throw BenchmarkError("a transfer failed")
            }
            contract.append(Double(batch.count) / seconds)
            decision += 1
            let next = Decision(number: decision, reading: genesis.time, transactions: batch)
            var executed: ExecutedDecision?
            whole.append(Double(batch.count) / (try processorSeconds { executed = try executor.execute(next) }))
            try check(executed)
        }
        return [
            Figure("native transfers executed, contract alone", contract, "per second, one core"),
            Figure("native transfers executed, with tree, roots and store", whole, "per second, one core"),
        ]
    }

    /// As the executor does it, with what it remembers from block to block.
    private func execute(
        _ batch: [SignedTransaction], _ executor: Executor, on state: inout JournalledState
    ) throws -> Receipts {
        guard let rules = ExecutionRules(version: genesis.executionVersion) else { return Receipts() }
        let context = BlockContext(group: 1, height: executor.head.height + 1, time: genesis.time)
        let execution = BlockExecution(rules: rules, suite: genesis.suite)
        return try execution.execute(batch, in: context, on: &state).receipts
    }

    private func check(_ decision: ExecutedDecision?) throws {
        guard let decision, decision.dropped.isEmpty,
            decision.blocks.allSatisfy({ $0.receipts.allSatisfy(\.isSuccess) })
        else {
            throw BenchmarkError("a transfer failed")
        }
    }

    private func makeExecutor() throws -> Executor {
        let store = try WriteBackStore(store: try MemoryKeyValueStore(), group: 1)
        guard let rules = ExecutionRules(version: genesis.executionVersion) else {
            throw BenchmarkError("this program does not carry its own rules")
        }
        return Executor(
            genesis: genesis, head: Head(genesis: genesis), window: DuplicateWindow(countMax: 1 << 24),
            state: GroupState(group: 1, store: store), rules: rules)
    }

    private func setUp() throws -> [[SignedTransaction]] {
        let issuer = accounts[0]
        var create = CanonicalEncoder()
        create.encode("GOLD")
        create.encode("GOLD")
        create.encode(UInt8(2))
        var batches = [[try signed("create", create.bytes, from: issuer, salt: 0)]]
        for (index, account) in accounts.enumerated() {
            let issue = try signed("issue", movement(to: account, 1_000_000), from: issuer, salt: UInt64(index))
            if index.isMultiple(of: Self.blockTransactions) { batches.append([]) }
            batches[batches.count - 1].append(issue)
        }
        return batches
    }

    func makeTransfers(count: Int) throws -> [SignedTransaction] {
        var generator = SplitMix(state: 42)
        return try (0..<count).map { index in
            let from = accounts[Int(generator.next() % UInt64(accounts.count))]
            let to = accounts[Int(generator.next() % UInt64(accounts.count))]
            return try signed("transfer", movement(to: to, 1), from: from, salt: UInt64(index))
        }
    }

    private func movement(to account: Address, _ amount: UInt64) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode("GOLD")
        encoder.encode(account)
        encoder.encode(UInt256(amount))
        return encoder.bytes
    }

    /// A transaction with a signature that nobody checks here.
    private func signed(
        _ method: String, _ arguments: [UInt8], from: Address, salt: UInt64
    ) throws -> SignedTransaction {
        let transaction = Transaction(
            genesis: genesis.digest, group: 1, sender: from, contract: Assets.address, method: method,
            arguments: arguments, salt: salt, expiry: Timestamp(milliseconds: genesis.time.milliseconds + 100_000),
            gasLimit: 100_000)
        guard let key = keys[from] else { preconditionFailure("only the benchmark's accounts send") }
        let signed = SignedTransaction(
            transaction: transaction,
            signatures: [AccountSignature(signer: 0, publicKey: key, signature: Signature(repeating: 1))],
            identity: transaction.identity(in: genesis.suite))
        // As it comes from the door.
        return try SignedTransaction(
            canonicalBytes: signed.canonicalBytes, suite: genesis.suite, remembersKeys: true)
    }
}

extension Receipt {
    var isSuccess: Bool { if case .success = outcome { true } else { false } }
}

/// SplitMix64 (Steele et al. 2014).
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
