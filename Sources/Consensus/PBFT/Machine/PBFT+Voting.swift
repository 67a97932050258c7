internal import Cryptography
internal import Primitives

// What an orderer votes for. The numbers are those of the rules on the engine's page.
extension PBFT.Machine {
    /// Keeps what the leader of the present view proposes: the first for each decision.
    mutating func heed(_ block: ConsensusBlock, in view: UInt64, from leader: UInt32) {
        guard view == self.view, let index = slotIndex(block.decision) else { return }
        let (header, identity) = blocks.identify(block)
        if let known = slots[index].block, known != identity {
            // What follows from the reports comes first; nobody who has seen them proposes something else.
            guard terms.plant == .votesTwiceInView else { return refuse(leader, .conflicting) }
            forgetVotes(from: block.decision)
        } else if slots[index].block == identity, blocks.holds(identity) {
            return
        }
        if let agenda, block.decision <= agenda.last, slots[index].block != identity {
            return refuse(leader, .conflicting)
        }
        blocks.insert(block, header, identity, needed: neededBlocks + [identity])
        if slots[index].block != identity { name(identity, at: index) }
    }

    /// For a planted bug alone.
    private mutating func forgetVotes(from decision: UInt64) {
        if lastPrepare.map({ $0.decision >= decision }) ?? false { lastPrepare = nil }
        if lastCommit.map({ $0.decision >= decision }) ?? false { lastCommit = nil }
        prepared.removeAll { $0.decision >= decision }
    }

    // MARK: Prepare votes

    /// Votes for as much as it can, one decision after another.
    mutating func prepareIfPossible() {
        // Below the base everything is decided, but perhaps not here.
        guard terms.own != nil, let agenda, decided >= agenda.base else { return }
        var (decision, parent) = (decided + 1, decidedBlock)
        if let lastPrepare, lastPrepare.view == view, lastPrepare.decision > decided {
            (decision, parent) = (lastPrepare.decision + 1, lastPrepare.block)
        }
        var canVote = true
        // Rule 2: after what is decided, or is voted for in this view.
        while let block = named(decision), let held = blocks[block],
            held.block.parent == parent, isWithinGate(decision)
        {
            let isAgreed = decision <= agenda.last
            // Rule 5: what nobody has a certificate for is judged; one may be asked while another is.
            if !isJudgedValid(held, isAgreed: isAgreed) { canVote = false }
            if canVote { cast(ConsensusVote(phase: .prepare, view: view, decision: decision, block: block)) }
            parent = block
            decision += 1
        }
    }

    private mutating func isJudgedValid(_ held: HeldBlocks.Held, isAgreed: Bool) -> Bool {
        if isAgreed || terms.plant == .skipsValidation { return true }
        switch held.verdict {
        case .valid: return true
        case .asked, .invalid: return false
        case .unknown:
            guard let after = values(upTo: held.block.parent) else { return false }
            blocks.update(held.identity) { $0.verdict = .asked }
            effects.append(
                .validate(
                    token(for: .validity(held.identity)), decision: held.block.decision, value: held.block.value,
                    after: after, isFresh: true))
            return false
        }
    }

    /// The values of the decisions that are not made, up to a block's; nil if one of them is not here.
    func values(upTo identity: Digest) -> [[UInt8]]? {
        var values: [[UInt8]] = []
        var next = identity
        while next != decidedBlock {
            guard let block = blocks[next]?.block, block.decision > decided else { return nil }
            values.append(block.value)
            next = block.parent
        }
        return values.reversed()
    }

    mutating func judged(_ asked: PBFT.Awaited, _ isValid: Bool) {
        guard case .validity(let identity) = asked else { return }
        blocks.update(identity) { if $0.verdict == .asked { $0.verdict = isValid ? .valid : .invalid } }
        // What the agenda holds was called valid by others, in another view.
        if !isValid, let agenda, let decision = blocks[identity]?.block.decision, decision > agenda.last,
            named(decision) == identity, terms.own != terms.leader(of: view)
        {
            refuse(terms.leader(of: view), .unacceptable)
        }
    }

