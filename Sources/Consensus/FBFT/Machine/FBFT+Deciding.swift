internal import Primitives

// From what is proven to what is decided, and to what is missing.
extension FBFT.Machine {
    /// Decides as far as it can be told what the values are, and asks for what is missing.
    mutating func settle() {
        while let (held, proof) = provenBlock() { decide(held, proof) }
        if let commit, commit.decision <= decided { self.commit = nil }
        if let foreignProof, foreignProof.header.decision <= decided { self.foreignProof = nil }
        if let wanted, wanted.decision <= decided { self.wanted = nil }
        askForMissing()
    }

    /// The block of the next decision, if there is proof and the block is here.
    private func provenBlock() -> (HeldBlocks.Held, FBFT.Proof)? {
        let next = decided + 1
        guard next <= executed + ConsensusLimits.decidedAheadMax else { return nil }
        if let commit, commit.decision == next, let held = blocks[commit.block] {
            return (held, FBFT.Proof(header: held.header, certificate: commit, child: nil))
        }
        if let lock, lock.decision == next + 1, let child = blocks[lock.block], let held = blocks[child.block.parent] {
            return (held, FBFT.Proof(header: held.header, certificate: lock, child: child.header))
        }
        if let foreignProof, foreignProof.header.decision == next,
            let held = blocks[terms.identity(of: foreignProof.header)]
        {
            return (held, foreignProof)
        }
        return nil
    }

    private mutating func decide(_ held: HeldBlocks.Held, _ proof: FBFT.Proof) {
        decided += 1
        decidedBlock = held.identity
        decidedProof = proof
        // A proof by a child is a prepare certificate above the decision: the lock, or as good as one.
        if proof.child != nil { raiseLock(proof.certificate) }
        blocks.close(upTo: decided, keeping: held.identity)
        proposals.removeAll { $0.decision <= decided }
        if let closing, closing.decision <= decided { self.closing = nil }
        leadership?.forget(upTo: decided)
        effects.append(.decided(decision: decided, value: held.block.value, proof: proof.canonicalBytes))
        countProgress()
    }

    // MARK: From peers

    /// Takes a decision that peers gave, once its proof is known to hold.
    mutating func catchUp(_ decision: UInt64, _ value: [UInt8], _ proof: [UInt8]?) {
        guard decision == decided + 1, let proof, let decoded = try? FBFT.Proof(canonicalBytes: proof),
            decoded.header.decision == decision, decoded.header.valueHash == terms.suite.hash(value),
            decoded.decidedBlock(in: terms.context, suite: terms.suite) != nil
        else { return }
        if let certificate = known[decoded.certificate.vote] { return takeDecision(decoded.with(certificate), value) }
        guard let checks = terms.checks(of: decoded.certificate) else { return }
        effects.append(.verify(token(for: .caughtUp(decoded, value: value)), checks))
    }

    mutating func takeDecision(_ proof: FBFT.Proof, _ value: [UInt8]) {
        guard proof.header.decision == decided + 1 else { return }
        let block = ConsensusBlock(decision: proof.header.decision, parent: proof.header.parent, value: value)
        let identity = terms.identity(of: proof.header)
        blocks.insert(block, proof.header, identity, needed: neededBlocks + [identity])
        absorb(proof.certificate)
        if let held = blocks[identity], decided + 1 == proof.header.decision { decide(held, proof) }
    }

    // MARK: What is missing

    /// The highest decision that is proven to be one.
    private var knownDecided: UInt64 {
        max(commit?.decision ?? 0, lock.map { $0.decision - 1 } ?? 0, foreignProof?.header.decision ?? 0)
    }

    private mutating func askForMissing() {
        // Whoever signed for a block two above a decision has that decision.
        let others = max(lock.map { $0.decision > 2 ? $0.decision - 2 : 0 } ?? 0, foreignProof?.header.decision ?? 0)
        if max(knownDecided > 0 ? knownDecided - 1 : 0, others) > decided { need(upTo: knownDecided) }
        guard wanted == nil, let (decision, block, certificate) = missingBlock() else { return }
        let holders = certificate.signatures.map(\.orderer).filter { $0 != terms.own }
        guard !holders.isEmpty else { return }
        wanted = WantedBlock(decision: decision, block: block, holders: holders)
        request()
    }

    /// A block that a certificate names, or its parent, if it is not here.
    private func missingBlock() -> (UInt64, Digest, VoteCertificate)? {
        if let commit, let (decision, block) = missingBlock(of: commit) { return (decision, block, commit) }
        if let lock, let (decision, block) = missingBlock(of: lock) { return (decision, block, lock) }
        return nil
    }

    private func missingBlock(of certificate: VoteCertificate) -> (UInt64, Digest)? {
        let decision = certificate.decision
        guard decision > decided, decision <= decided + 2 else { return nil }
        guard let parent = blocks.parent(of: certificate.block) else { return (decision, certificate.block) }
        return decision == decided + 2 && !blocks.holds(parent) ? (decided + 1, parent) : nil
    }
}
