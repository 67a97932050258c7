internal import Cryptography
internal import Primitives

// What an orderer knows when it comes back: its own records, and the proof of the last decision.
extension PBFT.Machine {
    /// Invariant of everything that is taken over: this node has checked it before.
    mutating func takeOver(_ proof: [UInt8]?) {
        guard let proof, let decoded = try? PBFT.Proof(canonicalBytes: proof), decoded.header.decision == decided,
            let block = decoded.decidedBlock(in: terms.context, suite: terms.suite)
        else { return origin = (decided, decidedBlock) }
        decidedProof = decoded
        decidedBlock = block
        known.insert(decoded.certificate)
    }

    mutating func takeOver(_ record: PBFT.Record) {
        if let vote = record.prepare, vote.isAbove(lastPrepare) { lastPrepare = vote }
        if let vote = record.commit, vote.isAbove(lastCommit) { lastCommit = vote }
        for block in record.blocks where block.decision > decided {
            let (header, identity) = blocks.identify(block)
            blocks.insert(block, header, identity, needed: neededBlocks)
            blocks.update(identity) { $0.isRecorded = true }
        }
        guard terms.plant != .forgetsLockOnRestart else { return }
        for certificate in record.certificates {
            recordedCertificates.append(certificate.vote)
            known.insert(certificate)
            if certificate.decision > decided { prepared.raise(certificate) }
        }
    }

    // MARK: Votes that others hold

    func heldVote(of orderer: UInt32) -> SignedVote? {
        newestVote(of: orderer, in: prepared + commits + [decidedProof?.certificate].compactMap { $0 })
    }

    func missingVote(_ signed: SignedVote) -> SignatureCheck? {
        guard let own = terms.own, signed.vote.view <= ConsensusLimits.numberMax else { return nil }
        let isMissing = signed.vote.isAbove(signed.vote.phase == .prepare ? lastPrepare : lastCommit)
        return isMissing ? terms.check(signed.vote, signed.signature, by: own) : nil
    }

    /// All that the records say, in one.
    var liveRecord: PBFT.Record {
        PBFT.Record(
            view: view, prepare: lastPrepare, commit: lastCommit,
            certificates: prepared.filter { recordedCertificates.contains($0.vote) },
            blocks: blocks.open.filter { $0.isRecorded }.map(\.block))
    }
}
