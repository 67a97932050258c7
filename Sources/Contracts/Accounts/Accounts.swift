internal import Cryptography
internal import Ledger
package import Primitives

/// The system contract for the keys of accounts.
///
/// An account belongs to the key that its address is made of until it sets an authentication record; from the next
/// block on it belongs to the record's keys alone. So that nobody locks
/// themselves out, new keys must show that somebody holds them: accounts of their own, with enough weight in the
/// record, must sign the transaction that sets it.
///
/// | method | arguments | returns |
/// |---|---|---|
/// | `setAuthentication` | `AuthenticationRecord` | |
/// | `authentication` | account | option of `AuthenticationRecord` |
package enum Accounts: NativeContract {
    package static let address = Address.system(0x101)

    package static func execute(
        _ method: String, _ arguments: inout CanonicalDecoder, in host: inout Host
    ) throws(ContractError) -> [UInt8] {
        switch method {
        case "setAuthentication":
            try setAuthentication(&arguments, &host)
            return []
        case "authentication": return try authentication(&arguments, &host)
        default: throw .failed("noMethod", "the contract for accounts has no method \"\(method)\"")
        }
    }

    private static func setAuthentication(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) {
        let record = try arguments.arguments { decoder throws(CodingError) in
            try decoder.decode(AuthenticationRecord.self)
        }
        guard host.caller == host.sender else {
            throw .failed("notAnAccount", "only an account itself, not a contract for it, may set its keys")
        }
        let current = try AccountStore.record(of: host.caller, host: &host)
        let shown = record.weightedKeys.filter { isShown($0.key, current, host) }.reduce(0) { $0 + UInt64($1.weight) }
        guard shown >= UInt64(record.threshold) else {
            throw .failed(
                "keysNotShown",
                "the accounts of the new keys must sign too: those that did weigh \(shown), not \(record.threshold)")
        }
        if current == nil { try AccountStore.countRecord(host: &host) }
        try AccountStore.set(record, of: host.caller, host: &host)
        try host.emit("AuthenticationSet", topics: [host.caller.topic], data: record.canonicalBytes)
    }

    /// Whether somebody has just signed with the key: by the account of its own, or, for the key that the caller's
    /// address is made of, as the caller.
    private static func isShown(_ key: PublicKey, _ current: AuthenticationRecord?, _ host: Host) -> Bool {
        guard let account = key.address(in: host.suite) else { return false }
        if account == host.caller { return current.map { $0.weightedKeys.contains { $0.key == key } } ?? true }
        return host.signers.contains(account)
    }

    private static func authentication(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) -> [UInt8] {
        let account = try arguments.arguments { decoder throws(CodingError) in try decoder.decode(Address.self) }
        var encoder = CanonicalEncoder()
        encoder.encode(try AccountStore.record(of: account, host: &host))
        return encoder.bytes
    }
}
