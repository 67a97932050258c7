import Consensus
import Cryptography
import Ledger
import Primitives
import Testing

/// FBFT, message by message: its rules, each where it matters.
@Suite struct FBFTTests {
    private func network(_ count: Int = 4) -> FBFTNetwork {
        var network = FBFTNetwork(count: count)
        network.startAll()
        return network
    }

    private func message(_ message: FBFT.Message) -> [UInt8] { message.canonicalBytes }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 10]) func `what is proposed is decided by all`(_ count: Int) {
        var network = network(count)
        network.propose([[1], [2], [3]])
        network.run()
        #expect(network.decided.allSatisfy { $0 == [[1], [2], [3]] })
        #expect(network.refused.isEmpty && network.evidence.isEmpty)
    }

    @Test func `without work nothing is said, and no timer runs`() {
        var network = network()
        #expect(network.mail.isEmpty && network.timers.isEmpty)
        network.propose([[1]])
        network.run()
        network.timers = []
        network.pass(milliseconds: 60_000)
        #expect(network.mail.isEmpty && network.timers.isEmpty)
    }

    @Test func `no vote is heard of before it is durable`() {
        var network = network()
        network.isDurableAtOnce = false
        network.propose([[1]])
        // The leader's record of its view, then its proposal.
        network.persistAll()
        let proposals = network.mail.count
        network.run()
        #expect(proposals == 3 && network.mail.isEmpty, "votes wait for their records")
        network.persistAll()
        #expect(network.mail.filter { if case .vote = $0.message { true } else { false } }.count == 3)
    }

    @Test func `a voter votes once for a decision in a view`() {
        var network = network()
        network.propose([[1]])
        let first = network.mail.removeFirst()
        guard case .proposal(let proposal) = first.message else { return #expect(Bool(false), "no proposal") }
        network.mail = []
        network.give(.message(from: 0, first.message.canonicalBytes), to: 1)
        #expect(network.mail.count == 1)
        let other = ConsensusBlock(decision: 1, parent: proposal.block.parent, value: [9])
        network.give(
            .message(from: 0, message(.proposal(FBFT.Proposal(view: 0, block: other, justification: nil)))), to: 1)
        #expect(network.mail.count == 1)
        #expect(network.refused.map(\.fault) == [.conflicting])
    }

    @Test func `only the leader of a view proposes in it`() {
        var network = network()
        network.propose([[1]])
        let first = network.mail.removeFirst()
        network.mail = []
        network.give(.message(from: 2, first.message.canonicalBytes), to: 1)
        #expect(network.mail.isEmpty && network.refused.map(\.fault) == [.notItsPlace])
    }

    @Test func `an invalid value gets no vote, and the next leader has its turn`() {
        var network = network()
        network.values = [[66], [5]]
        for index in 0..<4 { network.give(.pending, to: index) }
        network.run()
        #expect(network.decided.allSatisfy { $0.isEmpty })
        #expect(network.refused.count == 3 && network.refused.allSatisfy { $0.fault == .unacceptable })
        for _ in 0..<6 {
            network.pass(milliseconds: 1001)
            network.run()
        }
        #expect(network.decided.allSatisfy { $0 == [[5]] })
    }

    @Test func `a certificate with another's signature in it is refused`() {
        var network = network()
        let block = ConsensusBlock(decision: 1, parent: .zero, value: [1])
        let vote = ConsensusVote(
            phase: .commit, view: 0, decision: 1,
            block: block.header(in: .international).identity(in: .zero, suite: .international))
        let digest = vote.digest(in: .zero, suite: .international)
        func certificate(_ signers: [Int]) -> VoteCertificate {
            VoteCertificate(
                vote: vote,
                signatures: signers.map {
                    OrdererSignature(
                        orderer: UInt32(min($0, 3)), signature: FBFTNetwork.signature(digest, by: $0 == 2 ? 1 : $0))
                })
        }
        network.give(.message(from: 0, message(.certificate(certificate([0, 1, 2])))), to: 3)
        network.give(.message(from: 0, message(.certificate(certificate([0, 1])))), to: 3)
        #expect(network.refused.map(\.fault) == [.wrongSignature, .wrongCertificate])
        network.give(.message(from: 0, message(.certificate(certificate([0, 1, 3])))), to: 2)
        #expect(network.refused.count == 2)
        #expect(network.needed.isEmpty && !network.mail.isEmpty, "it asks for the block")
    }

    @Test func `a leader that is gone is replaced, and what may be certified is proposed again`() {
        var network = network()
        network.propose([[1], [2]])
        // The leader collects the votes, and is gone before anybody hears of the certificate.
        network.run { envelope in
            if case .vote = envelope.message { return false }
            if case .proposal(let proposal) = envelope.message { return proposal.block.decision > 1 }
            return true
        }
        #expect(network.decided.allSatisfy { $0.isEmpty })
        network.values = [[3]]
        for _ in 0..<4 {
            network.pass(milliseconds: 1001)
            network.run { $0.from == 0 || $0.to == 0 }
        }
        for index in 1...3 { #expect(network.decided[index].first == [1], "the block that was certified comes first") }
    }

    @Test func `an orderer comes back with its lock and its vote`() {
        var network = network()
        network.propose([[1]])
        network.run { if case .certificate = $0.message { true } else { false } }
        let before = network.engines[1].status
        // All records, or the live ones alone.
        for records in [network.records[1], network.engines[1].liveRecords] {
            var again = network
            again.mail = []
            again.start(1, records: records)
            #expect(again.engines[1].status.view == before.view)
            let parent = ConsensusHeader(decision: 1, parent: .zero, valueHash: .zero).parent
            _ = parent
            guard case .proposal(let first)? = network.firstProposal else { return #expect(Bool(false)) }
            let other = ConsensusBlock(decision: 1, parent: first.block.parent, value: [9])
            again.mail = []
            again.give(
                .message(from: 0, message(.proposal(FBFT.Proposal(view: 0, block: other, justification: nil)))), to: 1)
            #expect(again.mail.isEmpty, "it has voted in this view")
        }
    }

    @Test func `two votes where one may be are evidence`() throws {
        var network = network()
        network.propose([[1]])
        let digestOf = { (vote: ConsensusVote) in vote.digest(in: .zero, suite: .international) }
        guard case .proposal(let proposal)? = network.firstProposal else { return #expect(Bool(false)) }
        network.mail = []
        let right = proposal.block.header(in: .international).identity(in: .zero, suite: .international)
        for block in [Digest.zero, right] {
            let vote = ConsensusVote(phase: .prepare, view: 0, decision: 1, block: block)
            network.give(
                .message(from: 2, message(.vote(vote, FBFTNetwork.signature(digestOf(vote), by: 2)))), to: 0)
        }
        let evidence = try VoteEvidence(canonicalBytes: try #require(network.evidence.first))
        #expect(evidence.isContradiction && evidence.orderer == 2)
    }

    @Test func `nothing is decided beyond the end of the epoch, nor far ahead of execution`() {
        var network = network()
        for index in 0..<4 { network.give(.stopAt(decision: 2), to: index) }
        network.propose([[1], [2], [3]])
        network.run()
        #expect(network.decided.allSatisfy { $0 == [[1], [2]] })
    }

    @Test func `who was away takes decisions by their proofs, and no others`() throws {
        var network = network()
        network.propose([[1], [2], [3]])
        network.run { $0.to == 3 }
        #expect(network.decided[3].isEmpty && network.decided[0].count == 3)
        for decision in 1...3 {
            let proof = try #require(network.proofs[0][decision - 1])
            network.give(.caughtUp(decision: UInt64(decision), value: [99], proof: proof), to: 3)
            #expect(network.decided[3].count == decision - 1)
            var wrong = proof
            wrong[wrong.count - 40] ^= 1
            network.give(
                .caughtUp(decision: UInt64(decision), value: network.decided[0][decision - 1], proof: wrong), to: 3)
            #expect(network.decided[3].count == decision - 1)
            network.give(
                .caughtUp(decision: UInt64(decision), value: network.decided[0][decision - 1], proof: proof), to: 3)
            #expect(network.decided[3].count == decision)
        }
        #expect(network.decided[3] == network.decided[0])
        network.mail = []
        network.propose([[4]])
        network.run()
        #expect(network.decided.allSatisfy { $0.last == [4] })
    }

    @Test func `a message that is too long, of nobody, or of itself changes nothing`() {
        var network = network()
        let long = [UInt8](repeating: 1, count: ConsensusLimits.messageByteCountMax + 1)
        network.give(.message(from: 2, long), to: 0)
        network.give(.message(from: 2, [7, 7]), to: 0)
        network.give(.message(from: 0, [7, 7]), to: 0)
        network.give(.message(from: 4, [7, 7]), to: 0)
        // Numbers from which nobody could count on.
        network.give(.message(from: 2, message(.wish(view: .max, decided: 0))), to: 0)
        network.give(
            .message(from: 2, message(.newView(FBFT.NewView(view: .max - 3, lock: nil, proof: nil, vote: nil)))), to: 0)
        #expect(network.refused.map(\.fault) == [.tooLong, .undecodable, .undecodable, .undecodable])
        network.give(.persisted(EngineToken(number: 77)), to: 0)
        network.give(.verified(EngineToken(number: 77), []), to: 0)
        network.give(.timer(EngineToken(number: 77)), to: 0)
        network.give(.value(EngineToken(number: 77), [1]), to: 0)
        network.give(.signed(EngineToken(number: 77), FBFTNetwork.signature(.zero, by: 1)), to: 0)
        #expect(network.mail.isEmpty)
    }
}

extension FBFTNetwork {
    var firstProposal: FBFT.Message? {
        for record in records[0] {
            guard let record = try? FBFT.Record(canonicalBytes: record), let block = record.blocks.first else {
                continue
            }
            return .proposal(FBFT.Proposal(view: 0, block: block, justification: nil))
        }
        return nil
    }
}
