internal import Ledger
package import Primitives

/// The system contract for members: the organisations of a chain, their nodes and authorities, and the proposals by
/// which they change them.
///
/// Who the first organisations are is said by the genesis; on a chain without, there is nobody to propose anything. An
/// administrator proposes, which is the organisation's yes, and each other organisation has one vote, which any of its
/// administrators casts and nobody changes. The proposal is carried out in the transaction whose vote suffices by the
/// rule. Who acts for an organisation that organisation alone may say, without the others.
///
/// | method | arguments | returns |
/// |---|---|---|
/// | `propose` | `ProposalDraft` | number (u64), `ProposalState` |
/// | `vote` | number (u64), yes (bool) | `ProposalState` |
/// | `organisations` | | `VotingRule`, sequence of `MemberName` |
/// | `organisation` | name | option of `Organisation` |
/// | `organisationOf` | account | option of `MemberName` |
/// | `nodes` | | sequence of `NamedNode` |
/// | `proposal` | number (u64) | option of `ProposalReport` |
/// | `proposals` | open (bool), option of number (u64): only those before | `ProposalPage` |
package enum Members: NativeContract {
    package static let address = Address.system(0x103)

    package static func execute(
        _ method: String, _ arguments: inout CanonicalDecoder, in host: inout Host
    ) throws(ContractError) -> [UInt8] {
        switch method {
        case "propose": try propose(&arguments, &host)
        case "vote": try vote(&arguments, &host)
        case "organisations": try organisations(&arguments, &host)
        case "organisation": try organisation(&arguments, &host)
        case "organisationOf": try organisationOf(&arguments, &host)
        case "nodes": try nodes(&arguments, &host)
        case "proposal": try proposal(&arguments, &host)
        case "proposals": try proposals(&arguments, &host)
        default: throw .failed("noMethod", "the contract for members has no method \"\(method)\"")
        }
    }

    /// The organisation for which the caller acts. Asked for first, so that strangers can't have anything decoded or
    /// checked that is dearer than its bytes.
    private static func organisationOfCaller(_ host: inout Host) throws(ContractError) -> MemberName {
        guard let name = try MemberStore.organisation(of: host.caller, host: &host) else {
            throw .failed("notAnAdministrator", "\(host.caller) acts for no organisation of this chain")
        }
        return name
    }
}

// MARK: - Proposing

extension Members {
    private static func propose(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) -> [UInt8] {
        let organisation = try organisationOfCaller(&host)
        guard arguments.remaining <= GovernanceLimits.proposalByteCountMax else {
            throw .failed("tooLong", "a proposal may have \(GovernanceLimits.proposalByteCountMax) bytes")
        }
        let draft = try arguments.arguments { decoder throws(CodingError) in
            try decoder.decode(ProposalDraft.self)
        }
        let now = host.block.time
        guard draft.expiry > now,
            draft.expiry.milliseconds - now.milliseconds <= GovernanceLimits.lifetimeMillisecondsMax
        else {
            throw .failed(
                "wrongExpiry",
                "a proposal must expire after the block's time, and within "
                    + "\(GovernanceLimits.lifetimeMillisecondsMax / 86_400_000) days of it")
        }
        let proposal = GovernanceProposal(
            number: try MemberStore.count(host: &host) + 1, organisation: organisation, account: host.caller,
            actions: draft.actions, note: draft.note, created: now, expiry: draft.expiry)
        let membership = try MemberStore.membership(host: &host)
        try check(proposal, membership, &host)
        try enter(proposal, &host)
        var standing = ProposalStanding(
            votes: [], tally: ProposalTally(of: [], in: membership), state: .open)
        try cast(true, by: organisation, on: proposal, &standing, &host)
        let state = try settle(proposal, &standing, membership, &host)
        return proposal.number.canonicalBytes + state.canonicalBytes
    }

