internal import Cryptography
internal import Ledger
internal import Primitives

extension Host {
    /// Whether the keys that signed the transaction act for its signers, by what the state says now. The transaction
    /// fails if not: that its signatures are valid is known, so that it has a receipt.
    mutating func authenticate(_ signed: SignedTransaction) throws(ContractError) {
        let hasRecords = try stateValue(at: AccountStore.countKey) != nil
        guard hasRecords || !signed.holdsDerivedKeysOnly(in: suite) else { return }
        for (index, account) in signed.signers.enumerated() {
            let keys = signed.keys(ofSigner: index)
            let stored = try hasRecords ? stateValue(at: Self.recordKey(of: account)) : nil
            let record: AuthenticationRecord? = try AccountStore.decode(stored)
            let isAccepted = record?.accepts(keys) ?? (keys.count == 1 && keys[0].address(in: suite) == account)
            guard isAccepted else {
                throw .failed("notAuthorized", "the keys that signed for \(account) do not act for it")
            }
        }
    }

    private static func recordKey(of account: Address) -> StateKey {
        StateKey(contract: Accounts.address, key: AccountStore.key(ofRecord: account))
    }
}
