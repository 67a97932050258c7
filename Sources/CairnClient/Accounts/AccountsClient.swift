internal import Contracts
internal import Cryptography
internal import HTTP
internal import Ledger
internal import Primitives

/// The keys of the chain's accounts: asked for, and replaced.
///
/// An account belongs to the key that its address is made of until it sets a policy; its address never changes.
public struct AccountsClient: Sendable {
    let client: CairnClient

    /// Who signs for an account.
    public func authentication(of account: AccountAddress) async throws(ClientError) -> AccountAuthentication {
        let json = try await client.call("cairn_getAccount", [.string(account.description)])
        guard let authentication = AccountAuthentication(json["authentication"]) else {
            throw CairnClient.malformed("cairn_getAccount")
        }
        return authentication
    }

    /// The call that sets an account's policy. Besides the account, as it stands, the own accounts of new keys must
    /// sign the transaction, so many that they have the weight: `cosigners(for:at:)` says who.
    public func call(setting policy: AccountPolicy) -> ContractCall {
        ContractCall(
            contract: Accounts.address, method: "setAuthentication", arguments: policy.record.canonicalBytes)
    }

    /// The own accounts of the first of `keys` that have the weight which a policy demands.
    public func cosigners(
        for policy: AccountPolicy, preferring keys: [AccountPublicKey]
    ) async throws(ClientError) -> [AccountAddress] {
        let suite = ChainSuite(try await client.terms().suite)
        let all = policy.keys
        var cosigners: [AccountAddress] = []
        var weight: UInt64 = 0
        for listed in all.filter({ keys.contains($0.key) }) + all.filter({ !keys.contains($0.key) })
        where weight < UInt64(policy.threshold) {
            guard let address = listed.key.address(in: suite) else {
                throw .invalid("the key \(listed.key) is not a point of its curve")
            }
            cosigners.append(address)
            weight += UInt64(listed.weight)
        }
        return cosigners
    }

    /// Replaces an account's keys by one new key, which then alone signs for it. `key` is the account of that key.
    public func rotate(_ account: Account, to key: Account) async throws(ClientError) -> TransactionResult {
        guard let first = key.keys.first else { throw .key("the account \"\(key.name)\" has no key at hand") }
        let policy = AccountPolicy(AuthenticationRecord(key: first.publicKey))
        return try await client.submit(call(setting: policy), from: account, cosigners: [key])
    }
}

extension AccountStore {
    /// The keys of the store that act for an account, by their names: as few as suffice, or all if none do.
    package func keyNames(
        for account: AccountEntry, _ authentication: AccountAuthentication, in suite: ChainSuite
    ) throws(ClientError) -> [String] {
        let entries = try list().accounts.filter { $0.publicKey != nil }
        guard let record = authentication.record else {
            return entries.first { $0.publicKey?.address(in: suite) == account.address }.map { [$0.name] } ?? []
        }
        var names: [String] = []
        var weight: UInt64 = 0
        for entry in entries where weight < UInt64(record.threshold) {
            guard let listed = record.weightedKeys.first(where: { $0.key == entry.publicKey?.key }) else { continue }
            // Two files may hold one key.
            guard !names.contains(where: { name in entries.first { $0.name == name }?.publicKey == entry.publicKey })
            else { continue }
            names.append(entry.name)
            weight += UInt64(listed.weight)
        }
        return names
    }
}
