internal import Cryptography
internal import Primitives

// What an orderer knows when it comes back: its own records, and the proof of the last decision.
extension PBFT.Machine {
    /// Invariant of everything that is taken over: this node has checked it before.
    mutating func takeOver(_ proof: [UInt8]?) {
        guard let proof, let decoded = try? PBFT.Proof(canonicalBytes: proof), decoded.header.decision == decided,
            let block = decoded.decidedBlock(in: terms.context, suite: terms.suite)
        else { return }
        decidedProof = decoded
        decidedBlock = block
        known.insert(decoded.certificate)
    }

    mutating func takeOver(_ record: PBFT.Record) {
        if let vote = record.prepare, vote.isAbove(lastPrepare) { lastPrepare = vote }
        if let vote = record.commit, vote.isAbove(lastCommit) { lastCommit = vote }
        guard terms.plant != .forgetsLockOnRestart else { return }
        for certificate in record.certificates {
            known.insert(certificate)
            guard isNear(certificate.decision) else { continue }
            recordedCertificates.append(certificate.vote)
            prepared.raise(certificate)
        }
    }

    mutating func takeOver(_ block: ConsensusBlock) {
        let (header, identity) = blocks.identify(block)
        let lastVoted = [lastPrepare?.block].compactMap { $0 }
        blocks.insert(block, header, identity, needed: neededBlocks + lastVoted)
        blocks.update(identity) { $0.isRecorded = true }
    }

    // MARK: Votes that others hold

    /// The last votes of an orderer, of each phase.
    func heldVotes(of orderer: UInt32) -> [SignedVote] {
        guard orderer < terms.count else { return [] }
        let prepare = newestVote(of: orderer, heldVotes[Int(orderer)], in: prepared)
        let commit = newestVote(
            of: orderer, heldCommits[Int(orderer)], in: commits + [decidedProof?.certificate].compactMap { $0 })
        return [prepare, commit].compactMap { $0 }
    }

    mutating func hold(_ signed: SignedVote, of orderer: UInt32) {
        if signed.vote.phase == .prepare {
            hold(signed, of: orderer, in: \.heldVotes)
        } else {
            hold(signed, of: orderer, in: \.heldCommits)
        }
    }

    /// What shows that one of these votes, which peers hold, is this node's and not in its records.
    func missingVote(_ votes: [SignedVote]) -> SignatureCheck? {
        guard let own = terms.own else { return nil }
        let missing = votes.first { signed in
            signed.vote.view <= ConsensusLimits.numberMax
                && signed.vote.isAbove(signed.vote.phase == .prepare ? lastPrepare : lastCommit)
        }
        return missing.map { terms.check($0.vote, $0.signature, by: own) }
    }

    private func isKept(_ held: HeldBlocks.Held) -> Bool {
        held.isRecorded || prepared.contains { $0.block == held.identity }
    }

    /// All that the records say, in one: of certificates those that have taken the place of what is in them.
    var liveRecord: PBFT.Record {
        PBFT.Record(
            view: view, prepare: lastPrepare, commit: lastCommit,
            certificates: prepared, blocks: blocks.open.filter(isKept).map(\.block))
    }
}
