import Consensus
import Cryptography
import Primitives
import Testing

/// What one liar among four would have to bring about for two decisions where one may be. Orderer 2 lies.
@Suite struct PBFTForkTests {
    private let first = PBFTForge.block(1, 1)
    private let second = PBFTForge.block(2, after: PBFTForge.identity(PBFTForge.block(1, 1)), 2)
    private let other = PBFTForge.block(2, after: PBFTForge.identity(PBFTForge.block(1, 1)), 3)

    /// The liar begins its view twice: the second time with the report of an orderer that has learnt of the view by a
    /// certificate, and for one that was started again in between.
    @Test func `a view that begins twice forgets nothing that was decided before`() throws {
        var network = PBFTNetwork(count: 4)
        network.startAll()
        decideInFirstView(&network)
        let reports = try beginOnce(&network)
        network.start(1, records: network.records[1])
        try beginAgain(&network, reports)
        for block in [first, second] {
            let certificate = PBFTForge.certificate(PBFTForge.vote(.commit, for: block), by: [0, 2, 3])
            let proof = PBFT.Proof(header: block.header(in: .international), certificate: certificate)
            network.give(
                .caughtUp(decision: block.decision, value: block.value, proof: proof.canonicalBytes), to: 0)
        }
        #expect(network.decided[0] == [[1], [2]], "by the commit votes of 0, 2 and 3 in the first view")
        #expect(!network.decided[1].contains([3]) && !network.decided[3].contains([3]))
    }

    /// 0 and 3 give commit votes for both blocks, and so does the liar; 1 has seen but the first.
    private func decideInFirstView(_ network: inout PBFTNetwork) {
        network.propose([[1], [2]])
        for (block, index) in [(first, 0), (first, 3), (second, 0), (second, 3)] {
            network.give(PBFTForge.signed(PBFTForge.vote(.prepare, for: block), by: 2), from: 2, to: index)
        }
        network.run { envelope in
            if envelope.to == 1, case .proposal(_, let block) = envelope.message { return block == second }
            return envelope.to == 2 || envelope.message.vote?.phase == .commit
                || envelope.to == 1 && envelope.message.vote != nil
        }
        for index in [0, 3] {
            let records = network.records[index].compactMap { try? PBFT.Record(canonicalBytes: $0) }
            #expect(records.compactMap(\.commit?.decision) == [1, 2])
        }
    }

    /// View 2 begins with what 0 reports. 1 votes for the first block, and does not get the second.
    private func beginOnce(_ network: inout PBFTNetwork) throws -> [PBFT.ProvenReport] {
        network.bring(0, to: 2, by: [1, 2])
        network.bring(1, to: 2, by: [0, 2])
        let reports = try [0, 1].map { orderer in
            try #require(network.mail.first { $0.from == orderer && $0.message.report != nil }?.message.report)
        }
        let newView = PBFT.NewView(
            view: 2, reports: reports.map(\.signed) + [PBFTForge.report(2, by: 2)], proof: nil,
            certificates: reports[0].certificates)
        network.mail = []
        for index in 0...1 { network.give(.newView(newView), from: 2, to: index) }
        #expect(network.votes(.prepare, from: 0, to: 3).map(\.decision) == [1, 2])
        #expect(network.votes(.prepare, from: 1, to: 3).map(\.decision) == [1])
        network.mail = []
        return reports
    }

    /// Another beginning of view 2 for 1 and 3, and another second block.
    private func beginAgain(_ network: inout PBFTNetwork, _ reports: [PBFT.ProvenReport]) throws {
        network.mail = []
        network.give(.report(PBFTForge.proven(3, [PBFTForge.claim(first, view: 2)], by: 2)), from: 2, to: 3)
        let sent = network.mail.first { $0.from == 3 && $0.message.report?.signed.report.view == 2 }
        guard let report = sent?.message.report else { return }
        let newView = PBFT.NewView(
            view: 2, reports: [reports[1].signed, PBFTForge.report(2, by: 2), report.signed], proof: nil,
            certificates: [])
        let voters = [(1, [0]), (3, [0, 1])]
        for (index, peers) in voters {
            network.give(.newView(newView), from: 2, to: index)
            for block in [first, other] {
                network.give(.proposal(view: 2, block), from: 2, to: index)
                for phase in VotePhase.allCases {
                    let vote = PBFTForge.vote(phase, for: block, view: 2)
                    network.give(PBFTForge.signed(vote, by: 2), from: 2, to: index)
                }
            }
            // What 0 and 1 have voted for, as the view began for the first time.
            let vote = PBFTForge.vote(.prepare, for: first, view: 2)
            for peer in peers {
                network.give(PBFTForge.signed(vote, by: peer), from: UInt32(peer), to: index)
            }
        }
        network.run { $0.from == 0 || $0.to == 0 || $0.to == 2 }
    }
}
