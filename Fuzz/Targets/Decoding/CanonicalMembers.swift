internal import Contracts
internal import Ledger
internal import Primitives

extension CanonicalForm {
    /// Members, and what they propose to each other.
    static let members: [CanonicalForm] = [
        CanonicalForm(MemberName.self) { $0.memberName() },
        CanonicalForm(NodeAddress.self) { $0.nodeAddress() },
        CanonicalForm(NamedNode.self) { NamedNode(organisation: $0.memberName(), node: $0.memberNode()) },
        CanonicalForm(Organisation.self) { $0.organisation() },
        CanonicalForm(VotingRule.self) { $0.votingRule() },
        CanonicalForm(Membership.self) { $0.membership() },
        CanonicalForm(GovernanceAction.self) { .addOrganisation($0.organisation()) },
        CanonicalForm(GovernanceAction.self) { .changeNode($0.memberName(), $0.memberNode()) },
        CanonicalForm(GovernanceAction.self) { .setAdministrators($0.memberName(), [.system(1), .system(2)]) },
        CanonicalForm(GovernanceAction.self) { _ in .changeEngine(.fbft, .shared) },
        CanonicalForm(ProposalDraft.self) {
            ProposalDraft(actions: [.setRule($0.votingRule())], note: $0.text(), expiry: $0.time())
        },
        CanonicalForm(ProposalReport.self) { $0.proposalReport() },
        CanonicalForm(ProposalPage.self) { ProposalPage(reports: [$0.proposalReport()], next: $0.number()) },
        CanonicalForm(ProposalState.self) { .failed($0.time(), $0.failure()) },
    ]
}

extension Samples {
    fileprivate mutating func proposalReport() -> ProposalReport {
        ProposalReport(
            proposal: GovernanceProposal(
                number: number(), organisation: memberName(), account: fixed(),
                actions: [.removeNode(memberName(), node: memberName()), .removeAuthority(memberName(), fixed())],
                note: text(), created: time(), expiry: time()),
            standing: ProposalStanding(
                votes: [OrganisationVote(organisation: memberName(), account: fixed(), isYes: true, time: time())],
                tally: ProposalTally(yes: 1, no: 0, organisations: 3, needed: 2), state: .executed(time())))
    }
}
