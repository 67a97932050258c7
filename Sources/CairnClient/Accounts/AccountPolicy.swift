internal import Cryptography
internal import HTTP
package import Ledger
internal import Primitives

/// Who signs for an account.
public enum AccountAuthentication: Sendable {
    /// The key that its address is made of.
    case address
    /// The keys of a policy alone.
    case policy(AccountPolicy)

    package var record: AuthenticationRecord? {
        if case .policy(let policy) = self { policy.record } else { nil }
    }

    package init(_ record: AuthenticationRecord?) { self = record.map { .policy(AccountPolicy($0)) } ?? .address }

    /// Reads the member `authentication` of the node's answer; nil if it is malformed.
    init?(_ json: JSON?) {
        if json == "address" {
            self = .address
        } else if let bytes = json?["raw"]?.stringValue.flatMap([UInt8].init(hexadecimal:)),
            let record = try? AuthenticationRecord(canonicalBytes: bytes)
        {
            self.init(record)
        } else {
            return nil
        }
    }
}

/// Keys with weights, and how much weight takes effect: who signs for an account.
public struct AccountPolicy: Sendable, Hashable {
    /// A key, and how much its signature counts.
    public struct WeightedKey: Sendable, Hashable {
        /// The key.
        public let key: AccountPublicKey
        /// From 1.
        public let weight: UInt16

        /// A key that counts as much as `weight`.
        public init(key: AccountPublicKey, weight: UInt16 = 1) {
            self.key = key
            self.weight = weight
        }
    }

    package let record: AuthenticationRecord

    /// How much weight a transaction needs.
    public var threshold: UInt32 { record.threshold }
    /// In the ledger's order.
    public var keys: [WeightedKey] {
        record.weightedKeys.map { WeightedKey(key: AccountPublicKey($0.key), weight: $0.weight) }
    }

    package init(_ record: AuthenticationRecord) { self.record = record }

    /// The policy by which signatures that weigh `threshold` together take effect: 1 to 16 keys, each once.
    public init(threshold: UInt32, keys: [WeightedKey]) throws(ClientError) {
        let weighted = keys.map { Ledger.WeightedKey(key: $0.key.key, weight: $0.weight) }
        guard let record = AuthenticationRecord(threshold: threshold, keys: weighted) else {
            let sum = keys.reduce(0) { $0 + UInt64($1.weight) }
            throw .invalid(
                "a policy has 1 to \(LedgerLimits.accountKeysMax) keys, each once and with a weight from 1, and a "
                    + "threshold from 1 to the sum of the weights; here are \(keys.count) keys that weigh \(sum), and "
                    + "the threshold \(threshold)")
        }
        self.record = record
    }
}
