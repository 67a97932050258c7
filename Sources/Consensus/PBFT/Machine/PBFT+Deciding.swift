internal import Cryptography
internal import Primitives

// From what is proven to what is decided, and to what is missing.
extension PBFT.Machine {
    /// Decides as far as it can be told what the values are, and asks for what is missing.
    mutating func settle() {
        let before = decided
        while let (held, certificate) = provenBlock() {
            decide(held, PBFT.Proof(header: held.header, certificate: certificate))
        }
        if decided > before { fillSlots() }
        if let foreignProof, foreignProof.header.decision <= decided { self.foreignProof = nil }
        if let wanted, wanted.decision <= decided { self.wanted = nil }
        if let foreignProof, foreignProof.header.decision > decided + 1 {
            need(upTo: foreignProof.header.decision)
        }
    }

    /// The block of the next decision, if there is proof and the block is here.
    private func provenBlock() -> (HeldBlocks.Held, VoteCertificate)? {
        guard decided < executed + ConsensusLimits.decidedAheadMax, let certificate = nextCommit,
            let held = blocks[certificate.block]
        else { return nil }
        return (held, certificate)
    }

    /// The commit certificate of the next decision.
    private var nextCommit: VoteCertificate? {
        if let commit = commits.first, commit.decision == decided + 1 { return commit }
        guard let foreignProof, foreignProof.header.decision == decided + 1 else { return nil }
        return foreignProof.certificate
    }

    private mutating func decide(_ held: HeldBlocks.Held, _ proof: PBFT.Proof) {
        decided += 1
        decidedBlock = held.identity
        decidedProof = proof
        if !slots.isEmpty { slots.removeFirst() }
        prepared.removeAll { $0.decision <= decided }
        commits.removeAll { $0.decision <= decided }
        ownVotes.removeAll { $0.vote.decision <= decided }
        blocks.close(upTo: decided, keeping: held.identity)
        effects.append(.decided(decision: decided, value: held.block.value, proof: proof.canonicalBytes))
        noteProgress()
        isExhausted = false
        // The leader asks for work until there is none; others are told of it again.
        if leadership == nil { (hasWork, hasOffer) = (false, false) }
    }

    // MARK: From peers

    /// Takes a proof whose certificate holds.
    mutating func takeForeign(_ proof: PBFT.Proof) {
        known.insert(proof.certificate)
        if proof.certificate.view > view { enter(proof.certificate.view) }
        guard proof.header.decision > foreignProof?.header.decision ?? decided else { return }
        foreignProof = proof
    }

    /// Takes a decision that peers gave, once its proof is known to hold.
    mutating func catchUp(_ decision: UInt64, _ value: [UInt8], _ proof: [UInt8]?) {
        guard decision == decided + 1, let proof, let decoded = try? PBFT.Proof(canonicalBytes: proof),
            decoded.header.decision == decision, decoded.header.valueHash == terms.suite.hash(value),
            decoded.decidedBlock(in: terms.context, suite: terms.suite) != nil
        else { return }
        guard !known.contains(decoded.certificate.vote) else { return takeDecision(resolve(decoded), value) }
        guard let checks = terms.checks(of: decoded.certificate) else { return }
        effects.append(.verify(token(for: .caughtUp(decoded, value: value)), checks))
    }

    mutating func takeDecision(_ proof: PBFT.Proof, _ value: [UInt8]) {
        guard proof.header.decision == decided + 1 else { return }
        let block = ConsensusBlock(decision: proof.header.decision, parent: proof.header.parent, value: value)
        let identity = terms.identity(of: proof.header)
        absorb(proof.certificate)
        blocks.insert(block, proof.header, identity, needed: neededBlocks + [identity])
    }

    mutating func heed(_ block: ConsensusBlock) {
        guard let wanted, wanted.decision == block.decision, block.decision > decided else { return }
        let (header, identity) = blocks.identify(block)
        guard wanted.block == identity else { return }
        self.wanted = nil
        blocks.insert(block, header, identity, needed: neededBlocks + [identity])
        fillSlots()
    }

    // MARK: What is missing

    /// Asks for the first block that has a certificate and is needed.
    mutating func wantBlocks() {
        guard wanted == nil, let certificate = missingBlock else { return }
        let holders = certificate.signatures.map(\.orderer).filter { $0 != terms.own }
        guard !holders.isEmpty else { return }
        wanted = WantedBlock(decision: certificate.decision, block: certificate.block, holders: holders)
        request()
    }

    private var missingBlock: VoteCertificate? {
        if let nextCommit, !blocks.holds(nextCommit.block) { return nextCommit }
        guard let missing = namedBlocks.first(where: { !blocks.holds($0) }) else { return nil }
        return agendaCertificates.first { $0.block == missing } ?? prepared.first { $0.block == missing }
    }

    /// The blocks that must not be let go of.
    var neededBlocks: [Digest] {
        var needed = namedBlocks + prepared.map(\.block)
        if let commit = commits.first { needed.append(commit.block) }
        if let wanted { needed.append(wanted.block) }
        return needed
    }
}
