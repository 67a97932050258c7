import Consensus
import Cryptography
import Primitives
import TestSupport
import Testing

/// PBFT, message by message: its rules within a view, each where it matters.
@Suite struct PBFTTests {
    private func network(_ count: Int = 4) -> PBFTNetwork {
        var network = PBFTNetwork(count: count)
        network.startAll()
        return network
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 10]) func `what is proposed is decided by all`(_ count: Int) {
        var network = network(count)
        network.propose([[1], [2], [3]])
        network.run()
        #expect(network.decided.allSatisfy { $0 == [[1], [2], [3]] })
        #expect(network.refused.isEmpty && network.evidence.isEmpty)
    }

    @Test func `three of four decide, and two do not`() {
        var network = network()
        network.propose([[1]])
        var two = network
        network.run { $0.from == 3 || $0.to == 3 }
        #expect(network.decided == [[[1]], [[1]], [[1]], []])
        two.run { $0.from >= 2 || $0.to >= 2 }
        #expect(two.decided.allSatisfy { $0.isEmpty })
    }

    // MARK: Several at once

    @Test func `as many decisions are on their way as the window has`() {
        var network = network()
        network.propose((1...12).map { [$0] })
        let proposed = network.mail.filter { $0.to == 1 && $0.message.isProposal }.compactMap { envelope in
            if case .proposal(_, let block) = envelope.message { block.decision } else { nil }
        }
        #expect(proposed == Array(1...8), "before anybody has voted")
        network.run()
        #expect(network.decided.allSatisfy { $0 == (1...12).map { [$0] } })
    }

    @Test func `nobody votes beyond what it has executed and the lag`() {
        var network = network()
        network.isExecutedAtOnce = false
        network.propose((1...10).map { [$0] })
        network.run()
        #expect(network.decided.map(\.count) == [8, 8, 8, 8])
        for index in 0..<2 { network.give(.executed(decision: 1), to: index) }
        network.run()
        #expect(network.decided.map(\.count) == [8, 8, 8, 8], "the votes of two are not enough")
        network.give(.executed(decision: 1), to: 2)
        network.run()
        #expect(network.decided.map(\.count) == [9, 9, 9, 9])
    }

    @Test func `nothing is decided beyond the end of the epoch`() {
        var network = network()
        for index in 0..<4 { network.give(.stopAt(decision: 2), to: index) }
        network.propose([[1], [2], [3]])
        network.run()
        #expect(network.decided.allSatisfy { $0 == [[1], [2]] })
    }

    // MARK: Votes

    @Test func `nothing is heard of before it is durable`() {
        var network = PBFTNetwork(count: 4)
        network.isDurableAtOnce = false
        network.startAll()
        network.propose([[1]])
        #expect(network.mail.isEmpty, "the leader's record of its view comes first")
        network.persistAll()
        #expect(network.mail.count == 3 && network.mail.allSatisfy { $0.message.isProposal })
        for phase in VotePhase.allCases {
            network.run()
            #expect(network.mail.isEmpty, "votes wait for their records")
            network.persistAll()
            #expect(network.mail.compactMap(\.message.vote?.phase) == Array(repeating: phase, count: 12))
        }
        network.run()
        #expect(network.decided.allSatisfy { $0 == [[1]] })
    }

    @Test func `a second block for a decision is refused, and not voted for`() {
        var network = network()
        network.give(.proposal(view: 0, PBFTForge.block(1, 1)), from: 0, to: 1)
        #expect(network.votes(.prepare, from: 1, to: 0).count == 1)
        network.give(.proposal(view: 0, PBFTForge.block(1, 2)), from: 0, to: 1)
        #expect(network.votes(.prepare, from: 1, to: 0).count == 1)
        #expect(network.refused.map(\.fault) == [.conflicting])
    }

    @Test func `only the leader of a view proposes in it`() {
        var network = network()
        network.give(.proposal(view: 0, PBFTForge.block(1, 1)), from: 2, to: 1)
        #expect(network.mail.isEmpty && network.refused.map(\.fault) == [.notItsPlace])
    }

    @Test func `what is prepared gets a commit vote once all before it is prepared`() {
        var network = network()
        network.propose([[1], [2]])
        network.deliver { $0.to != 0 && $0.message.isProposal }
        network.deliver { $0.to == 1 && $0.message.vote?.decision == 2 }
        #expect(network.votes(.commit, from: 1, to: 0).isEmpty, "the second is prepared, the first is not")
        network.deliver { $0.to == 1 && $0.message.vote?.decision == 1 }
        #expect(network.votes(.commit, from: 1, to: 0).map(\.decision) == [1, 2])
    }

    @Test func `what does not link to what is voted for gets no vote`() {
        var network = network()
        let (first, second) = (PBFTForge.block(1, 1), PBFTForge.block(2, after: .zero, 2))
        for block in [first, second] {
            network.give(.proposal(view: 0, block), from: 0, to: 3)
            for peer in 0..<3 {
                network.give(
                    PBFTForge.signed(PBFTForge.vote(.prepare, for: block), by: peer), from: UInt32(peer), to: 3)
            }
        }
        for phase in VotePhase.allCases { #expect(network.votes(phase, from: 3, to: 0).map(\.decision) == [1]) }
    }

    @Test func `an invalid value gets no vote, and the next leader has its turn`() {
        var network = network()
        network.propose([[66]])
        network.run()
        #expect(network.refused.count == 3 && network.refused.allSatisfy { $0.fault == .unacceptable })
        network.values = [[5]]
        for _ in 0..<6 {
            network.pass(milliseconds: 1001)
            network.run()
        }
        #expect(network.decided.allSatisfy { $0 == [[5]] })
    }

    /// Before the leader has said what the slot is for, and after.
    @Test(arguments: [false, true]) func `two votes for one decision are evidence`(_ isNamed: Bool) throws {
        var network = network()
        if isNamed { network.give(.proposal(view: 0, PBFTForge.block(1, 1)), from: 0, to: 1) }
        let votes = [1, 2].map { PBFTForge.vote(.prepare, for: PBFTForge.block(1, $0)) }
        network.give(PBFTForge.signed(votes[0], by: 2), from: 2, to: 1)
        network.give(PBFTForge.signed(votes[1], by: 0), from: 2, to: 1)
        #expect(network.evidence.isEmpty, "the second is not signed by who sent it")
        network.give(PBFTForge.signed(votes[1], by: 2), from: 2, to: 1)
        let evidence = try VoteEvidence(canonicalBytes: try #require(network.evidence.first))
        #expect(evidence.isContradiction && evidence.orderer == 2 && network.evidence.count == 1)
    }

    @Test func `votes that are not signed by who sent them do not count`() {
        var network = network()
        let block = PBFTForge.block(1, 1)
        network.give(.proposal(view: 0, block), from: 0, to: 3)
        let vote = PBFTForge.vote(.prepare, for: block)
        network.give(PBFTForge.signed(vote, by: 0), from: 0, to: 3)
        network.give(PBFTForge.signed(vote, by: 1), from: 2, to: 3)
        #expect(network.refused.map(\.fault) == [.wrongSignature] && network.refused.map(\.from) == [2])
        #expect(network.votes(.commit, from: 3, to: 0).isEmpty)
        network.give(PBFTForge.signed(vote, by: 2), from: 2, to: 3)
        #expect(network.votes(.commit, from: 3, to: 0) == [PBFTForge.vote(.commit, for: block)])
    }

    // MARK: Decisions of others

    @Test func `who was away takes decisions by their proofs, and no others`() throws {
        var network = network()
        network.propose([[1], [2], [3]])
        network.run { $0.to == 3 }
        #expect(network.decided[3].isEmpty && network.decided[0].count == 3)
        for decision in 1...3 {
            let (value, proof) = (network.decided[0][decision - 1], try #require(network.proofs[0][decision - 1]))
            let decoded = try PBFT.Proof(canonicalBytes: proof)
            let wrong = PBFT.Proof(header: decoded.header, certificate: PBFTForge.wrong(decoded.certificate))
            let number = UInt64(decision)
            network.give(.caughtUp(decision: number, value: [99], proof: proof), to: 3)
            network.give(.caughtUp(decision: number, value: value, proof: wrong.canonicalBytes), to: 3)
            network.give(.caughtUp(decision: number, value: value, proof: nil), to: 3)
            #expect(network.decided[3].count == decision - 1)
            network.give(.caughtUp(decision: number, value: value, proof: proof), to: 3)
            #expect(network.decided[3].count == decision)
        }
        network.mail = []
        network.propose([[4]])
        network.run()
        #expect(network.decided.allSatisfy { $0 == [[1], [2], [3], [4]] })
    }

    @Test func `a block that is decided and not here is asked for, and given out so often and no more`() throws {
        var network = network()
        network.propose([[1]])
        network.run { $0.to == 3 }
        let proof = try PBFT.Proof(canonicalBytes: try #require(network.proofs[0][0]))
        network.give(.decided(proof), from: 0, to: 3)
        let request = PBFT.Message.blockRequest(decision: 1, block: proof.certificate.block)
        #expect(network.mail.map(\.message) == [request])
        network.run()
        #expect(network.decided[3] == [[1]])
        for _ in 0..<50 { network.give(request, from: 3, to: 0) }
        #expect(network.mail.count == ConsensusLimits.blockAnswersMax - 1, "one was answered before")
        network.now = network.now.advanced(byMilliseconds: ConsensusLimits.answerBudgetMilliseconds)
        network.give(request, from: 3, to: 0)
        #expect(network.mail.count == ConsensusLimits.blockAnswersMax)
    }

    // MARK: Anything

    @Test func `a message that is too long, of nobody, or of itself changes nothing`() {
        var network = network()
        let long = [UInt8](repeating: 1, count: ConsensusLimits.messageByteCountMax + 1)
        for (sender, bytes) in [(2, long), (2, [7, 7]), (0, [7, 7]), (4, [7, 7])] {
            network.give(.message(from: UInt32(sender), bytes), to: 0)
        }
        // Numbers from which nobody could count on.
        network.give(.wish(view: .max, decided: 0), from: 2, to: 0)
        network.give(.newView(PBFT.NewView(view: .max - 2, reports: [], proof: nil, certificates: [])), from: 1, to: 0)
        network.give(.report(PBFTForge.proven(.max - 3, by: 2)), from: 2, to: 0)
        #expect(network.refused.map(\.fault) == [.tooLong] + Array(repeating: .undecodable, count: 4))
        let unasked = EngineToken(number: 77)
        for input: EngineInput in [
            .persisted(unasked), .verified(unasked, []), .timer(unasked), .value(unasked, [1]),
            .validity(unasked, true), .signed(unasked, PBFTNetwork.signature(.zero, by: 1)),
        ] { network.give(input, to: 0) }
        #expect(network.mail.isEmpty)
    }

    @Test func `no bytes trap an engine, nor make it decide what others don't`() {
        var generator = SeededGenerator(seed: 6)
        var network = network()
        network.propose([[1], [2]])
        var samples = PBFTSamples.messages.map(\.canonicalBytes)
        for round in 0..<4000 {
            if round % 200 == 0 { network.pass(milliseconds: 400) }
            if !network.mail.isEmpty, round % 4 == 0 {
                let envelope = network.mail.removeFirst()
                samples.append(envelope.message.canonicalBytes)
                network.give(envelope.message, from: envelope.from, to: Int(envelope.to))
            }
            let (sender, receiver) = (
                UInt32.random(in: 0..<5, using: &generator), Int.random(in: 0..<4, using: &generator)
            )
            network.give(.message(from: sender, generator.mutated(samples)), to: receiver)
        }
        let longest = network.decided.max { $0.count < $1.count } ?? []
        #expect(network.decided.allSatisfy { longest.starts(with: $0) })
        #expect(samples.count > 100)
    }
}
