internal import Cryptography
internal import Primitives

// Bytes from peers, to what they prove.
extension FBFT.Machine {
    mutating func receive(_ bytes: [UInt8], from peer: UInt32) {
        guard peer < terms.count, peer != terms.own else { return }
        guard bytes.count <= ConsensusLimits.messageByteCountMax else { return refuse(peer, .tooLong) }
        guard let message = try? FBFT.Message(canonicalBytes: bytes), message.highestNumber <= ConsensusLimits.numberMax
        else { return refuse(peer, .undecodable) }
        receive(message, from: peer)
    }

    /// Messages whose certificates are not known to hold wait until they are checked.
    private mutating func receive(_ message: FBFT.Message, from peer: UInt32) {
        guard isOfUse(message, from: peer) else { return }
        // Other signatures for a vote that is known to have a quorum's may be wrong, and are not kept.
        let certificates = message.certificates.map { known[$0.vote] ?? $0 }
        let unknown = certificates.filter { !known.contains($0.vote) }
        guard !unknown.isEmpty, terms.plant != .trustsCertificates else {
            for certificate in certificates { absorb(certificate) }
            return heed(message, from: peer)
        }
        var checks: [SignatureCheck] = []
        for certificate in unknown {
            guard let needed = terms.checks(of: certificate) else { return refuse(peer, .wrongCertificate) }
            checks += needed
        }
        guard parkedCounts[Int(peer)] < ConsensusLimits.parkedMessagesPerPeerMax else { return }
        parkedCounts[Int(peer)] += 1
        effects.append(.verify(token(for: .message(message, from: peer, certificates)), checks))
    }

    mutating func verified(_ checked: FBFT.Awaited, _ mask: [Bool]) {
        let isValid = !mask.isEmpty && mask.allSatisfy { $0 }
        switch checked {
        case .message(let message, let peer, let certificates):
            parkedCounts[Int(peer)] -= 1
            guard isValid else { return refuse(peer, .wrongSignature) }
            for certificate in certificates { known.insert(certificate) }
            guard isOfUse(message, from: peer) else { return }
            for certificate in certificates { absorb(certificate) }
            heed(message, from: peer)
        case .caughtUp(let proof, let value):
            guard isValid else { return }
            known.insert(proof.certificate)
            takeDecision(proof, value)
        case .votes(let vote, let signers): counted(vote, signers, mask)
        case .evidence(let evidence): if isValid { effects.append(.evidence(evidence.canonicalBytes)) }
        default: break
        }
    }

    /// Whether a message can still change anything, before anybody spends time on its signatures. What is late is no
    /// fault; what nobody honest would say is.
    private mutating func isOfUse(_ message: FBFT.Message, from peer: UInt32) -> Bool {
        switch message {
        case .proposal(let proposal):
            guard proposal.view >= view else { return false }
            guard peer == terms.leader(of: proposal.view) else { return fault(peer, .notItsPlace) }
            guard proposal.block.decision > decided else {
                tell(peer)
                return false
            }
            guard kind(of: proposal) != nil else { return fault(peer, .wrongCertificate) }
            return proposal.view == view || proposal.justification?.view == proposal.view
        case .vote(let vote, _):
            guard vote.view == view, leadership != nil else { return false }
            return true
        case .certificate(let certificate):
            if certificate.decision <= decided { return false }
            return certificate.vote.phase == .commit || certificate.isHigher(than: lock)
                || certificate.vote == lock?.vote
        case .newView(let report): return report.view >= view && terms.leader(of: report.view) == terms.own
        case .decided(let proof):
            guard proof.decidedBlock(in: terms.context, suite: terms.suite) != nil else {
                return fault(peer, .wrongCertificate)
            }
            return proof.header.decision > decided
        case .wish, .blockRequest, .block: return true
        }
    }

    private mutating func fault(_ peer: UInt32, _ fault: MessageFault) -> Bool {
        refuse(peer, fault)
        return false
    }

    /// What a message asks for, once its certificates are known to hold and taken in.
    private mutating func heed(_ message: FBFT.Message, from peer: UInt32) {
        switch message {
        case .proposal(let proposal): heed(proposal, from: peer)
        case .vote(let vote, let signature):
            hold(SignedVote(vote: vote, signature: signature), of: peer, in: \.heldVotes)
            collect(vote, signature, from: peer)
        case .certificate(let certificate):
            if certificate.vote.phase == .prepare, certificate.view == view, peer == terms.leader(of: view) {
                closing = certificate
            }
        case .wish(let view, let decided): heedWish(view, decided: decided, from: peer)
        case .newView(let report): heed(report, from: peer)
        case .decided(let proof): takeForeign(proof)
        case .blockRequest(_, let identity):
            guard budgets[Int(peer)].allows(at: now) else { return }
            if let block = blocks.block(identity) { send(.block(block), to: peer) } else { tell(peer) }
        case .block(let block): heed(block)
        }
    }

    /// Takes in a certificate that holds. One of a later view proves that a quorum has entered that view.
    mutating func absorb(_ certificate: VoteCertificate) {
        known.insert(certificate)
        switch certificate.vote.phase {
        case .prepare: raiseLock(certificate)
        case .commit: if certificate.decision > commit?.decision ?? decided { commit = certificate }
        }
        if certificate.view > view { enter(certificate.view) }
    }

    /// Takes a proof whose certificate holds.
    mutating func takeForeign(_ proof: FBFT.Proof) {
        guard proof.header.decision > foreignProof?.header.decision ?? decided,
            proof.decidedBlock(in: terms.context, suite: terms.suite) != nil
        else { return }
        foreignProof = proof.with(known[proof.certificate.vote])
    }

    private mutating func heed(_ block: ConsensusBlock) {
        let (header, identity) = blocks.identify(block)
        guard let wanted, wanted.block == identity, block.decision > decided else { return }
        self.wanted = nil
        blocks.insert(block, header, identity, needed: neededBlocks + [identity])
    }

}

extension FBFT.Message {
    /// The highest view or decision that it speaks of in its own name; those in certificates are a quorum's.
    fileprivate var highestNumber: UInt64 {
        switch self {
        case .proposal(let proposal): max(proposal.view, proposal.block.decision)
        case .vote(let vote, _): max(vote.view, vote.decision)
        case .certificate(let certificate): max(certificate.view, certificate.decision)
        case .wish(let view, let decided): max(view, decided)
        case .newView(let report): max(report.view, report.vote?.view ?? 0, report.vote?.decision ?? 0)
        case .decided(let proof): proof.header.decision
        case .blockRequest(let decision, _): decision
        case .block(let block): block.decision
        }
    }

    /// What it claims that a quorum has signed.
    fileprivate var certificates: [VoteCertificate] {
        switch self {
        case .proposal(let proposal): proposal.justification.map { [$0] } ?? []
        case .certificate(let certificate): [certificate]
        case .newView(let report): [report.lock, report.proof?.certificate].compactMap { $0 }
        case .decided(let proof): [proof.certificate]
        case .vote, .wish, .blockRequest, .block: []
        }
    }
}
