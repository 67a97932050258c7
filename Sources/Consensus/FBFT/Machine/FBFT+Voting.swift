internal import Cryptography
internal import Primitives

// What an orderer votes for. The numbers are those of the rules on the engine's page.
extension FBFT.Machine {
    /// By what a proposal's block may be proposed; nil if by nothing that it shows.
    func kind(of proposal: FBFT.Proposal) -> FBFT.ProposalKind? {
        let block = proposal.block
        guard let certificate = proposal.justification else {
            // Only the first decision of an epoch has none before it.
            return decidedProof == nil && block.decision == decided + 1 && block.parent == decidedBlock
                ? .afterDecision : nil
        }
        let (view, decision) = (certificate.view, certificate.decision)
        switch certificate.vote.phase {
        case .commit: return follows(block, certificate) && view <= proposal.view ? .afterDecision : nil
        case .prepare where view == proposal.view: return follows(block, certificate) ? .steady : nil
        case .prepare:
            guard view < proposal.view, decision == block.decision,
                certificate.block == blocks.identify(block).identity
            else { return nil }
            return .again
        }
    }

    private func follows(_ block: ConsensusBlock, _ parent: VoteCertificate) -> Bool {
        parent.block == block.parent && parent.decision < .max && parent.decision + 1 == block.decision
    }

    /// Keeps what the leader of the present view proposes: the first for each decision, of the last two.
    mutating func heed(_ proposal: FBFT.Proposal, from leader: UInt32) {
        guard proposal.view == view, proposal.block.decision > decided, let kind = kind(of: proposal) else { return }
        let (header, identity) = blocks.identify(proposal.block)
        if let known = proposals.first(where: { $0.decision == proposal.block.decision }) {
            guard known.identity != identity else { return }
            guard terms.plant == .votesTwiceInView else { return refuse(leader, .conflicting) }
            proposals.removeAll { $0.decision == proposal.block.decision }
            lastVote = nil
        }
        keep(FBFT.Proposed(proposal: proposal, identity: identity, kind: kind), header)
    }

    mutating func keep(_ proposed: FBFT.Proposed, _ header: ConsensusHeader) {
        proposals.append(proposed)
        proposals.sort { $0.decision < $1.decision }
        if proposals.count > 2 { proposals.removeFirst() }
        blocks.insert(proposed.proposal.block, header, proposed.identity, needed: neededBlocks)
        if proposed.kind == .again { blocks.update(proposed.identity) { $0.verdict = .valid } }
    }

    // MARK: Prepare votes

    mutating func voteIfPossible() {
        guard terms.own != nil else { return }
        for proposed in proposals where isNew(proposed) { consider(proposed) }
    }

    /// Rule 1: in a view one vote for each decision, in ascending order.
    private func isNew(_ proposed: FBFT.Proposed) -> Bool {
        guard proposed.proposal.view == view else { return false }
        guard let lastVote else { return true }
        return lastVote.view < view || lastVote.view == view && lastVote.decision < proposed.decision
    }

    private mutating func consider(_ proposed: FBFT.Proposed) {
        guard followsWhatIsKnown(proposed), isWithinGate(proposed.decision) else { return }
        guard isFree(for: proposed) else {
            if let lock { send(.certificate(lock), to: terms.leader(of: view)) }
            proposals.removeAll { $0.identity == proposed.identity }
            return
        }
        guard isJudgedValid(proposed) else { return }
        cast(ConsensusVote(phase: .prepare, view: view, decision: proposed.decision, block: proposed.identity))
    }

    /// Rule 2: the parent is decided here, or certified in this view, here and found valid.
    private func followsWhatIsKnown(_ proposed: FBFT.Proposed) -> Bool {
        let parent = proposed.proposal.block.parent
        if proposed.decision == decided + 1 { return parent == decidedBlock }
        guard proposed.decision == decided + 2, proposed.kind == .steady, let held = blocks[parent]
        else { return false }
        return held.block.parent == decidedBlock
    }

