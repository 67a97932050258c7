internal import Contracts
internal import Cryptography
internal import Ledger
internal import Primitives

/// A state in a dictionary, sorted anew for every scan.
final class FuzzState: StateView {
    var values: [StateKey: [UInt8]] = [:]

    func value(at key: StateKey) throws(StateUnavailable) -> [UInt8]? { values[key] }

    func scan(
        prefix: StateKey, from start: StateKey, limit: Int
    ) throws(StateUnavailable) -> [(StateKey, [UInt8])] {
        let found = values.filter { $0.key.hasPrefix(prefix) && $0.key >= start }.sorted { $0.key < $1.key }
        return found.prefix(limit).map { ($0.key, $0.value) }
    }
}

/// Executes blocks over a state, with signatures that nobody made, and holds each result against itself.
struct FuzzBlocks {
    let state = FuzzState()
    private let execution: BlockExecution
    private var height: UInt64 = 0
    private let founders: FoundingMembers?
    private let epoch: EpochTerms?

    init(_ contracts: [any NativeContract.Type], founders: FoundingMembers? = nil, epoch: EpochTerms? = nil) {
        (self.founders, self.epoch) = (founders, epoch)
        let rules = ExecutionRules(version: 1, gas: .version1, contracts: NativeEngine(contracts))
        execution = BlockExecution(rules: rules, suite: .international)
    }

    /// Accounts of keys that nobody holds.
    static let accounts: [(key: PublicKey, address: Address)] = (UInt8(1)...4).compactMap { number in
        guard let key = PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: number, count: 32)),
            let address = key.address(in: .international)
        else { return nil }
        return (key, address)
    }

    static func transaction(
        _ contract: Address, _ method: String, _ arguments: [UInt8], by account: Int = 0, gasLimit: UInt64, salt: Int
    ) -> SignedTransaction {
        let (key, sender) = accounts[account % accounts.count]
        let transaction = Transaction(
            genesis: .zero, group: 3, sender: sender, contract: contract, method: method, arguments: arguments,
            salt: UInt64(salt), expiry: Timestamp(milliseconds: 0), gasLimit: gasLimit)
        return SignedTransaction(
            transaction: transaction,
            signatures: [AccountSignature(signer: 0, publicKey: key, signature: Signature(repeating: 0))],
            identity: transaction.identity(in: .international))
    }

    /// Executes a block, checks what holds of every result, and takes the changes into the state.
    mutating func execute(_ transactions: [SignedTransaction]) throws(FuzzFailure) -> ExecutionResult {
        height += 1
        let context = BlockContext(
            group: 3, height: height, time: Timestamp(milliseconds: height), epoch: epoch, founders: founders)
        guard let result = try? execution.execute(transactions, in: context, over: state) else {
            throw FuzzFailure("a state in memory can't be read")
        }
        try demand(result.receipts.count == transactions.count, "receipts are missing")
        try demand(result.writes.transactionCount == transactions.count, "writes of transactions are missing")
        for (index, receipt) in result.receipts.enumerated() {
            try demand(receipt.gasUsed <= transactions[index].gasLimit, "more gas than the limit")
            guard case .failure = receipt.outcome else { continue }
            try demand(receipt.events.isEmpty, "a failed transaction has events")
            try demand(result.writes[transaction: index].isEmpty, "a failed transaction has writes")
        }
        try replay(result)
        return result
    }

    /// The history of the keys must lead to the same state as the changes.
    private func replay(_ result: ExecutionResult) throws(FuzzFailure) {
        var replayed = state.values
        for index in 0..<result.writes.transactionCount {
            let writes = result.writes[transaction: index]
            try demand(Set(writes.map(\.key)).count == writes.count, "a transaction writes a key twice")
            for write in writes {
                try demand(replayed[write.key] != write.value, "a write that changes nothing")
                replayed[write.key] = write.value
            }
        }
        for change in result.changes {
            try demand(state.values[change.key] != change.value, "a change that changes nothing")
            state.values[change.key] = change.value
        }
        try demand(state.values == replayed, "writes and changes lead to different states")
    }
}
