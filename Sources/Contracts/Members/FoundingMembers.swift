package import Ledger
internal import Primitives

/// The members that the genesis names, made once for all blocks: where the state says nothing else, they hold.
package struct FoundingMembers: Hashable, Sendable {
    package let membership: Membership
    private let organisations: [Address: MemberName]

    package init(_ membership: Membership) {
        self.membership = membership
        var organisations: [Address: MemberName] = [:]
        for organisation in membership.organisations {
            for account in organisation.administrators { organisations[account] = organisation.name }
        }
        self.organisations = organisations
    }

    /// For which organisation an account acted at the beginning.
    func organisation(of account: Address) -> MemberName? { organisations[account] }
}
