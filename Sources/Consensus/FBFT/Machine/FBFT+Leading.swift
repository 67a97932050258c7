internal import Cryptography
internal import Ledger
internal import Primitives

extension FBFT {
    /// What a leader does in its view.
    struct Leadership: Sendable {
        let view: UInt64
        /// Whether the record that it leads the view is durable.
        var isRecorded = false
        /// By orderer, what it reported of its last vote when it entered the view; nil before.
        var reports: [Report?]
        var hasWaited = false
        /// Whether it has begun to propose.
        var hasBegun = false
        /// The value that it asked for.
        var request: EngineToken?
        /// Votes for what it proposed last, and for the certificate that it wants committed.
        var prepare: VoteCollector?
        var commit: VoteCollector?

        struct Report: Sendable { let vote: ConsensusVote? }

        init(view: UInt64, count: Int) {
            self.view = view
            reports = Array(repeating: nil, count: count)
        }

        subscript(phase: VotePhase) -> VoteCollector? {
            get { phase == .prepare ? prepare : commit }
            set { if phase == .prepare { prepare = newValue } else { commit = newValue } }
        }

        mutating func forget(upTo decision: UInt64) {
            if let prepare, prepare.vote.decision <= decision { self.prepare = nil }
            if let commit, commit.vote.decision <= decision { self.commit = nil }
        }

        var phase: String {
            switch (hasBegun, prepare != nil, commit != nil) {
            case (false, _, _): "gathering"
            case (_, true, _): "proposing"
            case (_, _, true): "closing"
            default: "leading"
            }
        }
    }
}

// MARK: - Votes

extension FBFT.Machine {
    mutating func collect(_ vote: ConsensusVote, _ signature: Signature, from orderer: UInt32) {
        let collector = collect(vote, signature, from: orderer, in: leadership?[vote.phase])
        leadership?[vote.phase] = collector
    }

    private mutating func collect(
        _ vote: ConsensusVote, _ signature: Signature, from orderer: UInt32, in collector: VoteCollector?
    ) -> VoteCollector? {
        guard var collector, collector.vote.view == vote.view, collector.vote.decision == vote.decision else {
            return collector
        }
        let signed = SignedVote(vote: vote, signature: signature)
        if let first = collector.insert(signed, from: orderer, isOwn: orderer == terms.own) {
            let evidence = VoteEvidence(orderer: orderer, votes: [first, signed])
            let checks = evidence.votes.map { terms.check($0.vote, $0.signature, by: orderer) }
            effects.append(.verify(token(for: .evidence(evidence)), checks))
        }
        return goOn(collector)
    }

    /// Votes were checked.
    mutating func counted(_ vote: ConsensusVote, _ signers: [UInt32], _ mask: [Bool]) {
        guard mask.count == signers.count else { return }
        for (signer, isValid) in zip(signers, mask) where !isValid { refuse(signer, .wrongSignature) }
        guard var collector = leadership?[vote.phase], collector.vote == vote else { return }
        collector.isChecking = false
        for (signer, isValid) in zip(signers, mask) { collector.mark(signer, isValid: isValid) }
        let rest = goOn(collector)
        leadership?[vote.phase] = rest
    }

    /// The same, as long as it has no certificate.
    private mutating func goOn(_ collector: consuming VoteCollector) -> VoteCollector? {
        guard let certificate = complete(&collector) else { return collector }
        certified(certificate)
        return nil
    }

    private mutating func certified(_ certificate: VoteCertificate) {
        absorb(certificate)
        if certificate.vote.phase == .commit { send(.certificate(certificate), to: nil) }
    }
}

// MARK: - Proposals

extension FBFT.Machine {
    /// Leads on: proposes the next block, or has the last one committed if there is no other.
    mutating func lead() {
        beginIfPossible()
        guard let leadership, leadership.hasBegun, leadership.prepare == nil else { return }
        if terms.plant == .proposesAnew, lock.map({ $0.view < view }) ?? false {
            _ = askForValue(decided + 1, after: decidedBlock)
        } else if let lock, lock.decision == decided + 1 {
            guard lock.view == view else { return proposeAgain(lock) }
            if !askForValue(decided + 2, after: lock.block) { close(lock) }
        } else if lock.map({ $0.decision <= decided }) ?? true {
            _ = askForValue(decided + 1, after: decidedBlock)
        }
    }

    /// Whether a value is on its way.
    private mutating func askForValue(_ decision: UInt64, after parent: Digest) -> Bool {
        if leadership?.request != nil { return true }
        guard hasWork || hasOffer, isWithinGate(decision) else { return false }
        let token = token(for: .value(view: view, decision: decision, parent: parent))
        leadership?.request = token
        let after = blocks[parent].map { [$0.block.value] } ?? []
        effects.append(.requestValue(token, decision: decision, after: after))
        return true
    }

    mutating func take(_ value: [UInt8]?, for asked: FBFT.Awaited) {
        guard case .value(let view, let decision, let parent) = asked, view == self.view,
            leadership?.request != nil
        else { return }
        leadership?.request = nil
        guard let value, value.count <= ConsensusLimits.valueByteCountMax else {
            (hasWork, hasOffer) = (false, false)
            return
        }
        let justification: VoteCertificate?
        let kind: FBFT.ProposalKind
        if let lock, lock.view == view, lock.block == parent, lock.decision + 1 == decision {
            (justification, kind) = (lock, .steady)
        } else if decision == decided + 1, parent == decidedBlock,
            lock.map({ $0.decision <= decided }) ?? true || terms.plant == .proposesAnew
        {
            (justification, kind) = (decidedProof?.certificate, .afterDecision)
        } else {
            return
        }
        propose(ConsensusBlock(decision: decision, parent: parent, value: value), justification, kind)
    }

    private mutating func proposeAgain(_ certificate: VoteCertificate) {
        guard let held = blocks[certificate.block] else { return }
        propose(held.block, certificate, .again)
    }

    mutating func propose(_ block: ConsensusBlock, _ certificate: VoteCertificate?, _ kind: FBFT.ProposalKind) {
        let (header, identity) = blocks.identify(block)
        let proposal = FBFT.Proposal(view: view, block: block, justification: certificate)
        let vote = ConsensusVote(phase: .prepare, view: view, decision: block.decision, block: identity)
        leadership?.prepare = VoteCollector(for: vote, count: terms.count)
        keep(FBFT.Proposed(proposal: proposal, identity: identity, kind: kind), header)
        blocks.update(identity) { $0.verdict = .valid }
        send(.proposal(proposal), to: nil)
        voteIfPossible()
    }

    /// The closing round: asks for commit votes, as no further block does that.
    private mutating func close(_ certificate: VoteCertificate) {
        let vote = ConsensusVote(phase: .commit, view: view, decision: certificate.decision, block: certificate.block)
        guard leadership?.commit?.vote != vote else { return }
        leadership?.commit = VoteCollector(for: vote, count: terms.count)
        send(.certificate(certificate), to: nil)
        closing = certificate
        commitIfAsked()
    }
}
