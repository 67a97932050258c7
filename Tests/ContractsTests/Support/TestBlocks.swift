import Contracts
import Cryptography
import Ledger
import Primitives
import TestSupport

/// Executes transactions block by block over a naive state, with signatures that nobody made: whether they are
/// valid is no matter of execution.
struct TestBlocks {
    static let suite = Suite.international
    let state = NaiveState()
    private let execution: BlockExecution
    private(set) var height: UInt64 = 0
    /// What the contract for epochs sees.
    var epoch: EpochTerms?
    /// What the contract for members begins with.
    var founders: FoundingMembers?
    /// By how much the clock is ahead of the height.
    var lead: UInt64 = 0

    init(_ contracts: [any NativeContract.Type] = [Assets.self, Accounts.self]) {
        let rules = ExecutionRules(version: 1, gas: .version1, contracts: NativeEngine(contracts))
        execution = BlockExecution(rules: rules, suite: Self.suite)
    }

    /// Of the newest block.
    var time: Timestamp { Timestamp(milliseconds: 1000 * height + lead) }

    private var context: BlockContext {
        BlockContext(group: 3, height: height, time: time, epoch: epoch, founders: founders)
    }

    /// The account of a key that nobody holds: execution does not check signatures again.
    static func address(_ number: UInt8) -> Address { accounts[Int(number)].address }

    static func key(_ number: UInt8) -> PublicKey { accounts[Int(number)].key }

    private static let accounts: [(key: PublicKey, address: Address)] = (UInt8.min...UInt8.max).map { number in
        guard let key = PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: number, count: 32)),
            let address = key.address(in: suite)
        else { preconditionFailure("32 bytes are a key of Ed25519, and it has an address") }
        return (key, address)
    }

    private static func signatures(by sender: Address) -> [AccountSignature] {
        accounts.filter { $0.address == sender }.map {
            AccountSignature(signer: 0, publicKey: $0.key, signature: Signature(repeating: 0))
        }
    }

    static func transaction(
        _ contract: Address, _ method: String, _ arguments: [UInt8], by sender: Address, salt: UInt64 = 0,
        gasLimit: UInt64 = 10_000_000
    ) -> SignedTransaction {
        let transaction = Transaction(
            genesis: .zero, group: 3, sender: sender, contract: contract, method: method, arguments: arguments,
            salt: salt, expiry: Timestamp(milliseconds: 0), gasLimit: gasLimit)
        return SignedTransaction(
            transaction: transaction, signatures: signatures(by: sender), identity: transaction.identity(in: suite))
    }

    /// One block, whose changes become the state.
    @discardableResult
    mutating func execute(_ transactions: [SignedTransaction]) throws -> ExecutionResult {
        height += 1
        let result = try execution.execute(transactions, in: context, over: state)
        state.apply(result.changes)
        return result
    }

    /// One transaction in a block of its own.
    mutating func run(
        _ contract: Address, _ method: String, _ arguments: [UInt8] = [], by sender: Address,
        gasLimit: UInt64 = 10_000_000
    ) throws -> Receipt {
        try execute([Self.transaction(contract, method, arguments, by: sender, gasLimit: gasLimit)]).receipts[0]
    }

    func ask(
        _ contract: Address, _ method: String, _ arguments: [UInt8], gasLimit: UInt64 = 10_000_000
    ) throws -> (outcome: Outcome, gasUsed: UInt64) {
        try execution.call(
            contract, method, arguments, as: Self.address(9), gasLimit: gasLimit, in: context, over: state)
    }
}

extension Outcome {
    /// The failure's code, or nil.
    var code: String? { if case .failure(let failure) = self { failure.code } else { nil } }
    var value: [UInt8]? { if case .success(let value) = self { value } else { nil } }
}

extension CanonicalEncoder {
    /// Arguments, field by field.
    static func arguments(_ fields: any CanonicalEncodable...) -> [UInt8] { fields.flatMap(\.canonicalBytes) }

    static func text(_ text: String) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(text)
        return encoder.bytes
    }
}

extension AssetAction {
    /// The method and its arguments, after the contract's table.
    var call: (method: String, arguments: [UInt8]) {
        let name = CanonicalEncoder.text(symbol)
        return switch self {
        case .create: ("create", name + CanonicalEncoder.text("name") + [2])
        case .issue(_, let to, let amount): ("issue", name + CanonicalEncoder.arguments(to, amount))
        case .transfer(_, let to, let amount): ("transfer", name + CanonicalEncoder.arguments(to, amount))
        case .approve(_, let spender, let amount): ("approve", name + CanonicalEncoder.arguments(spender, amount))
        case .transferFrom(_, let from, let to, let amount):
            ("transferFrom", name + CanonicalEncoder.arguments(from, to, amount))
        case .burn(_, let amount): ("burn", name + CanonicalEncoder.arguments(amount))
        case .freeze(_, let account): ("freeze", name + CanonicalEncoder.arguments(account))
        case .unfreeze(_, let account): ("unfreeze", name + CanonicalEncoder.arguments(account))
        }
    }
}
