internal import Ledger
package import Primitives

/// What a transaction is to do: a method of a contract, with its arguments.
public struct ContractCall: Sendable {
    package let contract: Address
    package let method: String
    package let arguments: [UInt8]
    /// How much gas it may use, unless the chain's blocks have less.
    package let gasLimit: UInt64

    package init(
        contract: Address, method: String, arguments: [UInt8], gasLimit: UInt64 = CairnClient.defaultGasLimit
    ) {
        self.contract = contract
        self.method = method
        self.arguments = arguments
        self.gasLimit = gasLimit
    }
}

extension CairnClient {
    /// Signs a call as `sender`, with the accounts that agree to it, sends it and waits for its result.
    public func submit(
        _ call: ContractCall, from sender: Account, cosigners: [Account] = []
    ) async throws(ClientError) -> TransactionResult {
        try await submit(
            try await sign(
                call.contract, call.method, call.arguments, from: sender, cosigners: cosigners,
                gasLimit: min(call.gasLimit, try await terms().limits.blockGasMax)))
    }

    /// Makes a transaction for others to sign: it is valid for `lifetimeMilliseconds`, and takes effect in the last
    /// two minutes of that (the chain's window). Sending it is `submit(_:)`.
    public func prepare(
        _ call: ContractCall, sender: AccountAddress, cosigners: [AccountAddress] = [],
        lifetimeMilliseconds: UInt64
    ) async throws(ClientError) -> TransactionDocument {
        let chain = try await chain()
        let transaction = Self.transaction(
            call, terms: chain.genesis.terms, sender: sender.value, cosigners: cosigners.map(\.value),
            gasLimit: min(call.gasLimit, chain.genesis.limits.blockGasMax), lifetimeMilliseconds: lifetimeMilliseconds)
        guard transaction.signers.count <= LedgerLimits.signersMax else {
            throw .invalid(
                "\(transaction.signers.count) accounts would have to sign; at most \(LedgerLimits.signersMax) may")
        }
        var records: [AuthenticationRecord?] = []
        for signer in transaction.signers {
            records.append(try await accounts.authentication(of: AccountAddress(signer)).record)
        }
        return TransactionDocument(chain: chain.genesis, transaction: transaction, records: records)
    }

    /// Sends a transaction that is signed by all, when its time has come, and waits for its result. `waiting` is told
    /// how many milliseconds remain, every second.
    public func submit(
        _ document: TransactionDocument, waiting: @Sendable (_ milliseconds: UInt64) -> Void = { _ in }
    ) async throws(ClientError) -> TransactionResult {
        guard document.isComplete else {
            throw .invalid("the transaction lacks signatures: \(document.missing.joined(separator: "; "))")
        }
        let terms = try await terms()
        guard terms.genesis == document.transaction.genesis else {
            throw .invalid("the transaction is for the chain \(document.transaction.genesis), not \(terms.genesis)")
        }
        let window = terms.limits.expiryWindowMilliseconds
        let open = document.expiryMilliseconds - min(document.expiryMilliseconds, window)
        while Self.now() < open + ClientLimits.clockDifferenceMilliseconds {
            let rest = open + ClientLimits.clockDifferenceMilliseconds - Self.now()
            waiting(rest)
            do { try await Task.sleep(for: .milliseconds(Int64(min(rest, 1000)))) } catch {
                throw .invalid("given up before the transaction could be sent")
            }
        }
        return try await submit(document.signed)
    }
}
