internal import Cryptography
internal import Ledger
internal import Primitives

// MARK: - Counting, and carrying out

extension Members {
    /// Counts the votes, and ends the proposal if they suffice or can't any more.
    static func settle(
        _ proposal: GovernanceProposal, _ standing: inout ProposalStanding, _ membership: Membership,
        _ host: inout Host
    ) throws(ContractError) -> ProposalState {
        let number = proposal.number
        standing.tally = ProposalTally(of: standing.votes, in: membership)
        if proposal.isOwnAffair || standing.tally.isPassed {
            standing.state = try carryOut(proposal, membership, &host)
        } else if standing.tally.isHopeless {
            standing.state = .rejected(host.block.time)
        }
        try MemberStore.set(standing, of: number, host: &host)
        guard standing.state != .open else { return .open }
        let rest = try MemberStore.open(host: &host).filter { $0.number != number }
        try MemberStore.setOpen(rest, host: &host)
        try emitEnd(of: number, standing.state, &host)
        return standing.state
    }

    /// Carries a proposal out, whole or not at all. What no longer holds ends it, and is kept as the reason.
    private static func carryOut(
        _ proposal: GovernanceProposal, _ membership: Membership, _ host: inout Host
    ) throws(ContractError) -> ProposalState {
        let changed: Membership
        let next: EpochConfiguration?
        do throws(ContractError) {
            (changed, next) = try outcome(of: proposal.actions, on: membership, &host)
        } catch {
            // Gas, and the node's own trouble, are not the proposal's: the transaction fails, and the vote is not cast.
            guard case .failed(let failure) = error, failure.code == notAllowed else { throw error }
            return .failed(host.block.time, failure)
        }
        if let next { _ = try host.call(Epochs.address, "plan", next.canonicalBytes) }
        try MemberStore.write(changed, replacing: membership, host: &host)
        try forgetVotes(ofThoseRemovedBy: proposal, &host)
        return .executed(host.block.time)
    }

    /// The failure of what the chain's rules don't allow.
    static let notAllowed = "notAllowed"

    /// Takes the votes of organisations that were removed from the proposals that are still open, so that another one
    /// of the same name does not find them.
    private static func forgetVotes(
        ofThoseRemovedBy proposal: GovernanceProposal, _ host: inout Host
    ) throws(ContractError) {
        var removed: [MemberName] = []
        for case .removeOrganisation(let name) in proposal.actions { removed.append(name) }
        guard !removed.isEmpty else { return }
        for open in try MemberStore.open(host: &host) where open.number != proposal.number {
            var standing = try MemberStore.standing(open.number, host: &host)
            let count = standing.votes.count
            standing.votes.removeAll { removed.contains($0.organisation) }
            if standing.votes.count < count { try MemberStore.set(standing, of: open.number, host: &host) }
        }
    }
}

// MARK: - What actions lead to

extension Members {
    /// The members after some actions, and the epoch that they ask for; nil if the present one will do.
    static func outcome(
        of actions: [GovernanceAction], on membership: Membership, _ host: inout Host
    ) throws(ContractError) -> (Membership, EpochConfiguration?) {
        var changed = membership
        do throws(MembershipError) { try changed.apply(actions, in: host.suite) } catch {
            throw .failed(notAllowed, "\(error)")
        }
        return (changed, try nextEpoch(of: changed, actions, &host))
    }

    private static func nextEpoch(
        of membership: Membership, _ actions: [GovernanceAction], _ host: inout Host
    ) throws(ContractError) -> EpochConfiguration? {
        let terms = try Epochs.terms(host)
        let present = try planned(&host)?.configuration ?? terms.epoch
        var (engine, verification) = (present.engine, present.verification)
        for case .changeEngine(let newEngine, let newVerification) in actions {
            (engine, verification) = (newEngine, newVerification)
        }
        let validators = membership.validatorKeys
        guard
            engine != present.engine || verification != present.verification
                || Set(validators) != Set(present.orderers) || Set(validators) != Set(present.certifiers)
        else { return nil }
        let next = EpochConfiguration(
            number: terms.epoch.number + 1, engine: engine, verification: verification, orderers: validators,
            certifiers: validators)
        try check(next, after: present, terms, &host)
        return next
    }

    private static func planned(_ host: inout Host) throws(ContractError) -> PlannedEpoch? {
        var decoder = CanonicalDecoder(try host.call(Epochs.address, "planned", []))
        do throws(CodingError) { return try decoder.decodeOption() } catch { throw MemberStore.damaged }
    }

    private static func check(
        _ next: EpochConfiguration, after present: EpochConfiguration, _ terms: EpochTerms, _ host: inout Host
    ) throws(ContractError) {
        guard terms.epoch.engine != .solo else {
            throw .failed(
                notAllowed,
                "the engine solo is of one node that can't hand over: no other validators, keys or engine can follow it"
            )
        }
        try Epochs.check(next, terms, &host)
        guard next.ordererRule.faultCountMax > 0 || present.ordererRule.faultCountMax == 0 else {
            throw .failed(
                notAllowed,
                "\(next.orderers.count) validators of the engine \(next.engine) bear no fault, and those before did")
        }
    }
}
