internal import Cryptography
internal import Ledger
internal import Primitives

// From view to view. What may have been decided must be voted for again, and a quorum's reports show what that is.
extension PBFT.Machine {
    /// Enters a view that a quorum wants, or has entered.
    mutating func enter(_ next: UInt64) {
        guard next > view else { return }
        if pace.decisionsInView == 0 { fail(terms.leader(of: view)) }
        view = next
        pace.enter(next, own: terms.own, terms.configuration)
        (slots, ownVotes, agendaCertificates) = ([], [], [])
        accusationCounts = Array(repeating: 0, count: terms.count)
        (agenda, report, leadership, wanted) = (nil, nil, nil, nil)
        (hasOffer, isExhausted) = (false, false)
        blocks.forgetVerdicts()
        keepDeadline()
        listen()
        guard let own = terms.own else { return }
        if terms.leader(of: view) == own {
            var leadership = PBFT.Leadership(view: view, count: terms.count)
            for (orderer, early) in earlyReports.enumerated() where early?.signed.report.view == view {
                leadership.reports[orderer] = early
            }
            self.leadership = leadership
        }
        makeReport()
        for orderer in earlyVotes.indices where earlyVotes[orderer].first?.vote.view == view {
            let votes = earlyVotes[orderer]
            earlyVotes[orderer] = []
            for signed in votes { collect(signed, from: UInt32(orderer)) }
        }
    }

    // MARK: Reports

    /// Rule 8: says what is prepared, all that it may have given a commit vote for.
    mutating func makeReport() {
        guard terms.own != nil else { return }
        var claims: [PBFT.Claim] = []
        var certificates: [VoteCertificate] = []
        while terms.plant != .losesPrepared, claims.count < ConsensusLimits.pbftWindowDecisions,
            let certificate = preparedCertificate(for: decided + UInt64(claims.count) + 1),
            certificate.view < view, let held = blocks[certificate.block]
        {
            claims.append(PBFT.Claim(view: certificate.view, header: held.header))
            certificates.append(certificate)
        }
        let report = PBFT.Report(view: view, decided: decided, claims: claims)
        let token = token(for: .reportSignature(report, decidedProof, certificates))
        effects.append(.sign(token, report.digest(in: terms.context, suite: terms.suite)))
    }

    /// The promise that goes with a report is durable before anybody hears of it.
    mutating func signed(
        _ report: PBFT.Report, _ proof: PBFT.Proof?, _ certificates: [VoteCertificate], _ signature: Signature
    ) {
        guard let own = terms.own, report.view == view else { return }
        let signed = PBFT.SignedReport(orderer: own, report: report, signature: signature)
        let proven = PBFT.ProvenReport(signed: signed, proof: proof, certificates: certificates)
        let leader = terms.leader(of: view)
        let releases: [EngineEffect] =
            leader == own ? [] : [.send(to: leader, PBFT.Message.report(proven).canonicalBytes)]
        let record = PBFT.Record(view: view)
        effects.append(
            .persist(token(for: .reportRecord(proven)), record: record.canonicalBytes, releases: releases))
    }

    mutating func recorded(_ proven: PBFT.ProvenReport) {
        guard let own = terms.own, proven.signed.report.view == view else { return }
        report = proven
        leadership?.reports[Int(own)] = proven
    }

    /// What must be checked of a report for its leader to believe it; nil if nothing could help it.
    func checks(of proven: PBFT.ProvenReport) -> [SignatureCheck]? {
        let report = proven.signed.report
        guard report.isSound, proven.certificates.count == report.claims.count,
            base(report.decided, by: proven.proof) != nil
        else { return nil }
        var certificates = proven.proof.map { [$0.certificate] } ?? []
        for (claim, certificate) in zip(report.claims, proven.certificates) {
            guard certificate.vote == claim.vote(in: terms.context, suite: terms.suite) else { return nil }
            certificates.append(certificate)
        }
        return checks(of: certificates, [proven.signed])
    }

    /// The signatures of certificates that are not known to hold, and of reports; nil if one has no quorum.
    private func checks(of certificates: [VoteCertificate], _ reports: [PBFT.SignedReport]) -> [SignatureCheck]? {
        var checks = reports.map { signed in
            SignatureCheck(
                publicKey: terms.orderers[Int(signed.orderer)],
                digest: signed.report.digest(in: terms.context, suite: terms.suite), signature: signed.signature)
        }
        for certificate in certificates where !known.contains(certificate.vote) && terms.plant != .trustsCertificates {
            guard let own = terms.checks(of: certificate) else { return nil }
            checks += own
        }
        return checks
    }

    /// The identity of the block of a decision that somebody has, by its proof, or by this being where the epoch begins;
    /// nil if it shows neither.
    func base(_ decision: UInt64, by proof: PBFT.Proof?) -> Digest? {
        guard let proof else { return origin.decision == decision ? origin.block : nil }
        guard proof.header.decision == decision else { return nil }
        return proof.decidedBlock(in: terms.context, suite: terms.suite)
    }

