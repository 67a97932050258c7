internal import Cryptography
internal import Primitives

// Bytes from peers, to what they prove.
extension PBFT.Machine {
    mutating func receive(_ bytes: [UInt8], from peer: UInt32) {
        guard peer < terms.count, peer != terms.own else { return }
        guard bytes.count <= ConsensusLimits.messageByteCountMax else { return refuse(peer, .tooLong) }
        guard let message = try? PBFT.Message(canonicalBytes: bytes), message.highestNumber <= ConsensusLimits.numberMax
        else { return refuse(peer, .undecodable) }
        if peer == terms.leader(of: view) { listen() }
        receive(message, from: peer)
    }

    private mutating func receive(_ message: PBFT.Message, from peer: UInt32) {
        switch message {
        case .proposal(let view, let block):
            guard peer == terms.leader(of: view) else { return refuse(peer, .notItsPlace) }
            guard view >= self.view else { return }
            guard block.decision > decided else { return tell(peer) }
            heed(block, in: view, from: peer)
        case .vote(let vote, let signature): heed(SignedVote(vote: vote, signature: signature), from: peer)
        case .wish(let view, let decided): heedWish(view, decided: decided, from: peer)
        case .report(let report): check(report, from: peer)
        case .newView(let newView): check(newView, from: peer)
        case .decided(let proof): check(proof, from: peer)
        case .blockRequest(_, let identity):
            guard budgets[Int(peer)].allows(at: now) else { return }
            if let block = blocks.block(identity) { send(.block(block), to: peer) } else { tell(peer) }
        case .block(let block): heed(block)
        }
    }

    private mutating func heed(_ signed: SignedVote, from peer: UInt32) {
        let vote = signed.vote
        hold(signed, of: peer)
        guard vote.decision > decided else {
            // Those who vote again for what is decided don't know of it.
            if vote.view > decidedProof?.certificate.view ?? 0 { tell(peer) }
            return
        }
        if vote.view > view { return keepEarly(signed, of: peer) }
        collect(signed, from: peer)
    }

    private mutating func keepEarly(_ signed: SignedVote, of peer: UInt32) {
        let earlier = earlyVotes[Int(peer)]
        let earlyView = earlier.first?.vote.view ?? 0
        let isNewer = signed.vote.view > earlyView
        guard isNewer || signed.vote.view == earlyView && earlier.count < 2 * ConsensusLimits.pbftSlotsMax else {
            return
        }
        earlyVotes[Int(peer)] = (isNewer ? [] : earlier) + [signed]
    }

    // MARK: What must be checked first

    private mutating func check(_ proven: PBFT.ProvenReport, from peer: UInt32) {
        let report = proven.signed.report
        guard proven.signed.orderer == peer else { return refuse(peer, .notItsPlace) }
        guard report.view >= view, terms.leader(of: report.view) == terms.own else { return }
        guard proven.proof != nil || origin.decision == report.decided else { return tell(peer) }
        let resolved = PBFT.ProvenReport(
            signed: proven.signed, proof: proven.proof.map(resolve), certificates: proven.certificates.map(resolve))
        guard let checks = checks(of: resolved) else { return refuse(peer, .wrongCertificate) }
        verify(checks, for: .report(resolved, from: peer), of: peer)
    }

    private mutating func check(_ newView: PBFT.NewView, from peer: UInt32) {
        guard peer == terms.leader(of: newView.view) else { return refuse(peer, .notItsPlace) }
        guard newView.view > view || newView.view == view && agenda == nil else { return }
        let resolved = PBFT.NewView(
            view: newView.view, reports: newView.reports, proof: newView.proof.map(resolve),
            certificates: newView.certificates.map(resolve))
        guard let (_, checks) = agenda(of: resolved) else { return refuse(peer, .wrongCertificate) }
        verify(checks, for: .newView(resolved, from: peer), of: peer)
    }

    private mutating func check(_ proof: PBFT.Proof, from peer: UInt32) {
        guard proof.decidedBlock(in: terms.context, suite: terms.suite) != nil else {
            return refuse(peer, .wrongCertificate)
        }
        guard proof.header.decision > foreignProof?.header.decision ?? decided else { return }
        guard !known.contains(proof.certificate.vote), terms.plant != .trustsCertificates else {
            return takeForeign(resolve(proof))
        }
        guard let checks = terms.checks(of: proof.certificate) else { return refuse(peer, .wrongCertificate) }
        verify(checks, for: .proof(proof, from: peer), of: peer)
    }

    /// The same by signatures that are known to hold, if there are any: others for the same vote may be wrong, and are
    /// neither kept nor passed on.
    func resolve(_ certificate: VoteCertificate) -> VoteCertificate { known[certificate.vote] ?? certificate }

    func resolve(_ proof: PBFT.Proof) -> PBFT.Proof {
        PBFT.Proof(header: proof.header, certificate: resolve(proof.certificate))
    }

    private mutating func verify(_ checks: [SignatureCheck], for awaited: PBFT.Awaited, of peer: UInt32) {
        guard parkedCounts[Int(peer)] < ConsensusLimits.parkedMessagesPerPeerMax else { return }
        parkedCounts[Int(peer)] += 1
        effects.append(.verify(token(for: awaited), checks))
    }

    mutating func verified(_ checked: PBFT.Awaited, _ mask: [Bool]) {
        let isValid = mask.allSatisfy { $0 }
        switch checked {
        case .report(let proven, let peer):
            guard isAnswered(isValid, peer) else { return }
            heed(proven, from: peer)
        case .newView(let newView, let peer): if isAnswered(isValid, peer) { heed(newView) }
        case .proof(let proof, let peer): if isAnswered(isValid, peer) { takeForeign(proof) }
        case .caughtUp(let proof, let value):
            guard isValid, !mask.isEmpty else { return }
            known.insert(proof.certificate)
            takeDecision(proof, value)
        case .votes(let vote, let signers): counted(vote, signers, mask)
        case .evidence(let evidence):
            if isValid, !mask.isEmpty { effects.append(.evidence(evidence.canonicalBytes)) }
        default: break
        }
    }

    private mutating func isAnswered(_ isValid: Bool, _ peer: UInt32) -> Bool {
        parkedCounts[Int(peer)] -= 1
        if !isValid { refuse(peer, .wrongSignature) }
        return isValid
    }
}

extension PBFT.Message {
    /// The highest view or decision that it speaks of in its own name; those in certificates are a quorum's.
    fileprivate var highestNumber: UInt64 {
        switch self {
        case .proposal(let view, let block): max(view, block.decision)
        case .vote(let vote, _): max(vote.view, vote.decision)
        case .wish(let view, let decided): max(view, decided)
        case .report(let proven): max(proven.signed.report.view, proven.signed.report.decided)
        case .newView(let newView): newView.view
        case .decided(let proof): proof.header.decision
        case .blockRequest(let decision, _): decision
        case .block(let block): block.decision
        }
    }
}
