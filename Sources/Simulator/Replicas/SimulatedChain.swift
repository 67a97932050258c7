internal import Consensus
internal import Contracts
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica

/// A chain of whole replicas with a few accounts, and what these ask for.
struct SimulatedChain {
    static let accountCount = 5
    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    let genesis: Genesis
    let context: Digest
    let rules: ExecutionRules
    let suite: Suite
    private let signatures: Signatures
    private let nodeCount: Int
    let directory: NodeDirectory
    let addresses: [Address]

    /// How many keys nodes have besides their first ones.
    static func furtherKeyCount(_ options: SimulationOptions) -> Int { options.changes == nil ? 0 : 3 }

    static func keyCount(_ options: SimulationOptions) -> Int {
        options.nodeCount * (1 + furtherKeyCount(options)) + accountCount
    }

    /// `signatures` has the nodes' first keys, then the accounts', then the nodes' further ones; `members` are the nodes
    /// that order first.
    init(
        _ options: SimulationOptions, _ verification: VerificationMode, _ members: [Int], _ signatures: Signatures
    ) throws {
        nodeCount = options.nodeCount
        let suite: Suite = if case .real(let suite) = options.signing { suite } else { .international }
        self.suite = suite
        self.signatures = signatures
        let count = Self.furtherKeyCount(options)
        directory = NodeDirectory(
            keys: (0..<nodeCount).map { node in
                let start = options.nodeCount + Self.accountCount + node * count
                return [signatures.keys[node]] + signatures.keys[start..<start + count]
            })
        let nodes = members.map { signatures.keys[$0] }
        // In half of the seeds nodes have other places among the certifiers than among the orderers.
        let shift = verification == .all && options.seed % 2 == 1 ? 1 : 0
        let certifiers = nodes.indices.map { nodes[($0 + nodes.count - shift) % nodes.count] }
        let epoch = EpochConfiguration(
            number: 0, engine: options.engine, verification: verification, orderers: nodes, certifiers: certifiers)
        genesis = Genesis(
            name: "simulation", suite: suite, group: 7, time: options.prefilled?.genesisTime ?? Self.start,
            faultModels: FaultModel.allCases.filter { model in
                ([options.engine] + (options.changes?.engines ?? [])).contains { $0.faultModel == model }
            },
            epoch: epoch, executionVersion: options.changes == nil && options.prefilled == nil ? 1 : 2,
            limits: options.prefilled?.limits(certifierCount: certifiers.count) ?? Self.limits)
        context = NetworkReplica.context(of: genesis.epoch.number, on: genesis)
        guard let rules = ExecutionRules(version: genesis.executionVersion) else {
            throw SimulationFailure(.setUp, "there is no execution version \(genesis.executionVersion)")
        }
        self.rules = rules
        addresses = signatures.keys.dropFirst(nodeCount).prefix(Self.accountCount).compactMap { $0.address(in: suite) }
    }

    /// So tight that decisions become several blocks.
    static var limits: ChainLimits {
        var limits = ChainLimits()
        limits.blockGasMax = 2_000_000
        limits.blockTransactionCountMax = 4
        limits.blockByteCountMax = 4096
        limits.transactionByteCountMax = 2048
        limits.duplicateWindowCountMax = 4096
        limits.checkpointInterval = 10
        return limits
    }

    /// What an account asks for of the one asset that there is.
    enum Action: Hashable {
        case create
        case issue(to: Int, UInt64)
        case transfer(to: Int, UInt64)
        /// By a node, for what is to follow the present epoch.
        case vote(EpochConfiguration, by: PublicKey)
    }

    static let symbol = "GOLD"
    static let gasLimit: UInt64 = 200_000
    static let voteGasLimit: UInt64 = 1_000_000

    /// What is asked of a contract.
    struct Call {
        let contract: Address
        let method: String
        let arguments: [UInt8]
        var gasLimit = SimulatedChain.gasLimit
    }

    func key(ofAccount account: Int) -> PublicKey { signatures.keys[nodeCount + account] }

    func transaction(
        _ action: Action, by account: Int, salt: UInt64, expiry: Timestamp, isForged: Bool = false
    ) throws -> SignedTransaction {
        var arguments = CanonicalEncoder()
        arguments.encode(Self.symbol)
        let method: String
        var (contract, key, gasLimit) = (Assets.address, self.key(ofAccount: account), Self.gasLimit)
        switch action {
        case .create:
            method = "create"
            arguments.encode("gold")
            arguments.encode(UInt8(0))
        case .issue(let receiver, let amount):
            method = "issue"
            arguments.encode(addresses[receiver])
            arguments.encode(UInt256(amount))
        case .transfer(let receiver, let amount):
            method = "transfer"
            arguments.encode(addresses[receiver])
            arguments.encode(UInt256(amount))
        case .vote(let next, let voter):
            (method, contract, key, gasLimit) = ("change", Epochs.address, voter, Self.voteGasLimit)
            arguments = CanonicalEncoder()
            arguments.encode(next)
        }
        return try sign(
            Call(contract: contract, method: method, arguments: arguments.bytes, gasLimit: gasLimit), by: key,
            salt: salt, expiry: expiry, isForged: isForged)
    }

    func sign(
        _ call: Call, by key: PublicKey, salt: UInt64, expiry: Timestamp, isForged: Bool = false
    ) throws -> SignedTransaction {
        guard let sender = key.address(in: suite) else { throw SimulationFailure(.setUp, "a key has no address") }
        let transaction = Transaction(
            genesis: genesis.terms.genesis, group: genesis.group, sender: sender, contract: call.contract,
            method: call.method, arguments: call.arguments, salt: salt, expiry: expiry, gasLimit: call.gasLimit)
        let account = AccountKey(
            account: sender, key: SimulatedKey(signatures: signatures, publicKey: key, isForged: isForged))
        return try SignedTransaction(signing: transaction, with: [account], in: suite)
    }
}

/// A key of the simulator's, for what takes keys.
private struct SimulatedKey: SigningKey {
    let signatures: Signatures
    let publicKey: PublicKey
    let isForged: Bool

    func sign(_ digest: Digest) throws(KeyError) -> Signature {
        do { return try signatures.sign(isForged ? .zero : digest, by: publicKey) } catch let error as KeyError {
            throw error
        } catch { preconditionFailure("stand-ins sign anything") }
    }
}
