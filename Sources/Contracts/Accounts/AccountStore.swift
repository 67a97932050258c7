internal import Ledger
package import Primitives

/// Where the contract for accounts keeps what. Keys are part of the state's format.
///
/// | key | value |
/// |---|---|
/// | `r` account | `AuthenticationRecord` |
/// | `n` | how many accounts have a record, u64; absent before the first |
package enum AccountStore {
    package static func recordKey(_ account: Address) -> [UInt8] { key(ofRecord: account).bytes }

    static func key(ofRecord account: Address) -> StoreKey {
        var key = StoreKey.empty
        key.append(UInt8(ascii: "r"))
        key.append(account.storeKey)
        return key
    }

    /// Where the number of records stands: while it is absent no account's record needs to be looked for.
    static let countKey = StateKey(contract: Accounts.address, key: [UInt8(ascii: "n")])

    static func record(
        of account: Address, host: inout Host
    ) throws(ContractError) -> AuthenticationRecord? {
        try decode(try host.read(key(ofRecord: account)))
    }

    static func set(_ record: AuthenticationRecord, of account: Address, host: inout Host) throws(ContractError) {
        try host.write(record.canonicalBytes, at: key(ofRecord: account))
    }

    static func countRecord(host: inout Host) throws(ContractError) {
        let count: UInt64 = try decode(try host.read([UInt8(ascii: "n")])) ?? 0
        try host.write((count + 1).canonicalBytes, at: [UInt8(ascii: "n")])
    }

    /// What this contract itself wrote; anything else is a bug that must not become a result that differs by node.
    static func decode<Value: CanonicalDecodable>(_ bytes: [UInt8]?) throws(ContractError) -> Value? {
        guard let bytes else { return nil }
        do throws(CodingError) {
            return try Value(canonicalBytes: bytes)
        } catch {
            throw .failed("damaged", "the storage of the contract for accounts does not decode")
        }
    }
}
