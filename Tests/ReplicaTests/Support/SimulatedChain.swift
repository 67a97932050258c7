import Contracts
import Cryptography
import Ledger
import Primitives
import TestSupport

/// A chain with a handful of accounts, and transactions of which the test knows what they ask for.
struct SimulatedChain {
    let genesis: Genesis
    let certifier: any SigningKey
    let keys: [any SigningKey]
    let addresses: [Address]
    let verifier: any SignatureVerifier
    let symbols = ["GOLD", "OIL"]

    var suite: Suite { genesis.suite }
    var terms: ChainTerms { genesis.terms }

    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    init(limits: ChainLimits) throws {
        certifier = try StandInKey(200)
        keys = try (1...4).map { try StandInKey($0) }
        let suite = Suite.international
        addresses = keys.compactMap { $0.publicKey.address(in: suite) }
        verifier = StandInVerifier()
        let epoch = EpochConfiguration(
            number: 0, engine: .solo, verification: .all, orderers: [certifier.publicKey],
            certifiers: [certifier.publicKey])
        genesis = Genesis(
            name: "simulation", suite: suite, group: 7, time: Self.start, faultModels: [.none], epoch: epoch,
            executionVersion: 1, limits: limits)
    }

    /// Limits so tight that all of them are met.
    static var tightLimits: ChainLimits {
        var limits = ChainLimits()
        limits.blockGasMax = 1_000_000
        limits.blockTransactionCountMax = 4
        limits.blockByteCountMax = 4096
        limits.transactionByteCountMax = 2048
        limits.expiryWindowMilliseconds = 4000
        limits.duplicateWindowCountMax = 60
        limits.checkpointInterval = 3
        return limits
    }

    /// What the first account asks for at first, so that there is something to work with.
    var opening: [AssetAction] {
        symbols.flatMap { symbol in
            [.create(symbol)] + addresses.map { .issue(symbol, to: $0, UInt256(500)) }
        }
    }

    static let gasLimit: UInt64 = 200_000

    func transaction(
        _ action: AssetAction, by account: Int, salt: UInt64, expiry: Timestamp
    ) throws -> SignedTransaction {
        let transaction = Transaction(
            genesis: terms.genesis, group: terms.group, sender: addresses[account], contract: Assets.address,
            method: action.method, arguments: try action.arguments, salt: salt, expiry: expiry, gasLimit: Self.gasLimit)
        return try SignedTransaction(signing: transaction, with: keys, suite: suite)
    }
}

extension AssetAction {
    var method: String {
        switch self {
        case .create: "create"
        case .issue: "issue"
        case .transfer: "transfer"
        case .approve: "approve"
        case .transferFrom: "transferFrom"
        case .burn: "burn"
        case .freeze: "freeze"
        case .unfreeze: "unfreeze"
        }
    }

    /// Written out by hand after the contract's table: symbol, then what the method takes.
    var arguments: [UInt8] {
        get throws {
            var encoder = CanonicalEncoder()
            encoder.encode(symbol)
            switch self {
            case .create:
                encoder.encode("name of \(symbol)")
                encoder.encode(UInt8(2))
            case .issue(_, let to, let amount), .transfer(_, let to, let amount), .approve(_, let to, let amount):
                encoder.encode(to)
                encoder.encode(amount)
            case .transferFrom(_, let from, let to, let amount):
                encoder.encode(from)
                encoder.encode(to)
                encoder.encode(amount)
            case .burn(_, let amount): encoder.encode(amount)
            case .freeze(_, let address), .unfreeze(_, let address): encoder.encode(address)
            }
            return encoder.bytes
        }
    }
}
