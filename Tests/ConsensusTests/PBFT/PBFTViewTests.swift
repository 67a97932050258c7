import Consensus
import Cryptography
import Primitives
import Testing

/// PBFT, message by message: how it gets from view to view, and what an orderer remembers.
@Suite struct PBFTViewTests {
    private let first = PBFTForge.block(1, 1)

    private func network() -> PBFTNetwork {
        var network = PBFTNetwork(count: 4)
        network.startAll()
        return network
    }

    // MARK: What may have been decided

    /// Whether somebody has decided, or nobody.
    @Test(arguments: [true, false]) func `what may have been decided comes first in the next view`(_ isDecided: Bool) {
        var network = network()
        network.propose([[1], [2]])
        network.run { $0.message.vote?.phase == .commit && !($0.to == 2 && isDecided) }
        #expect(network.decided.map(\.count) == [0, 0, isDecided ? 2 : 0, 0])
        network.values = [[9]]
        var newViews: [PBFT.NewView] = []
        for _ in 0..<4 {
            network.pass(milliseconds: 1001)
            network.run { envelope in
                if let newView = envelope.message.newView { newViews.append(newView) }
                return envelope.from == 0 || envelope.to == 0
            }
            for index in [1, 3] where isDecided { network.fetch(index, from: 2) }
            network.run { envelope in
                if let newView = envelope.message.newView { newViews.append(newView) }
                return envelope.from == 0 || envelope.to == 0
            }
        }
        for index in 1...3 { #expect(network.decided[index] == [[1], [2], [9]]) }
        #expect(newViews.first?.certificates.map(\.decision) == (isDecided ? [] : [1, 2]))
        #expect(newViews.first?.proof?.header.decision == (isDecided ? 2 : nil))
        #expect(network.refused.isEmpty)
    }

    /// Orderer 3 lies: it has named a block before the others know what its view begins with.
    @Test func `nobody votes below what a view begins with, though it has not decided that yet`() {
        var network = network()
        let second = PBFTForge.block(2, after: PBFTForge.identity(first), 2)
        network.bring(1, to: 3)
        network.give(.proposal(view: 3, PBFTForge.block(1, 7)), from: 3, to: 1)
        let claims = [PBFTForge.claim(first), PBFTForge.claim(second)]
        let reports = [
            PBFTForge.report(3, claims, by: 1), PBFTForge.report(3, claims, by: 2),
            PBFTForge.report(3, decided: 2, by: 3),
        ]
        let newView = PBFT.NewView(view: 3, reports: reports, proof: PBFTForge.proof(second), certificates: [])
        network.give(.newView(newView), from: 3, to: 1)
        #expect(network.engines[1].status.view == 3 && network.refused.isEmpty && network.needed == [1])
        #expect(network.votes(.prepare, from: 1, to: 0).isEmpty)
        for block in [first, second] {
            network.give(
                .caughtUp(
                    decision: block.decision, value: block.value, proof: PBFTForge.proof(block).canonicalBytes), to: 1)
        }
        let third = PBFTForge.block(3, after: PBFTForge.identity(second), 3)
        network.give(.proposal(view: 3, third), from: 3, to: 1)
        #expect(network.votes(.prepare, from: 1, to: 0) == [PBFTForge.vote(.prepare, for: third, view: 3)])
    }

    /// Orderer 0 lies: nobody else has what it can prove.
    @Test func `a leader begins without those who are further than itself`() throws {
        var network = network()
        let second = PBFTForge.block(2, after: PBFTForge.identity(first), 2)
        network.bring(2, to: 2)
        network.give(.report(PBFTForge.proven(2, after: PBFTForge.proof(second), by: 0)), from: 0, to: 2)
        network.give(.report(PBFTForge.proven(2, [PBFTForge.claim(first)], by: 1)), from: 1, to: 2)
        #expect(network.mail.allSatisfy { $0.message.newView == nil })
        network.give(.report(PBFTForge.proven(2, by: 3)), from: 3, to: 2)
        let newView = try #require(network.mail.lazy.compactMap(\.message.newView).first)
        #expect(newView.reports.map(\.orderer) == [1, 2, 3] && newView.proof == nil)
        #expect(newView.certificates.map(\.decision) == [1])
    }

    @Test func `what links to another block than what comes first is dropped`() throws {
        var network = network()
        let second = PBFTForge.block(2, after: PBFTForge.identity(first), 2)
        let other = PBFTForge.block(1, 3)
        network.bring(2, to: 2)
        let claims = [PBFTForge.claim(first), PBFTForge.claim(second)]
        network.give(.report(PBFTForge.proven(2, claims, by: 0)), from: 0, to: 2)
        #expect(network.mail.allSatisfy { $0.message.newView == nil }, "two reports are no quorum")
        network.give(.report(PBFTForge.proven(2, [PBFTForge.claim(other, view: 1)], by: 1)), from: 1, to: 2)
        let newView = try #require(network.mail.lazy.compactMap(\.message.newView).first)
        #expect(newView.certificates.map(\.vote) == [PBFTForge.vote(.prepare, for: other, view: 1)])
        #expect(newView.certificates.allSatisfy { PBFTForge.holds($0) })
        // It has the certificate, and asks for the block.
        let identity = PBFTForge.identity(other)
        #expect(network.mail.contains { $0.message == .blockRequest(decision: 1, block: identity) })
        #expect(network.votes(.prepare, from: 2, to: 0).isEmpty)
        network.give(.block(other), from: 0, to: 2)
        #expect(network.votes(.prepare, from: 2, to: 0) == [PBFTForge.vote(.prepare, for: other, view: 2)])
    }

    @Test func `what is prepared in an earlier view is prepared again before it gets a commit vote`() {
        var network = network()
        network.give(.proposal(view: 0, first), from: 0, to: 3)
        network.mail = []
        network.give(.newView(newView([0, 1, 2])), from: 1, to: 3)
        let vote = PBFTForge.vote(.prepare, for: first, view: 1)
        #expect(network.votes(.prepare, from: 3, to: 0) == [vote])
        for peer in 0..<2 {
            #expect(network.votes(.commit, from: 3, to: 0).isEmpty)
            network.give(PBFTForge.signed(vote, by: peer), from: UInt32(peer), to: 3)
        }
        #expect(network.votes(.commit, from: 3, to: 0) == [PBFTForge.vote(.commit, for: first, view: 1)])
    }

    /// It alone knows of a certificate of view 1 for another block; view 2 begins without it.
    @Test func `a block that a view begins with is asked for by who knows a later certificate`() {
        var network = network()
        let other = PBFTForge.claim(PBFTForge.block(1, 3), view: 1)
        network.give(.report(PBFTForge.proven(3, [other], by: 1)), from: 1, to: 3)
        network.mail = []
        let reports = (0..<3).map { PBFTForge.report(2, $0 == 0 ? [PBFTForge.claim(first)] : [], by: $0) }
        let certificate = PBFTForge.certificate(PBFTForge.vote(.prepare, for: first))
        network.give(
            .newView(PBFT.NewView(view: 2, reports: reports, proof: nil, certificates: [certificate])), from: 2, to: 3)
        #expect(network.engines[3].status.view == 2 && network.refused.isEmpty)
        let request = PBFT.Message.blockRequest(decision: 1, block: PBFTForge.identity(first))
        #expect(network.mail.contains { $0.message == request })
    }

    @Test func `a leader proposes nothing else for what its view begins with`() {
        var network = network()
        network.give(.newView(newView([0, 1, 2])), from: 1, to: 3)
        network.give(.proposal(view: 1, PBFTForge.block(1, 7)), from: 1, to: 3)
        #expect(network.refused.map(\.fault) == [.conflicting])
        #expect(network.votes(.prepare, from: 3, to: 0).isEmpty)
    }

    // MARK: New views

    /// Of view 1: the first orderer claims the first block, the others nothing.
    private func newView(
        _ orderers: [Int], of view: UInt64 = 1, certificates: [VoteCertificate]? = nil,
        report: ((PBFT.SignedReport) -> PBFT.SignedReport)? = nil
    ) -> PBFT.NewView {
        var reports = orderers.map { PBFTForge.report(view, $0 == 0 ? [PBFTForge.claim(first)] : [], by: $0) }
        if let report, let changed = reports.first.map(report) { reports[0] = changed }
        return PBFT.NewView(
            view: 1, reports: reports, proof: nil,
            certificates: certificates ?? [PBFTForge.certificate(PBFTForge.vote(.prepare, for: first))])
    }

    private func said(_ claims: [PBFT.Claim], by signed: PBFT.SignedReport) -> PBFT.SignedReport {
        let report = PBFT.Report(view: 1, decided: 0, claims: claims)
        return PBFT.SignedReport(orderer: signed.orderer, report: report, signature: signed.signature)
    }

    @Test func `a new view that does not follow from a quorum's reports is refused`() {
        var network = network()
        let other = PBFTForge.block(1, 2)
        let certificate = PBFTForge.certificate(PBFTForge.vote(.prepare, for: first))
        let gap = PBFTForge.claim(PBFTForge.block(2, after: PBFTForge.identity(first), 2))
        let cases: [(what: String, newView: PBFT.NewView, fault: MessageFault)] = [
            ("two reports", newView([0, 1]), .wrongCertificate),
            ("a stranger's report", newView([0, 1, 4]), .wrongCertificate),
            ("reports for another view", newView([0, 1, 2], of: 5), .wrongCertificate),
            ("a claim left out", newView([0, 1, 2], certificates: []) { said([], by: $0) }, .wrongSignature),
            ("no certificate", newView([0, 1, 2], certificates: []), .wrongCertificate),
            ("one too many", newView([1, 2, 3]), .wrongCertificate),
            (
                "another's certificate",
                newView([0, 1, 2], certificates: [PBFTForge.certificate(PBFTForge.vote(.prepare, for: other))]),
                .wrongCertificate
            ),
            (
                "commit votes",
                newView([0, 1, 2], certificates: [PBFTForge.certificate(PBFTForge.vote(.commit, for: first))]),
                .wrongCertificate
            ),
            (
                "too few signatures",
                newView([0, 1, 2], certificates: [PBFTForge.certificate(certificate.vote, by: [0, 1])]),
                .wrongCertificate
            ),
            (
                "wrong signatures", newView([0, 1, 2], certificates: [PBFTForge.wrong(certificate)]),
                .wrongSignature
            ),
            (
                "a gap", newView([0, 1, 2], certificates: []) { PBFTForge.report(1, [gap], by: Int($0.orderer)) },
                .wrongCertificate
            ),
        ]
        for (what, newView, fault) in cases {
            network.give(.newView(newView), from: 1, to: 3)
            #expect(network.refused.last?.fault == fault, "\(what)")
        }
        #expect(network.refused.count == cases.count)
        network.give(.newView(newView([0, 1, 2])), from: 2, to: 3)
        #expect(network.refused.last?.fault == .notItsPlace)
        #expect(network.engines[3].status.view == 0 && network.mail.isEmpty)
        network.give(.newView(newView([0, 1, 2])), from: 1, to: 3)
        #expect(network.engines[3].status.view == 1 && network.refused.count == cases.count + 1)
    }

    @Test func `a report that does not show what it claims is refused`() {
        var network = network()
        let whole = PBFTForge.proven(1, [PBFTForge.claim(first)], by: 2)
        let late = PBFTForge.proven(1, [PBFTForge.claim(first, view: 1)], by: 2)
        let changed = said([PBFTForge.claim(first)], by: PBFTForge.report(1, by: 2))
        let cases: [(report: PBFT.ProvenReport, fault: MessageFault)] = [
            (PBFT.ProvenReport(signed: whole.signed, proof: nil, certificates: []), .wrongCertificate),
            (
                PBFT.ProvenReport(
                    signed: whole.signed, proof: nil, certificates: whole.certificates.map(PBFTForge.wrong)),
                .wrongSignature
            ),
            (PBFT.ProvenReport(signed: changed, proof: nil, certificates: whole.certificates), .wrongSignature),
            (PBFTForge.proven(1, by: 3), .notItsPlace), (late, .wrongCertificate),
        ]
        for (report, fault) in cases {
            network.give(.report(report), from: 2, to: 1)
            #expect(network.refused.last?.fault == fault)
        }
        #expect(network.refused.count == cases.count && network.mail.isEmpty)
    }

    @Test func `reports that come before their leader enters the view count`() {
        var network = network()
        for peer in 2...3 { network.give(.report(PBFTForge.proven(1, by: peer)), from: UInt32(peer), to: 1) }
        let newView = network.mail.lazy.compactMap(\.message.newView).first
        #expect(newView?.reports.map(\.orderer) == [1, 2, 3])
    }

    // MARK: Certificates

    @Test func `wrong signatures for a vote that is known are not kept, nor passed on`() throws {
        var network = network()
        network.propose([[1]])
        network.run { $0.message.vote?.phase == .commit }
        network.bring(1, to: 1)
        for peer in [0, 2] {
            let whole = PBFTForge.proven(1, [PBFTForge.claim(first)], by: peer)
            let report = PBFT.ProvenReport(
                signed: whole.signed, proof: nil, certificates: whole.certificates.map(PBFTForge.wrong))
            network.give(.report(report), from: UInt32(peer), to: 1)
        }
        let newView = try #require(network.mail.lazy.compactMap(\.message.newView).first)
        #expect(newView.reports.count == 3 && newView.certificates.count == 1)
        #expect(newView.certificates.allSatisfy { PBFTForge.holds($0) })
        let records = try network.records[1].map { try PBFT.Record(canonicalBytes: $0) }
        #expect(records.flatMap(\.certificates).allSatisfy { PBFTForge.holds($0) })
    }

    @Test func `a decision is kept with signatures that hold`() throws {
        var network = network()
        network.propose([[1]])
        network.run { $0.to == 3 }
        let proof = try PBFT.Proof(canonicalBytes: try #require(network.proofs[0][0]))
        let wrong = PBFT.Proof(header: proof.header, certificate: PBFTForge.wrong(proof.certificate))
        network.give(.decided(wrong), from: 0, to: 3)
        #expect(network.refused.map(\.fault) == [.wrongSignature] && network.mail.isEmpty)
        network.give(.decided(proof), from: 0, to: 3)
        network.give(.caughtUp(decision: 1, value: [1], proof: wrong.canonicalBytes), to: 3)
        #expect(network.decided[3] == [[1]])
        let kept = try PBFT.Proof(canonicalBytes: try #require(network.proofs[3][0]))
        #expect(PBFTForge.holds(kept.certificate))
    }

    // MARK: What is remembered

    @Test func `a leader that comes back does not propose in its view again`() {
        var network = network()
        network.propose([[1]])
        for records in [network.records[0], network.engines[0].liveRecords] {
            var again = network
            again.mail = []
            again.start(0, records: records)
            again.propose([[2]])
            #expect(!again.mail.contains { $0.message.isProposal } && again.values == [[2]])
            #expect(again.mail.contains { $0.message == .wish(view: 1, decided: 0) })
        }
    }

    @Test func `an orderer comes back with its votes`() {
        var network = network()
        network.give(.proposal(view: 0, first), from: 0, to: 1)
        for records in [network.records[1], network.engines[1].liveRecords] {
            var again = network
            again.start(1, records: records)
            again.mail = []
            again.give(.proposal(view: 0, PBFTForge.block(1, 2)), from: 0, to: 1)
            #expect(again.mail.isEmpty, "it has voted in this view")
        }
    }

    @Test func `an orderer comes back to the view that it has reported for`() {
        var network = network()
        network.isDurableAtOnce = false
        network.bring(2, to: 1)
        #expect(!network.mail.contains { $0.message.report != nil }, "it waits for its record")
        network.persistAll()
        #expect(network.mail.filter { $0.message.report != nil }.map(\.to) == [1])
        network.isDurableAtOnce = true
        for records in [network.records[2], network.engines[2].liveRecords] {
            var again = network
            again.mail = []
            again.start(2, records: records)
            #expect(again.engines[2].status.view == 1)
            #expect(again.mail.contains { $0.message.report?.signed.report.view == 1 })
            again.mail = []
            again.give(.proposal(view: 0, first), from: 0, to: 2)
            #expect(again.mail.isEmpty, "it has promised not to vote in the view before")
        }
    }

    @Test func `an orderer comes back with what is prepared, and reports it`() throws {
        var network = network()
        network.propose([[1], [2]])
        network.run { $0.message.vote?.phase == .commit }
        for records in [network.records[2], network.engines[2].liveRecords] {
            var again = network
            again.start(2, records: records)
            again.mail = []
            again.bring(2, to: 1)
            let report = try #require(again.mail.lazy.compactMap(\.message.report).first)
            #expect(report.signed.report.claims.map(\.decision) == [1, 2])
            #expect(report.certificates.allSatisfy { PBFTForge.holds($0) })
        }
    }

    /// It has given commit votes for both blocks in view 0, and learns of view 2 by a certificate for the first alone.
    @Test func `a report says all that its orderer has given commit votes for`() throws {
        var network = network()
        network.propose([[1], [2]])
        network.run { $0.message.vote?.phase == .commit }
        network.give(.report(PBFTForge.proven(3, [PBFTForge.claim(first, view: 2)], by: 0)), from: 0, to: 3)
        #expect(network.engines[3].status.view == 2)
        let reports = network.mail.filter { $0.from == 3 }.compactMap(\.message.report)
        #expect(reports.allSatisfy { $0.signed.report.claims.map(\.decision) == [1, 2] })
    }

    /// A later certificate for the same block, which no record holds yet, takes the place of the recorded one.
    @Test func `the live record holds all that commit votes were given for`() throws {
        var network = network()
        network.propose([[1], [2]])
        network.run { $0.message.vote?.phase == .commit }
        network.give(.report(PBFTForge.proven(3, [PBFTForge.claim(first, view: 2)], by: 0)), from: 0, to: 3)
        let record = try PBFT.Record(canonicalBytes: try #require(network.engines[3].liveRecords.first))
        #expect(record.certificates.map(\.decision) == [1, 2])
    }

    // MARK: Idle networks

    @Test func `an idle leader says that it is there, and stays`() {
        var network = network()
        for _ in 0..<20 {
            network.pass(milliseconds: 250)
            #expect(network.mail.map(\.message) == Array(repeating: .wish(view: 0, decided: 0), count: 3))
            network.run()
        }
        #expect(network.engines.allSatisfy { $0.status.view == 0 })
    }

    @Test func `a leader that falls silent is left before there is work`() {
        var network = network()
        for _ in 0..<6 {
            network.pass(milliseconds: 250)
            network.run { $0.from == 0 }
        }
        #expect(network.engines.allSatisfy { $0.status.view == 1 })
        #expect(network.engines[1].status.phase == "leading")
        network.propose([[1]])
        network.run { $0.from == 0 }
        #expect(network.decided.allSatisfy { $0 == [[1]] })
    }

    @Test func `who missed the beginning of a view is told of it, and of what was decided`() {
        var network = network()
        for index in 1...2 { network.give(.suspect(0), to: index) }
        network.run { $0.to == 3 }
        network.propose([[1]])
        network.run { $0.to == 3 }
        #expect(network.decided == [[[1]], [[1]], [[1]], []] && network.engines[3].status.view == 0)
        for peer in 0..<UInt32(3) { network.give(.connected(peer), to: 3) }
        network.run()
        #expect(network.decided[3] == [[1]] && network.engines[3].status.view == 1)
    }
}
