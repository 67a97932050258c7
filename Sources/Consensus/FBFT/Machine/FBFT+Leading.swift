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
        var prepare: Collector?
        var commit: Collector?

        struct Report: Sendable { let vote: Vote? }

        init(view: UInt64, count: Int) {
            self.view = view
            reports = Array(repeating: nil, count: count)
        }

        subscript(phase: Phase) -> Collector? {
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

    /// Votes on their way to a certificate.
    struct Collector: Sendable {
        let vote: Vote
        /// By orderer: the first that came of each.
        private(set) var votes: [SignedVote?]
        private var isChecked: [Bool]
        /// How many votes came of those that had voted.
        private(set) var repeatCount = 0
        /// Whether votes are being checked.
        var isChecking = false

        init(for vote: Vote, count: Int) {
            self.vote = vote
            votes = Array(repeating: nil, count: count)
            isChecked = Array(repeating: false, count: count)
        }

        /// Those that voted for it, the own vote and checked ones among them.
        var voters: [UInt32] { votes.indices.filter { votes[$0]?.vote == vote }.map(UInt32.init) }

        var unchecked: [UInt32] { voters.filter { !isChecked[Int($0)] } }

        /// Takes a vote in, or gives back the one that contradicts it.
        mutating func insert(_ signed: SignedVote, from orderer: UInt32, isOwn: Bool) -> SignedVote? {
            if let first = votes[Int(orderer)] {
                repeatCount += 1
                guard first.vote != signed.vote else { return nil }
                // Who contradicts himself has still voted for this.
                if signed.vote == vote {
                    votes[Int(orderer)] = signed
                    isChecked[Int(orderer)] = isOwn
                }
                return first
            }
            votes[Int(orderer)] = signed
            isChecked[Int(orderer)] = isOwn
            return nil
        }

        mutating func mark(_ orderer: UInt32, isValid: Bool) {
            if isValid { isChecked[Int(orderer)] = true } else { votes[Int(orderer)] = nil }
        }

        var signatures: [OrdererSignature] {
            voters.compactMap { voter in
                votes[Int(voter)].map { OrdererSignature(orderer: voter, signature: $0.signature) }
            }
        }
    }
}

// MARK: - Votes

extension FBFT.Machine {
    mutating func collect(_ vote: FBFT.Vote, _ signature: Signature, from orderer: UInt32) {
        let collector = collect(vote, signature, from: orderer, in: leadership?[vote.phase])
        leadership?[vote.phase] = collector
    }

    private mutating func collect(
        _ vote: FBFT.Vote, _ signature: Signature, from orderer: UInt32, in collector: FBFT.Collector?
    ) -> FBFT.Collector? {
        guard var collector, collector.vote.view == vote.view, collector.vote.decision == vote.decision else {
            return collector
        }
        let signed = FBFT.SignedVote(vote: vote, signature: signature)
        if let first = collector.insert(signed, from: orderer, isOwn: orderer == terms.own) {
            let evidence = FBFT.Evidence(orderer: orderer, votes: [first, signed])
            let checks = evidence.votes.map { terms.check($0.vote, $0.signature, by: orderer) }
            effects.append(.verify(token(for: .evidence(evidence)), checks))
        }
        return check(&collector)
    }

    /// Has the votes checked, together, once they would be enough; forms the certificate if all are.
    private mutating func check(_ collector: inout FBFT.Collector) -> FBFT.Collector? {
        guard !collector.isChecking, terms.isQuorum(signers(of: collector)) else { return collector }
        let unchecked = collector.unchecked
        guard !unchecked.isEmpty else {
            certified(FBFT.Certificate(vote: collector.vote, signatures: collector.signatures))
            return nil
        }
        collector.isChecking = true
        let checks = unchecked.compactMap { voter in
            collector.votes[Int(voter)].map { terms.check($0.vote, $0.signature, by: voter) }
        }
        effects.append(.verify(token(for: .votes(collector.vote, unchecked)), checks))
        return collector
    }

    private func signers(of collector: FBFT.Collector) -> [UInt32] {
        let voters = collector.voters
        return terms.plant == .countsSignerTwice ? voters + voters.prefix(collector.repeatCount) : voters
    }

    /// Votes were checked.
    mutating func counted(_ vote: FBFT.Vote, _ signers: [UInt32], _ mask: [Bool]) {
        guard mask.count == signers.count else { return }
        for (signer, isValid) in zip(signers, mask) where !isValid { refuse(signer, .wrongSignature) }
        guard var collector = leadership?[vote.phase], collector.vote == vote else { return }
        collector.isChecking = false
        for (signer, isValid) in zip(signers, mask) { collector.mark(signer, isValid: isValid) }
        let rest = check(&collector)
        leadership?[vote.phase] = rest
    }

    private mutating func certified(_ certificate: FBFT.Certificate) {
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

    mutating func take(_ value: [UInt8]?, in view: UInt64, _ decision: UInt64, after parent: Digest) {
        guard view == self.view, leadership?.request != nil else { return }
        leadership?.request = nil
        guard let value, value.count <= ConsensusLimits.valueByteCountMax else {
            (hasWork, hasOffer) = (false, false)
            return
        }
        let justification: FBFT.Certificate?
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
        propose(FBFT.Block(decision: decision, parent: parent, value: value), justification, kind)
    }

    private mutating func proposeAgain(_ certificate: FBFT.Certificate) {
        guard let held = blocks[certificate.block] else { return }
        propose(held.block, certificate, .again)
    }

    mutating func propose(_ block: FBFT.Block, _ certificate: FBFT.Certificate?, _ kind: FBFT.ProposalKind) {
        let (header, identity) = blocks.identify(block)
        let proposal = FBFT.Proposal(view: view, block: block, justification: certificate)
        let vote = FBFT.Vote(phase: .prepare, view: view, decision: block.decision, block: identity)
        leadership?.prepare = FBFT.Collector(for: vote, count: terms.count)
        keep(FBFT.Proposed(proposal: proposal, identity: identity, kind: kind), header)
        blocks.update(identity) { $0.verdict = .valid }
        send(.proposal(proposal), to: nil)
        voteIfPossible()
    }

    /// The closing round: asks for commit votes, as no further block does that.
    private mutating func close(_ certificate: FBFT.Certificate) {
        let vote = FBFT.Vote(phase: .commit, view: view, decision: certificate.decision, block: certificate.block)
        guard leadership?.commit?.vote != vote else { return }
        leadership?.commit = FBFT.Collector(for: vote, count: terms.count)
        send(.certificate(certificate), to: nil)
        closing = certificate
        commitIfAsked()
    }
}
