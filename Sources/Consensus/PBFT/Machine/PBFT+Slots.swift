internal import Cryptography
internal import Ledger
internal import Primitives

// What is on its way in the present view, and the votes for it.
extension PBFT.Machine {
    /// Whether a decision is open, and not further ahead than others may be.
    func isNear(_ decision: UInt64) -> Bool {
        decision > decided && decision - decided <= UInt64(ConsensusLimits.pbftSlotsMax)
    }

    /// The place of a decision's slot, made if there is none; nil if the decision is made, or too far ahead.
    mutating func slotIndex(_ decision: UInt64) -> Int? {
        guard isNear(decision) else { return nil }
        while UInt64(slots.count) < decision - decided {
            slots.append(PBFT.Slot(decision: decided + UInt64(slots.count) + 1))
        }
        return Int(decision - decided) - 1
    }

    /// The block that is voted for as a decision's in this view, if that is known.
    func named(_ decision: UInt64) -> Digest? {
        guard decision > decided, decision - decided <= UInt64(slots.count) else { return nil }
        return slots[Int(decision - decided) - 1].block
    }

    /// The blocks that are known, ascending by decision.
    var namedBlocks: [Digest] { slots.indices.compactMap { slots[$0].block } }

    /// What the view begins with becomes what is voted for.
    mutating func fillSlots() {
        guard let agenda else { return }
        for claim in agenda.claims {
            guard let index = slotIndex(claim.decision) else { continue }
            let identity = terms.identity(of: claim.header)
            if slots[index].block == nil || slots[index].block != identity { name(identity, at: index) }
            blocks.update(identity) { $0.verdict = .valid }
        }
    }

    /// A slot's block is known: its votes are counted from now on.
    mutating func name(_ block: Digest, at index: Int) {
        slots[index].block = block
        for phase in VotePhase.allCases {
            let vote = ConsensusVote(phase: phase, view: view, decision: slots[index].decision, block: block)
            let early = slots[index][phase]?.votes ?? slots[index].early.removeValue(forKey: phase) ?? []
            slots[index][phase] = VoteCollector(for: vote, count: terms.count)
            for (orderer, signed) in early.enumerated() { if let signed { collect(signed, from: UInt32(orderer)) } }
        }
    }

    // MARK: Votes

    /// Takes in a vote of the present view.
    mutating func collect(_ signed: SignedVote, from orderer: UInt32) {
        let vote = signed.vote
        guard vote.view == view, let index = slotIndex(vote.decision) else { return }
        guard slots[index].block != nil else {
            var early = slots[index].early[vote.phase] ?? Array(repeating: nil, count: terms.count)
            guard let first = early[Int(orderer)] else {
                early[Int(orderer)] = signed
                slots[index].early[vote.phase] = early
                return
            }
            return accuse(orderer, first, signed)
        }
        // After its quorum nobody counts any more.
        guard var collector = slots[index].take(vote.phase) else { return }
        if let first = collector.insert(signed, from: orderer, isOwn: orderer == terms.own) {
            accuse(orderer, first, signed)
        }
        putBack(collector, at: index)
    }

    private mutating func accuse(_ orderer: UInt32, _ first: SignedVote, _ second: SignedVote) {
        let evidence = VoteEvidence(orderer: orderer, votes: [first, second])
        guard evidence.isContradiction,
            accusationCounts[Int(orderer)] < ConsensusLimits.pbftAccusationsPerViewMax
        else { return }
        accusationCounts[Int(orderer)] += 1
        let checks = evidence.votes.map { terms.check($0.vote, $0.signature, by: orderer) }
        effects.append(.verify(token(for: .evidence(evidence)), checks))
    }

    /// Goes on collecting, or takes the certificate.
    private mutating func putBack(_ collector: consuming VoteCollector, at index: Int) {
        let phase = collector.vote.phase
        if let certificate = complete(&collector) { absorb(certificate) } else { slots[index][phase] = collector }
    }

    /// Votes were checked.
    mutating func counted(_ vote: ConsensusVote, _ signers: [UInt32], _ mask: [Bool]) {
        guard mask.count == signers.count else { return }
        for (signer, isValid) in zip(signers, mask) where !isValid { refuse(signer, .wrongSignature) }
        guard let index = slotIndex(vote.decision), slots[index][vote.phase]?.vote == vote,
            var collector = slots[index].take(vote.phase)
        else { return }
        collector.isChecking = false
        for (signer, isValid) in zip(signers, mask) { collector.mark(signer, isValid: isValid) }
        putBack(collector, at: index)
    }

    // MARK: Certificates

    /// Takes in a certificate that holds. One of a later view proves that a quorum has entered that view.
    mutating func absorb(_ certificate: VoteCertificate) {
        known.insert(certificate)
        // First, as the report says what was known before.
        if certificate.view > view { enter(certificate.view) }
        if isNear(certificate.decision) {
            switch certificate.vote.phase {
            case .prepare: prepared.raise(certificate)
            case .commit: commits.raise(certificate)
            }
        }
    }

    func preparedCertificate(for decision: UInt64) -> VoteCertificate? {
        prepared.first { $0.decision == decision }
    }
}

extension [VoteCertificate] {
    /// Of one decision the certificate of the highest view counts. Ascending by decision.
    mutating func raise(_ certificate: VoteCertificate) {
        let place = firstIndex { $0.decision >= certificate.decision } ?? endIndex
        guard place < endIndex, self[place].decision == certificate.decision else {
            return insert(certificate, at: place)
        }
        if self[place].view < certificate.view { self[place] = certificate }
    }
}
