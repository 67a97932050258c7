package import Cryptography
package import Ledger
package import Primitives

/// What the execution of a block gives: receipts, and what changes in the state.
package struct ExecutionResult: Sendable {
    package let receipts: Receipts
    package let writes: BlockWrites
    /// In the order in which keys were first touched; nil stands for a removed value.
    package let changes: [StateWrite]
}

/// Executes transactions one after another over a read-only view of the state.
package struct BlockExecution: Sendable {
    private let rules: ExecutionRules
    private let suite: Suite

    package init(rules: ExecutionRules, suite: Suite) {
        self.rules = rules
        self.suite = suite
    }

    /// The effect of the transactions in their order. Throws only if the state can't be read.
    package func execute(
        _ transactions: [SignedTransaction], in block: BlockContext, over view: any StateView
    ) throws(StateUnavailable) -> ExecutionResult {
        var state = JournalledState(over: view)
        return try execute(transactions, in: block, on: &state)
    }

    /// The same, with a state that remembers what the blocks before have read and written.
    package func execute(
        _ transactions: [SignedTransaction], in block: BlockContext, on state: inout JournalledState
    ) throws(StateUnavailable) -> ExecutionResult {
        state.beginBlock(expectedKeys: ContractLimits.expectedKeysPerTransaction * transactions.count)
        var host = Host(on: state, block: block, suite: suite, rules: rules)
        // The host's is the only one, so that it can change in place.
        state = JournalledState(over: state.view)
        defer { state = host.state }
        var receipts = Receipts()
        receipts.reserveCapacity(
            transactions.count, byteCount: ContractLimits.expectedReceiptByteCount * transactions.count)
        var writes = BlockWrites()
        writes.reserveCapacity(
            transactions: transactions.count,
            writes: ContractLimits.expectedKeysPerTransaction * transactions.count)
        // Read where they are, as each copy would count references.
        let span = transactions.span
        for index in span.indices {
            // It was decoded on another core.
            let ahead = index + ContractLimits.transactionsReadAhead
            if ahead < span.count { span[ahead].readAhead() }
            try execute(span[index], on: &host, into: &receipts)
            host.end(into: &writes)
        }
        return ExecutionResult(receipts: receipts, writes: writes, changes: host.changes())
    }

    private func execute(
        _ signed: SignedTransaction, on host: inout Host, into receipts: inout Receipts
    ) throws(StateUnavailable) {
        host.begin(signed)
        let outcome: Outcome
        do throws(ContractError) {
            try host.chargeIntrinsic(byteCount: signed.byteCount, signatures: signed.signatureCount)
            outcome = .success(try host.call(signed.contract, signed.method, signed.arguments))
        } catch {
            outcome = .failure(try error.failure())
        }
        receipts.append(
            transaction: signed.identity, outcome: outcome, gasUsed: host.gas.used, eventCount: host.events.count,
            codedEvents: host.events.bytes)
    }

    /// The answer of a contract to a question, which may not change anything.
    package func call(
        _ contract: Address, _ method: String, _ arguments: [UInt8], as caller: Address, gasLimit: UInt64,
        in block: BlockContext, over view: any StateView
    ) throws(StateUnavailable) -> (outcome: Outcome, gasUsed: UInt64) {
        var host = Host(on: JournalledState(over: view), block: block, suite: suite, rules: rules)
        host.beginQuestion(sender: caller, gasLimit: gasLimit)
        do throws(ContractError) {
            let value = try host.call(contract, method, arguments)
            return (.success(value), host.gas.used)
        } catch {
            return (.failure(try error.failure()), host.gas.used)
        }
    }
}
