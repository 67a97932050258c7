package import Cryptography
package import Ledger
package import Primitives

/// Whether the keys that signed a transaction act for its signers, by what the state before its block says.
///
/// A transaction whose keys do not act for an account has no effect and no receipt, as if its signature were wrong: the
/// identity does not cover the signatures, so that else anyone could use up another's transaction by signing it first
/// with a key of their own.
package struct AccountAuthority {
    private let view: any StateView
    private let suite: Suite
    /// Without any authentication record on the chain none needs to be looked for.
    package let hasRecords: Bool

    /// The authority of the accounts in a state, which must not change while it is used.
    package init(over view: any StateView, suite: Suite) throws(StateUnavailable) {
        self.view = view
        self.suite = suite
        hasRecords = try view.value(at: AccountStore.countKey) != nil
    }

    /// The first signer for whom the keys do not act; nil if they act for all.
    package func unauthorizedSigner(of signed: SignedTransaction) throws(StateUnavailable) -> Address? {
        guard hasRecords || !signed.holdsDerivedKeysOnly(in: suite) else { return nil }
        for (index, account) in signed.signers.enumerated() {
            guard try acts(signed.keys(ofSigner: index), for: account) else { return account }
        }
        return nil
    }

    private func acts(_ keys: [PublicKey], for account: Address) throws(StateUnavailable) -> Bool {
        guard let stored = hasRecords ? try view.value(at: Self.recordKey(of: account)) : nil else {
            return keys.count == 1 && keys[0].address(in: suite) == account
        }
        // A record that does not decode, which the contract never writes, lets nobody act.
        return (try? AuthenticationRecord(canonicalBytes: stored))?.accepts(keys) ?? false
    }

    private static func recordKey(of account: Address) -> StateKey {
        StateKey(contract: Accounts.address, key: AccountStore.key(ofRecord: account))
    }
}
