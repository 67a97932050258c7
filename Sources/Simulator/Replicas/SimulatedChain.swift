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
    /// By node, its place among the certifiers.
    let certifierPlaces: [UInt32]
    let addresses: [Address]

    /// `signatures` has the nodes' keys, then the accounts'.
    init(_ options: SimulationOptions, _ verification: VerificationMode, _ signatures: Signatures) throws {
        nodeCount = options.nodeCount
        let suite: Suite = if case .real(let suite) = options.signing { suite } else { .international }
        self.suite = suite
        self.signatures = signatures
        let nodes = Array(signatures.keys.prefix(nodeCount))
        // In half of the seeds nodes have other places among the certifiers than among the orderers.
        let shift = verification == .all && options.seed % 2 == 1 ? 1 : 0
        certifierPlaces = nodes.indices.map { UInt32(($0 + shift) % nodes.count) }
        let certifiers = nodes.indices.map { nodes[($0 + nodes.count - shift) % nodes.count] }
        let epoch = EpochConfiguration(
            number: 0, engine: options.engine, verification: verification, orderers: nodes, certifiers: certifiers)
        genesis = Genesis(
            name: "simulation", suite: suite, group: 7, time: Self.start,
            faultModels: [options.engine.faultModel], epoch: epoch, executionVersion: 1, limits: Self.limits)
        context = NetworkReplica.context(of: genesis.epoch.number, on: genesis)
        guard let rules = ExecutionRules(version: 1) else {
            throw SimulationFailure(.setUp, "there is no execution version 1")
        }
        self.rules = rules
        addresses = signatures.keys.dropFirst(nodeCount).compactMap { $0.address(in: suite) }
    }

    /// So tight that decisions become several blocks.
    private static var limits: ChainLimits {
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
    }

    static let symbol = "GOLD"

    func transaction(
        _ action: Action, by account: Int, salt: UInt64, expiry: Timestamp, isForged: Bool = false
    ) throws -> SignedTransaction {
        var arguments = CanonicalEncoder()
        arguments.encode(Self.symbol)
        let method: String
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
        }
        let transaction = Transaction(
            genesis: genesis.terms.genesis, group: genesis.group, sender: addresses[account], contract: Assets.address,
            method: method, arguments: arguments.bytes, salt: salt, expiry: expiry, gasLimit: 200_000)
        let key = AccountKey(
            account: addresses[account],
            key: SimulatedKey(signatures: signatures, place: nodeCount + account, isForged: isForged))
        return try SignedTransaction(signing: transaction, with: [key], in: suite)
    }
}

/// A key of the simulator's, for what takes keys.
private struct SimulatedKey: SigningKey {
    let signatures: Signatures
    let place: Int
    let isForged: Bool

    var publicKey: PublicKey { signatures.keys[place] }

    func sign(_ digest: Digest) throws(KeyError) -> Signature {
        do { return try signatures.sign(isForged ? .zero : digest, as: place) } catch let error as KeyError {
            throw error
        } catch { preconditionFailure("stand-ins sign anything") }
    }
}