    /// Whether the proposal would hold as things are.
    private static func check(
        _ proposal: GovernanceProposal, _ membership: Membership, _ host: inout Host
    ) throws(ContractError) {
        try host.chargeKeys(proposal.actions.reduce(0) { $0 + $1.checkedCount })
        do throws(MembershipError) {
            for action in proposal.actions { try action.check(in: host.suite) }
        } catch { throw .failed(notAllowed, "\(error)") }
        _ = try outcome(of: proposal.actions, on: membership, &host)
    }

    /// Puts a proposal among the open ones, from which those that have expired are taken.
    private static func enter(_ proposal: GovernanceProposal, _ host: inout Host) throws(ContractError) {
        var open = try MemberStore.open(host: &host)
        for expired in open where expired.expiry <= host.block.time { try expire(expired.number, &host) }
        open.removeAll { $0.expiry <= host.block.time }
        guard open.count < GovernanceLimits.openMax else {
            throw .failed("tooManyOpen", "\(GovernanceLimits.openMax) proposals are open, which is as many as may be")
        }
        guard open.count(where: { $0.organisation == proposal.organisation }) < GovernanceLimits.openOfOrganisationMax
        else {
            throw .failed(
                "tooManyOpen",
                "\(proposal.organisation) has \(GovernanceLimits.openOfOrganisationMax) open proposals, which is as "
                    + "many as it may have")
        }
        try MemberStore.add(proposal, host: &host)
        try MemberStore.setOpen(open + [OpenProposal(proposal)], host: &host)
        try host.emit(
            "Proposed", topics: [host.caller.topic, topic(proposal.number)], data: proposal.canonicalBytes)
    }

    private static func expire(_ number: UInt64, _ host: inout Host) throws(ContractError) {
        var standing = try MemberStore.standing(number, host: &host)
        standing.state = .expired(host.block.time)
        try MemberStore.set(standing, of: number, host: &host)
        try emitEnd(of: number, standing.state, &host)
    }
}

// MARK: - Voting

extension Members {
    private static func vote(
        _ arguments: inout CanonicalDecoder, _ host: inout Host
    ) throws(ContractError) -> [UInt8] {
        let organisation = try organisationOfCaller(&host)
        let (number, isYes) = try arguments.arguments { decoder throws(CodingError) in
            (try decoder.decode(UInt64.self), try decoder.decodeBool())
        }
        guard let proposal = try MemberStore.proposal(number, host: &host) else {
            throw .failed("noProposal", "there is no proposal \(number)")
        }
        var standing = try MemberStore.standing(number, host: &host)
        guard standing.state == .open else {
            throw .failed("ended", "proposal \(number) has ended: \(standing.state.name)")
        }
        guard proposal.expiry > host.block.time else {
            throw .failed("ended", "proposal \(number) has ended: expired")
        }
        if let vote = standing.votes.first(where: { $0.organisation == organisation }) {
            // The same once more is no vote, but has the votes counted: the members may be others by now.
            guard vote.isYes == isYes else {
                throw .failed(
                    "voted", "\(organisation) has voted \(vote.isYes ? "yes" : "no") already, which can't be changed")
            }
        } else {
            try cast(isYes, by: organisation, on: proposal, &standing, &host)
        }
        let membership = try MemberStore.membership(host: &host)
        return try settle(proposal, &standing, membership, &host).canonicalBytes
    }

    private static func cast(
        _ isYes: Bool, by organisation: MemberName, on proposal: GovernanceProposal,
        _ standing: inout ProposalStanding, _ host: inout Host
    ) throws(ContractError) {
        let vote = OrganisationVote(
            organisation: organisation, account: host.caller, isYes: isYes, time: host.block.time)
        standing.votes.append(vote)
        try host.emit("Voted", topics: [host.caller.topic, topic(proposal.number)], data: vote.canonicalBytes)
    }

    /// What a proposal's events are found by, besides accounts.
    private static func topic(_ number: UInt64) -> Digest { Digest(words: [0, 0, 0, number]) }

    static func emitEnd(of number: UInt64, _ state: ProposalState, _ host: inout Host) throws(ContractError) {
        let name = state.name.prefix(1).uppercased() + state.name.dropFirst()
        try host.emit(name, topics: [topic(number)], data: number.canonicalBytes + state.canonicalBytes)
    }
}