    /// A peer's report, which is true.
    mutating func heed(_ proven: PBFT.ProvenReport, from peer: UInt32) {
        for certificate in proven.certificates { absorb(certificate) }
        if let proof = proven.proof { takeForeign(proof) }
        let report = proven.signed.report
        if report.decided < decided { tell(peer) }
        // It is sent once, and may be here before this node enters the view.
        if report.view > max(view, earlyReports[Int(peer)]?.signed.report.view ?? 0) {
            earlyReports[Int(peer)] = proven
        }
        hear(report.view, from: peer)
        guard report.view == view, leadership?.view == view else { return }
        leadership?.reports[Int(peer)] = proven
        // Whoever comes late has missed what was proposed.
        if leadership?.hasBegun == true { remindInTime(peer) }
    }

    // MARK: The beginning of a view

    /// Begins the view once a quorum has reported.
    mutating func beginIfPossible() {
        guard let own = terms.own, let leadership, !leadership.hasBegun, leadership.view == view, view > 0,
            leadership.reports[Int(own)] != nil
        else { return }
        // Who is further has what this node will get, or lies low with a proof that nobody else has.
        let reports = leadership.reports.compactMap { $0 }.filter { $0.signed.report.decided <= decided }
        guard terms.rule.isQuorum(SignerSet(reports.map(\.signed.orderer))),
            let newest = reports.max(by: { $0.signed.report.decided < $1.signed.report.decided }),
            let block = base(newest.signed.report.decided, by: newest.proof)
        else { return }
        var said = reports.map(\.signed)
        if terms.plant == .proposesAnew { said = said.map(\.withoutClaims) }
        let agenda = PBFT.Agenda(said.map(\.report), after: block, in: terms.context, suite: terms.suite)
        let votes = agenda.claims.map { $0.vote(in: terms.context, suite: terms.suite) }
        let certificates = votes.compactMap { vote in
            reports.lazy.flatMap(\.certificates).first { $0.vote == vote }
        }
        guard certificates.count == votes.count else { return }
        let newView = PBFT.NewView(view: view, reports: said, proof: newest.proof, certificates: certificates)
        self.leadership?.newView = newView
        self.leadership?.hasBegun = true
        send(.newView(newView), to: nil)
        take(agenda, certificates)
    }

    private mutating func take(_ agenda: PBFT.Agenda, _ certificates: [VoteCertificate]) {
        (self.agenda, agendaCertificates) = (agenda, certificates)
        fillSlots()
    }

    /// What a new view follows from, and what must be checked for that; nil if it follows from nothing.
    func agenda(of newView: PBFT.NewView) -> (PBFT.Agenda, [SignatureCheck])? {
        let reports = newView.reports.map(\.report)
        guard newView.reports.allSatisfy({ $0.orderer < terms.count }),
            reports.allSatisfy({ $0.view == newView.view && $0.isSound }),
            let block = base(reports.map(\.decided).max() ?? 0, by: newView.proof)
        else { return nil }
        let agenda = PBFT.Agenda(reports, after: block, in: terms.context, suite: terms.suite)
        guard terms.plant != .skipsNewViewProof else { return (agenda, []) }
        let votes = agenda.claims.map { $0.vote(in: terms.context, suite: terms.suite) }
        let certificates = newView.certificates + (newView.proof.map { [$0.certificate] } ?? [])
        guard terms.rule.isQuorum(SignerSet(ascending: newView.reports.map(\.orderer))),
            newView.certificates.map(\.vote) == votes, let checks = checks(of: certificates, newView.reports)
        else { return nil }
        return (agenda, checks)
    }

    /// A new view that holds.
    mutating func heed(_ newView: PBFT.NewView) {
        enter(newView.view)
        // What it shows may prove that a later view has begun: that one does not begin with this.
        for certificate in newView.certificates { absorb(certificate) }
        if let proof = newView.proof { takeForeign(proof) }
        guard newView.view == view, agenda == nil, let (agenda, _) = agenda(of: newView) else { return }
        take(agenda, newView.certificates)
    }

    // MARK: Who comes late

    mutating func remind(_ peer: UInt32) {
        if let leadership, leadership.hasBegun {
            if let newView = leadership.newView { send(.newView(newView), to: peer) }
            let last = agenda?.last ?? 0
            for block in namedBlocks.compactMap({ blocks.block($0) }) where block.decision > last {
                send(.proposal(view: view, block), to: peer)
            }
        } else if agenda == nil, peer == terms.leader(of: view) {
            if let report { send(.report(report), to: peer) } else { sendWish(to: peer) }
        }
        for signed in ownVotes where signed.vote.decision > decided {
            send(.vote(signed.vote, signed.signature), to: peer)
        }
    }
}

extension PBFT.SignedReport {
    /// What a liar makes of it.
    fileprivate var withoutClaims: PBFT.SignedReport {
        PBFT.SignedReport(
            orderer: orderer, report: PBFT.Report(view: report.view, decided: report.decided, claims: []),
            signature: signature)
    }
}
