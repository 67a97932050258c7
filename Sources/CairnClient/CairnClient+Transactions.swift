internal import Cryptography
internal import Foundation
package import HTTP
package import Ledger
package import Primitives

/// What became of a transaction.
public enum TransactionResult: Sendable {
    /// It took effect.
    case committed(TransactionReceipt)
    /// It is in the ledger but failed, and nothing else of it is.
    case failed(TransactionReceipt)
    /// It expired before any block took it: it never takes effect.
    case expired(transaction: String)
    /// Nothing is known yet: it may still take effect. Ask for its receipt before making another.
    case pending(transaction: String)
}

/// A receipt, as the node gives it.
public struct TransactionReceipt: Sendable {
    /// The transaction's identity.
    public var transaction: String { receipt.transaction.description }
    /// The block that holds it.
    public let height: UInt64
    /// How much gas it used.
    public var gasUsed: UInt64 { receipt.gasUsed }
    /// Why it failed: a word for programs and a sentence for people; nil if it did not.
    public var failure: (code: String, text: String)? {
        if case .failure(let failure) = receipt.outcome { (failure.code, failure.text) } else { nil }
    }
    package let receipt: Receipt
    package let json: JSON

    init?(_ json: JSON) {
        guard let height = json["height"]?.uint64Value,
            let raw = json["raw"]?.stringValue.flatMap([UInt8].init(hexadecimal:)),
            let receipt = try? Receipt(canonicalBytes: raw)
        else { return nil }
        self.height = height
        self.receipt = receipt
        self.json = json
    }
}

extension CairnClient {
    /// The gas limit of transactions unless told otherwise.
    public static let defaultGasLimit: UInt64 = 100_000
    /// How long transactions are valid unless told otherwise.
    public static let defaultLifetimeMilliseconds: UInt64 = 60_000

    /// Makes and signs a transaction that calls a contract's method.
    package func sign(
        _ contract: Address, _ method: String, _ arguments: [UInt8], from account: Account, cosigners: [Account] = [],
        gasLimit: UInt64 = CairnClient.defaultGasLimit,
        lifetimeMilliseconds: UInt64 = CairnClient.defaultLifetimeMilliseconds
    ) async throws(ClientError) -> SignedTransaction {
        let terms = try await terms()
        let transaction = Self.transaction(
            ContractCall(contract: contract, method: method, arguments: arguments), terms: terms,
            sender: account.address.value, cosigners: cosigners.map(\.address.value), gasLimit: gasLimit,
            lifetimeMilliseconds: min(lifetimeMilliseconds, terms.limits.expiryWindowMilliseconds))
        var keys: [AccountKey] = []
        // An account may be named twice, as the sender and as one who agrees.
        for signer in [account] + cosigners {
            for key in signer.keys where !keys.contains(where: { $0.isSame(signer, key) }) {
                keys.append(AccountKey(account: signer.address.value, key: key))
            }
        }
        do throws(KeyError) {
            return try SignedTransaction(signing: transaction, with: keys, in: terms.suite)
        } catch {
            throw .key(error.description)
        }
    }

    static func transaction(
        _ call: ContractCall, terms: ChainTerms, sender: Address, cosigners: [Address], gasLimit: UInt64,
        lifetimeMilliseconds: UInt64
    ) -> Transaction {
        let (expiry, overflow) = now().addingReportingOverflow(lifetimeMilliseconds)
        return Transaction(
            genesis: terms.genesis, group: terms.group, sender: sender, contract: call.contract, method: call.method,
            arguments: call.arguments, salt: UInt64.random(in: 0...UInt64.max),
            expiry: Timestamp(milliseconds: overflow ? .max : expiry), gasLimit: gasLimit,
            additionalSigners: cosigners)
    }

    /// The machine's clock, in milliseconds since 1970.
    static func now() -> UInt64 { UInt64(max(0, Date().timeIntervalSince1970 * 1000)) }

    /// Sends a transaction. That the node takes it means that it was checked at the door, no more.
    package func send(_ signed: SignedTransaction) async throws(ClientError) {
        _ = try await call("cairn_sendTransaction", [.string(signed.canonicalBytes.hexadecimal)])
    }

    /// Sends a transaction and waits for what becomes of it. If the node took the same transaction before, that is
    /// what is waited for.
    package func submit(_ signed: SignedTransaction) async throws(ClientError) -> TransactionResult {
        do throws(ClientError) {
            do throws(ClientError) {
                try await send(signed)
            } catch {
                guard case .refused(Self.duplicateCode, _) = error else { throw error }
            }
            return try await wait(for: signed.identity, expiry: signed.transaction.expiry)
        } catch {
            guard case .connection(let reason) = error else { throw error }
            throw .uncertain(transaction: signed.identity.description, reason: reason)
        }
    }

    private static let duplicateCode = Rejection.duplicate.code

    /// Waits for a transaction's receipt.
    package func wait(
        for identity: Digest, expiry: Timestamp? = nil
    ) async throws(ClientError) -> TransactionResult {
        let method = "cairn_waitForReceipt"
        var parameters = JSONObject()
        parameters["identity"] = .string(identity.description)
        parameters["expiry"] = expiry.map { .unsigned($0.milliseconds) }
        let json = try await call(method, .object(parameters))
        switch (json["status"]?.stringValue, json["receipt"].flatMap(TransactionReceipt.init)) {
        case ("committed", let receipt?): return .committed(receipt)
        case ("failed", let receipt?): return .failed(receipt)
        case ("expired", _): return .expired(transaction: identity.description)
        case ("pending", _): return .pending(transaction: identity.description)
        default: throw Self.malformed(method)
        }
    }

    /// Asks a contract, without a transaction.
    package func ask(
        _ contract: Address, _ method: String, _ arguments: [UInt8], at height: UInt64? = nil
    ) async throws(ClientError) -> [UInt8] {
        let json = try await call(
            "cairn_call",
            [
                "contract": .string(contract.description), "method": .string(method),
                "arguments": .string(arguments.hexadecimal), "height": height.map(JSON.unsigned) ?? .null,
            ])
        if let failure = json["failure"] {
            throw .refused(code: 0, reason: failure["text"]?.stringValue ?? "the contract refused")
        }
        guard let value = json["value"]?.stringValue.flatMap([UInt8].init(hexadecimal:)) else {
            throw Self.malformed("cairn_call")
        }
        return value
    }
}

extension AccountKey {
    fileprivate func isSame(_ signer: Account, _ key: any SigningKey) -> Bool {
        account == signer.address.value && self.key.publicKey == key.publicKey
    }
}
