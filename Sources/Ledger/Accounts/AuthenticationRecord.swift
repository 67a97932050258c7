package import Cryptography
package import Primitives

/// Who may sign for an account: keys with weights, and how much weight takes effect.
///
/// An account without a record belongs to the key that its address is made of. One with a record belongs to the
/// record's keys alone, so that a key can be replaced, or several be asked for, and the address stays.
package struct AuthenticationRecord: Hashable, Sendable {
    /// Invariant: from 1 to the sum of the weights.
    package let threshold: UInt32
    /// Invariant: from 1 to `LedgerLimits.accountKeysMax`, ascending by the key's coding, no weight zero.
    package let weightedKeys: [WeightedKey]

    /// The record of these keys, or nil if it breaks an invariant other than the keys' order, which is made here.
    package init?(threshold: UInt32, keys: [WeightedKey]) {
        self.init(
            threshold: threshold,
            ascending: keys.sorted { $0.key.canonicalBytes.lexicographicallyPrecedes($1.key.canonicalBytes) })
    }

    /// The record of one key alone.
    package init(key: PublicKey) {
        threshold = 1
        weightedKeys = [WeightedKey(key: key, weight: 1)]
    }

    private init?(threshold: UInt32, ascending keys: [WeightedKey]) {
        guard (1...LedgerLimits.accountKeysMax).contains(keys.count), keys.allSatisfy({ $0.weight > 0 }),
            zip(keys, keys.dropFirst()).allSatisfy({
                $0.key.canonicalBytes.lexicographicallyPrecedes($1.key.canonicalBytes)
            })
        else { return nil }
        let sum = keys.reduce(0) { $0 + UInt64($1.weight) }
        guard threshold > 0, UInt64(threshold) <= sum else { return nil }
        self.threshold = threshold
        weightedKeys = keys
    }

    /// Whether signatures by these keys, each counted once, act for the account: all are the record's, and they have
    /// the weight.
    package func accepts(_ signing: [PublicKey]) -> Bool {
        var counted = Set<PublicKey>()
        var weight: UInt64 = 0
        for key in signing {
            guard let listed = weightedKeys.first(where: { $0.key == key }) else { return false }
            if counted.insert(key).inserted { weight += UInt64(listed.weight) }
        }
        return weight >= UInt64(threshold)
    }
}

/// A key and how much its signature counts.
package struct WeightedKey: Hashable, Sendable, CanonicalCodable {
    /// The fewest bytes that any takes: with the key of Ed25519.
    static let byteCountMin = 35

    package let key: PublicKey
    package let weight: UInt16

    package init(key: PublicKey, weight: UInt16) {
        self.key = key
        self.weight = weight
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(key)
        encoder.encode(weight)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        key = try decoder.decode()
        weight = try decoder.decode()
    }
}

extension AuthenticationRecord: CanonicalCodable {
    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(threshold)
        encoder.encode(sequence: weightedKeys)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let threshold: UInt32 = try decoder.decode()
        let keys: [WeightedKey] = try decoder.decodeSequence(
            maximum: LedgerLimits.accountKeysMax, elementByteCountMin: WeightedKey.byteCountMin)
        guard let record = AuthenticationRecord(threshold: threshold, ascending: keys) else {
            throw CodingError(
                .invalid("an authentication record has ascending keys with weights, and a threshold within their sum"),
                at: start)
        }
        self = record
    }
}