    /// Rule 3: nothing that contradicts the lock, unless a later certificate for the same decision does.
    private func isFree(for proposed: FBFT.Proposed) -> Bool {
        guard let lock, lock.decision >= proposed.decision, terms.plant != .ignoresLock else { return true }
        guard lock.decision == proposed.decision else { return false }
        if lock.block == proposed.identity { return true }
        guard proposed.kind == .again, let certificate = proposed.proposal.justification else { return false }
        return certificate.view >= lock.view
    }

    /// Asks the node once for each block.
    private mutating func isJudgedValid(_ proposed: FBFT.Proposed) -> Bool {
        guard let held = blocks[proposed.identity] else { return false }
        switch held.verdict {
        case .valid: return true
        case .asked, .invalid: return false
        case .unknown:
            guard terms.plant != .skipsValidation else { return true }
            askWhetherValid(held)
            return false
        }
    }

    mutating func judged(_ asked: FBFT.Awaited, _ isValid: Bool) {
        guard case .validity(let identity) = asked else { return }
        blocks.update(identity) { if $0.verdict == .asked { $0.verdict = isValid ? .valid : .invalid } }
        guard !isValid, proposals.contains(where: { $0.identity == identity }) else { return }
        proposals.removeAll { $0.identity == identity }
        if terms.own != terms.leader(of: view) { refuse(terms.leader(of: view), .unacceptable) }
    }

    // MARK: Commit votes

    /// Rule 6: what the leader shows a prepare certificate for, once the block is here.
    mutating func commitIfAsked() {
        guard terms.own != nil, let closing, closing.view == view, closing.decision == decided + 1,
            blocks.holds(closing.block), lock?.isHigher(than: closing) != true, isWithinGate(closing.decision)
        else { return }
        self.closing = nil
        let vote = ConsensusVote(phase: .commit, view: view, decision: closing.decision, block: closing.block)
        guard vote != lastCommitVote else { return }
        cast(vote)
    }

    // MARK: From the decision to vote to the vote

    private mutating func cast(_ vote: ConsensusVote) {
        switch vote.phase {
        case .prepare: lastVote = vote
        case .commit: lastCommitVote = vote
        }
        effects.append(.sign(token(for: .signature(vote)), vote.digest(in: terms.context, suite: terms.suite)))
    }

    /// Rule 7: the vote, the lock and the blocks of both are durable before anybody hears of the vote.
    mutating func signed(_ signed: FBFT.Awaited, _ signature: Signature) {
        guard case .signature(let vote) = signed else { return }
        let leader = terms.leader(of: vote.view)
        let message = FBFT.Message.vote(vote, signature)
        let releases: [EngineEffect] = leader == terms.own ? [] : [.send(to: leader, message.canonicalBytes)]
        let new = [vote.block, lock?.block].compactMap { $0 }.compactMap { blocks[$0] }.filter { !$0.isRecorded }
        let record = FBFT.Record(
            view: max(view, vote.view), vote: vote.phase == .prepare ? vote : nil, lock: lock,
            blocks: new.map(\.block).withoutRepeats)
        for held in new { blocks.update(held.identity) { $0.isRecorded = true } }
        let token = token(for: .record(vote, signature))
        guard terms.plant != .skipsSyncBeforeVote else {
            effects += releases + [.persist(token, record: record.canonicalBytes, releases: [])]
            return
        }
        effects.append(.persist(token, record: record.canonicalBytes, releases: releases))
    }

    mutating func persisted(_ record: FBFT.Awaited) {
        switch record {
        case .record(let vote, let signature): if let own = terms.own { collect(vote, signature, from: own) }
        case .viewRecord(let view): recorded(view)
        default: break
        }
    }
}

extension [ConsensusBlock] {
    /// Of at most two.
    fileprivate var withoutRepeats: [ConsensusBlock] { count == 2 && self[0] == self[1] ? [self[0]] : self }
}
