internal import Ledger
internal import Primitives

// From view to view. The leader of the next one must not take long, nor overlook what may have been certified.
extension FBFT.Machine {
    /// Enters a view that a quorum wants, or has entered.
    mutating func enter(_ next: UInt64) {
        guard next > view else { return }
        if pace.decisionsInView == 0 { fail(terms.leader(of: view)) }
        view = next
        pace.enter(next, own: terms.own, terms.configuration)
        proposals = []
        blocks.forgetVerdicts()
        closing = nil
        leadership = nil
        hasOffer = false
        keepDeadline()
        guard let own = terms.own else { return }
        let leader = terms.leader(of: view)
        guard leader == own else { return send(.newView(report), to: leader) }
        takeLead()
    }

    private var report: FBFT.NewView {
        FBFT.NewView(
            view: view, lock: lock, proof: decidedProof, vote: lastVote.flatMap { $0.decision > decided ? $0 : nil })
    }

    // MARK: The leader's beginning

    /// Rule 8: nothing is proposed in a view before a record says so, nor in one that a record of an earlier life names.
    mutating func takeLead() {
        guard let own = terms.own, terms.leader(of: view) == own, leadership == nil,
            recordedView.map({ $0 < view }) ?? true
        else { return }
        var leadership = FBFT.Leadership(view: view, count: terms.count)
        leadership.reports[Int(own)] = FBFT.Leadership.Report(vote: report.vote)
        for (orderer, early) in earlyReports.enumerated() where early?.view == view {
            leadership.reports[orderer] = FBFT.Leadership.Report(vote: early?.vote)
        }
        self.leadership = leadership
        let record = FBFT.Record(view: view, vote: nil, lock: nil, blocks: [])
        effects.append(.persist(token(for: .viewRecord(view)), record: record.canonicalBytes, releases: []))
    }

    mutating func recorded(_ view: UInt64) {
        guard leadership?.view == view else { return }
        leadership?.isRecorded = true
        effects.append(
            .setTimer(
                token(for: .gatheringTimer(view: view)),
                afterMilliseconds: terms.configuration.viewTimeoutMilliseconds / 4))
    }

    mutating func heed(_ report: FBFT.NewView, from peer: UInt32) {
        if let proof = report.proof { takeForeign(proof) }
        if (report.proof?.header.decision ?? 0) < decided { tell(peer) }
        // It is sent once, and may be here before this node enters the view.
        if report.view > max(view, earlyReports[Int(peer)]?.view ?? 0) { earlyReports[Int(peer)] = report }
        hear(report.view, from: peer)
        guard report.view == view, leadership?.view == view else { return }
        let isNew = leadership?.reports[Int(peer)] == nil
        leadership?.reports[Int(peer)] = FBFT.Leadership.Report(vote: report.vote)
        if isNew { remind(peer) }
    }

    /// Whoever comes late to the view, or back to it, has missed what was proposed in it.
    mutating func remind(_ peer: UInt32) {
        guard leadership?.hasBegun == true else { return }
        for proposed in proposals { send(.proposal(proposed.proposal), to: peer) }
        if let lock, leadership?.commit?.vote.block == lock.block, lock.view == view {
            send(.certificate(lock), to: peer)
        }
    }

    /// Begins to propose once enough orderers have said what they voted for: with a certified block if there is one,
    /// else with one that may have been certified without anybody here knowing of it.
    mutating func beginIfPossible() {
        guard let leadership, leadership.isRecorded, !leadership.hasBegun else { return }
        let reporters = leadership.reports.indices.filter { leadership.reports[$0] != nil }.map(UInt32.init)
        guard terms.rule.isQuorum(SignerSet(reporters)) else { return }
        let isPatient = reporters.count < terms.count && !leadership.hasWaited
        let candidates = candidates(among: leadership.reports)
        let certified = lock.flatMap { $0.decision == decided + 1 ? $0 : nil }
        guard certified == nil else {
            if candidates.isEmpty || !isPatient { self.leadership?.hasBegun = true }
            return
        }
        guard let best = candidates.first else {
            self.leadership?.hasBegun = true
            return
        }
        guard candidates.count == 1 || !isPatient else { return }
        proposeReported(best, isPatient: isPatient)
    }

    /// Blocks for the next decision that somebody has voted for and that may have a certificate which is not known here;
    /// those of the highest view first.
    private func candidates(among reports: [FBFT.Leadership.Report?]) -> [ConsensusVote] {
        let known = lock.flatMap { $0.decision == decided + 1 ? $0 : nil }
        var candidates: [ConsensusVote] = []
        for report in reports {
            guard let vote = report?.vote, vote.decision == decided + 1 else { continue }
            if let known, vote.view <= known.view || vote.block == known.block { continue }
            if let place = candidates.firstIndex(where: { $0.block == vote.block }) {
                if candidates[place].view < vote.view { candidates[place] = vote }
            } else {
                candidates.append(vote)
            }
        }
        return candidates.sorted { ($0.view, $1.block) > ($1.view, $0.block) }
    }

    /// Proposes a block that has no certificate anybody knows of, as those who may be locked on it vote for nothing else.
    private mutating func proposeReported(_ vote: ConsensusVote, isPatient: Bool) {
        guard let held = blocks[vote.block], held.block.parent == decidedBlock, held.verdict != .invalid else {
            if !isPatient { leadership?.hasBegun = true }
            if blocks[vote.block] == nil, wanted == nil, isPatient { want(vote) }
            return
        }
        guard held.verdict == .valid else {
            // The node's own judgement first: a block that is refused everywhere must not come again for ever.
            if held.verdict == .unknown { askWhetherValid(held) }
            return
        }
        guard decidedProof?.child == nil else { return }
        leadership?.hasBegun = true
        propose(held.block, decidedProof?.certificate, .afterDecision)
    }

    private mutating func want(_ vote: ConsensusVote) {
        let reports = leadership?.reports ?? []
        let holders = reports.indices.filter { reports[$0]?.vote == vote }.map { UInt32($0) }
            .filter { $0 != terms.own }
        guard !holders.isEmpty else { return }
        wanted = WantedBlock(decision: vote.decision, block: vote.block, holders: holders)
        request()
    }

    mutating func askWhetherValid(_ held: HeldBlocks.Held) {
        let after = blocks[held.block.parent].map { [$0.block.value] } ?? []
        blocks.update(held.identity) { $0.verdict = .asked }
        effects.append(
            .validate(
                token(for: .validity(held.identity)), decision: held.block.decision, value: held.block.value,
                after: after, isFresh: true))
    }
}
