internal import Cryptography
internal import Primitives

// What an orderer knows when it comes back: its own records, and the proof of the last decision.
extension FBFT.Machine {
    /// Invariant of everything that is taken over: this node has checked it before.
    mutating func takeOver(_ proof: [UInt8]?) {
        guard let proof, let decoded = try? FBFT.Proof(canonicalBytes: proof),
            decoded.header.decision == decided,
            let block = decoded.decidedBlock(in: terms.context, suite: terms.suite)
        else { return }
        decidedProof = decoded
        decidedBlock = block
        known.insert(decoded.certificate)
        if decoded.child != nil { raiseLock(decoded.certificate) }
    }

    mutating func takeOver(_ record: FBFT.Record) {
        if let lock = record.lock, terms.plant != .forgetsLockOnRestart {
            known.insert(lock)
            raiseLock(lock)
        }
        if let vote = record.vote, vote.isAbove(lastVote) { lastVote = vote }
        for block in record.blocks where block.decision > decided {
            let (header, identity) = blocks.identify(block)
            blocks.insert(block, header, identity, needed: neededBlocks)
            blocks.update(identity) { $0.isRecorded = true }
        }
    }

    // MARK: Votes that others hold

    func heldVote(of orderer: UInt32) -> SignedVote? {
        guard orderer < terms.count else { return nil }
        return newestVote(
            of: orderer, heldVotes[Int(orderer)], in: [lock, commit, decidedProof?.certificate].compactMap { $0 })
    }

    func missingVote(_ signed: SignedVote) -> SignatureCheck? {
        guard let own = terms.own, signed.vote.view <= ConsensusLimits.numberMax else { return nil }
        let isMissing =
            signed.vote.phase == .prepare
            ? signed.vote.isAbove(lastVote) : signed.vote.view > max(recordedView ?? 0, lastVote?.view ?? 0)
        return isMissing ? terms.check(signed.vote, signed.signature, by: own) : nil
    }

    mutating func raiseLock(_ certificate: VoteCertificate) {
        if certificate.decision > decided, certificate.isHigher(than: lock) { lock = certificate }
    }

    /// The blocks that must not be let go of.
    var neededBlocks: [Digest] {
        var needed = proposals.map(\.identity)
        for certificate in [lock, commit] { if let certificate { needed.append(certificate.block) } }
        if let lastVote { needed.append(lastVote.block) }
        if let wanted { needed.append(wanted.block) }
        return needed + needed.compactMap { blocks[$0]?.block.parent }
    }

    /// All that the records say, in one.
    var liveRecord: FBFT.Record {
        FBFT.Record(
            view: max(view, recordedView ?? 0), vote: lastVote, lock: lock,
            blocks: blocks.open.filter { $0.isRecorded }.map(\.block))
    }
}