    // MARK: Commit votes

    /// Rule 6: for what is prepared in this view, with everything before it.
    mutating func commitIfPossible() {
        guard terms.own != nil, agenda != nil else { return }
        var (decision, parent) = (decided + 1, decidedBlock)
        while let certificate = preparedCertificate(for: decision), certificate.view == view,
            let held = blocks[certificate.block], held.block.parent == parent, isWithinGate(decision)
        {
            if lastCommit.map({ $0.view < view || $0.decision < decision }) ?? true {
                cast(ConsensusVote(phase: .commit, view: view, decision: decision, block: certificate.block))
            }
            parent = certificate.block
            decision += 1
        }
    }

    // MARK: From the decision to vote to the vote

    private mutating func cast(_ vote: ConsensusVote) {
        switch vote.phase {
        case .prepare: lastPrepare = vote
        case .commit: lastCommit = vote
        }
        effects.append(.sign(token(for: .signature(vote)), vote.digest(in: terms.context, suite: terms.suite)))
    }

    mutating func signed(_ signed: PBFT.Awaited, _ signature: Signature) {
        switch signed {
        // Rule 1: once it has said what it knows for a later view, it votes in no earlier one.
        case .signature(let vote): if vote.view == view { self.signed(vote, signature) }
        case .reportSignature(let report, let proof, let certificates):
            self.signed(report, proof, certificates, signature)
        default: break
        }
    }

    /// Rule 7: the vote, and what it stands on, are durable before anybody hears of it.
    private mutating func signed(_ vote: ConsensusVote, _ signature: Signature) {
        let releases = terms.count == 1 ? [] : [broadcast(.vote(vote, signature))]
        let record: PBFT.Record
        switch vote.phase {
        case .prepare:
            record = PBFT.Record(view: view, prepare: vote, blocks: unrecordedBlocks(upTo: vote.decision))
        case .commit:
            record = PBFT.Record(
                view: view, commit: vote, certificates: unrecordedCertificates(upTo: vote.decision),
                blocks: unrecordedBlocks(upTo: vote.decision))
        }
        let token = token(for: .record(vote, signature))
        guard terms.plant != .skipsSyncBeforeVote else {
            effects += releases + [.persist(token, record: record.canonicalBytes, releases: [])]
            return
        }
        effects.append(.persist(token, record: record.canonicalBytes, releases: releases))
    }

    func broadcast(_ message: PBFT.Message) -> EngineEffect { .send(to: nil, message.canonicalBytes) }

    /// The blocks of what is voted for and prepared, up to a decision, that no record has; from now on one has.
    mutating func unrecordedBlocks(upTo decision: UInt64) -> [ConsensusBlock] {
        let named = namedBlocks.prefix(Int(decision - min(decided, decision))) + prepared.map(\.block)
        var found: [ConsensusBlock] = []
        for identity in named {
            guard let held = blocks[identity], !held.isRecorded else { continue }
            blocks.update(identity) { $0.isRecorded = true }
            found.append(held.block)
        }
        return found
    }

    mutating func unrecordedCertificates(upTo decision: UInt64) -> [VoteCertificate] {
        let found = prepared.filter { $0.decision <= decision && !recordedCertificates.contains($0.vote) }
        // Those that are decided, or have been replaced, are not asked for again.
        recordedCertificates = prepared.map(\.vote).filter { recordedCertificates.contains($0) } + found.map(\.vote)
        return found
    }

    mutating func persisted(_ record: PBFT.Awaited) {
        switch record {
        case .record(let vote, let signature):
            guard let own = terms.own else { break }
            let signed = SignedVote(vote: vote, signature: signature)
            if vote.view == view, vote.decision > decided { ownVotes.append(signed) }
            collect(signed, from: own)
        case .reportRecord(let report): recorded(report)
        case .viewRecord(let view): if leadership?.view == view { leadership?.hasBegun = true }
        default: break
        }
    }
}
