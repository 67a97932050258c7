package import Cryptography
package import Ledger
package import Primitives

/// The accounts by which an epoch's certifiers vote: made once an epoch, as an address may take as long as a signature.
package struct EpochVoters: Hashable, Sendable {
    /// By place among the certifiers; nil for a key that has none.
    package let accounts: [Address?]
    private let members: Set<Address>

    package init(of epoch: EpochConfiguration, in suite: Suite) {
        accounts = epoch.certifiers.map { $0.address(in: suite) }
        members = Set(accounts.compactMap(\.self))
    }

    func contains(_ account: Address) -> Bool { members.contains(account) }
}
