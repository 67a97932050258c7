import Consensus
import Cryptography
import Dissemination
import Ledger
import Primitives
import TestSupport
import Testing

@Suite struct DisseminatorTests {
    private func salts(_ node: LaneNetwork.Node) -> [[UInt64]] {
        node.ordered.map { $0.transactions.map(\.transaction.salt) }
    }

    @Test func `what one node takes all order, alike`() throws {
        var network = try LaneNetwork()
        for number in 0..<4 { try network.submit(UInt64(10 * number)..<UInt64(10 * number + 3), to: number) }
        network.run(milliseconds: 100)
        try network.decide(1)
        let first = salts(network.nodes[0])
        #expect(
            first.count == 1 && first[0].sorted() == [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32].map(UInt64.init))
        for node in network.nodes {
            #expect(salts(node) == first && node.refusals.isEmpty && !node.machine.hasWork)
            #expect(node.ordered[0].frontier == network.nodes[0].ordered[0].frontier)
        }
        let nothing = network.nodes[0].machine.cut(for: 2, after: [], at: network.now)
        #expect(nothing == nil)
    }

    @Test func `a leader takes a batch in-line that nobody has certified, and its child builds on the decision`() throws
    {
        var network = try LaneNetwork()
        network.loses = { _, _, message in if case .acknowledgement = message { true } else { false } }
        try network.submit(0..<2, to: 1)
        network.settle()
        #expect(network.nodes[0].machine.hasOffer && !network.nodes[2].machine.hasOffer)
        for decision in 1...3 as ClosedRange<UInt64> {
            let value = try network.propose(decision, by: 0)
            let cut = try Cut(canonicalBytes: value)
            guard case .inLine(let batch) = cut.tips[0] else { throw CodingError(.notAscending, at: 0) }
            #expect(decision == 1 ? batch.link == .first : batch.link == .decided(decision - 1))
            let answers = network.judge(value, for: decision)
            #expect(answers.allSatisfy { $0 == true })
            // While it is undecided the lane has no second one.
            let second = network.nodes[0].machine.cut(for: decision + 1, after: [value], at: network.now)
            #expect(second == nil)
            let later = network.judge(value, for: decision + 1, after: [value])
            #expect(later.allSatisfy { $0 == false })
            network.decide(decision, value)
            // Nobody has vouched for it: all know that, and after a restart, too.
            let frontiers = network.nodes.map { $0.ordered.last?.frontier }
            #expect(frontiers.allSatisfy { $0 == frontiers[0] && $0?[cut.tips[0].lane].inLineUpTo == decision })
            try network.submit(decision * 10..<decision * 10 + 1, to: 1)
            network.settle()
        }
        for node in network.nodes { #expect(salts(node) == [[0, 1], [10], [20]] && node.refusals.isEmpty) }
    }

    @Test func `who missed batches fetches them from those who have them`() throws {
        var network = try LaneNetwork()
        network.loses = { _, to, message in if case .batch = message { to == 3 } else { false } }
        for round in 0..<6 as Range<UInt64> {
            try network.submit(round * 10..<round * 10 + 2, to: 0)
            network.run(milliseconds: 20)
        }
        let value = try network.propose(1, by: 1)
        let answers = network.judge(value, for: 1)
        #expect(answers.allSatisfy { $0 == true })
        network.decide(1, value)
        #expect(network.nodes[3].ordered.count == 1 && salts(network.nodes[3]) == salts(network.nodes[0]))
        #expect(salts(network.nodes[0])[0].count == 12)
        // One of those who are asked says nothing: another is asked.
        network.loses = { from, to, message in
            switch message {
            case .batch: to == 3
            case .fetched: from == 0
            default: false
            }
        }
        try network.submit(100..<101, to: 0)
        network.run(milliseconds: 50)
        try network.decide(2, proposer: 1)
        network.run(milliseconds: 2000)
        #expect(salts(network.nodes[3]) == salts(network.nodes[1]) && salts(network.nodes[3]).count == 2)
    }

    /// How many acknowledgements are sent while no disk syncs, and after.
    private func acknowledgements(_ plant: DisseminationPlant? = nil) throws -> (before: Int, after: Int) {
        var network = try LaneNetwork(plant: plant)
        for number in 1..<4 { network.nodes[number].isSyncHeld = true }
        try network.submit(0..<1, to: 0)
        network.run(milliseconds: 3000)
        func count() -> Int { network.sent.count { if case .acknowledgement = $0 { true } else { false } } }
        let before = count()
        for number in 1..<4 { network.sync(number) }
        network.settle()
        #expect(network.nodes[2].machine.hasWork)
        return (before, count() - before)
    }

    @Test func `nothing is acknowledged before it is durable`() throws {
        #expect(try acknowledgements() == (0, 3))
        #expect(try acknowledgements(.acknowledgesBeforeDurable).before > 0, "the test can fail")
    }

    /// What node 0 orders of a batch with a wrongly signed transaction.
    private func orderedBesideForged(_ plant: DisseminationPlant? = nil) throws -> OrderedDecision {
        var network = try LaneNetwork(plant: plant)
        let refusal = network.nodes[2].machine.mempool.insert(try network.transaction(1, isForged: true))
        #expect(refusal == nil)
        try network.submit(2..<3, to: 2)
        network.run(milliseconds: 50)
        try network.decide(1)
        for number in [1, 3] { #expect(salts(network.nodes[number]) == salts(network.nodes[0])) }
        return try #require(network.nodes[0].ordered.first)
    }

    @Test func `a wrongly signed transaction has no effect, whoever vouched for it`() throws {
        let ordered = try orderedBesideForged()
        #expect(ordered.transactions.map(\.transaction.salt) == [2])
        #expect(ordered.invalid.count == 1 && ordered.invalid[0].count == 1 && ordered.invalid[0].lane.owner == 2)
        #expect(try orderedBesideForged(.trustsTransactions).transactions.count == 2, "the test can fail")
    }

    @Test func `where checking is shared only some check, and others step in for who is silent`() throws {
        var network = try LaneNetwork(count: 7, verification: .shared)
        try network.submit(0..<10, to: 0)
        network.run(milliseconds: 1000)
        let checkers = network.nodes.count { $0.transactionChecks > 0 }
        // Two of the others, and whoever audits this batch.
        #expect(checkers >= 2 && checkers < 6 && network.nodes[0].transactionChecks == 0)
        try network.decide(1)
        for node in network.nodes { #expect(salts(node) == [Array(0..<10)]) }
        // All who checked fall silent: others do their work.
        for number in 1..<7 where network.nodes[number].transactionChecks > 0 { network.nodes[number].isUp = false }
        try network.submit(10..<20, to: 0)
        network.run(milliseconds: 3000)
        #expect(network.nodes[0].machine.hasWork)
    }

    /// A network in which node 3 has forked its lane.
    private func forkedNetwork(_ plant: DisseminationPlant? = nil) throws -> LaneNetwork {
        var network = try LaneNetwork(plant: plant)
        // A twin of node 3, with other transactions, in a network of its own.
        var twin = try LaneNetwork()
        try network.submit(0..<1, to: 3)
        network.run(milliseconds: 50)
        try network.decide(1)
        try twin.submit(50..<51, to: 3)
        twin.run(milliseconds: 50)
        try twin.submit(51..<52, to: 3)
        twin.run(milliseconds: 50)
        let forked = try twin.propose(1, by: 0)
        guard case .certified(let tip) = try Cut(canonicalBytes: forked).tips[0] else {
            throw CodingError(.notAscending, at: 0)
        }
        #expect(tip.place.position == 2)
        network.decide(2, forked)
        // Nobody here has the twin's batches: they come as answers to requests.
        for message in twin.sent {
            guard case .batch(let batch) = message else { continue }
            for number in 0..<3 {
                network.give(
                    .message(from: 3, DisseminationMessage.fetched(batch).canonicalBytes), to: number)
            }
        }
        network.settle()
        return network
    }

    @Test func `a lane whose owner forks it is ended for all`() throws {
        let network = try forkedNetwork()
        for number in 0..<3 {
            #expect(salts(network.nodes[number]) == [[0], []])
            let entry = network.nodes[number].ordered[1].frontier.entries[0]
            #expect(entry.isEnded && entry.position == 1)
        }
        let planted = try forkedNetwork(.continuesForkedLane)
        #expect(salts(planted.nodes[0]) == [[0], [51]], "the test can fail")
    }

    @Test func `of a node that starts often the oldest lanes are ended, on all nodes alike`() throws {
        var network = try LaneNetwork()
        var first: [UInt8] = []
        for life in 1...20 as ClosedRange<UInt64> {
            let frontier = network.nodes[2].ordered.last?.frontier ?? LaneFrontier()
            network.nodes[2].machine = network.machine(
                2, incarnation: life, lastDecision: life - 1, frontier: frontier)
            try network.submit(life..<life + 1, to: 2)
            network.run(milliseconds: 50)
            if life == 1 { first = try network.propose(1, by: 0) }
            try network.decide(life)
        }
        let frontiers = network.nodes.map { $0.ordered.last?.frontier }
        #expect(frontiers.allSatisfy { $0 == frontiers[0] })
        let (entries, ended) = (frontiers[0]?.entries ?? [], frontiers[0]?.ended ?? [])
        #expect(entries.map(\.lane.incarnation) == Array(13...20) && ended.map(\.upTo) == [12])
        // What is behind has no effect any more: not even what was ordered before.
        network.decide(21, first)
        for node in network.nodes[..<2] {
            #expect(salts(node) == (1...20).map { [$0] } + [[]])
            #expect(node.ordered.last?.frontier == frontiers[0])
        }
    }

    @Test func `two batches of one position are evidence`() throws {
        var network = try LaneNetwork()
        var twin = try LaneNetwork()
        try network.submit(0..<1, to: 3)
        network.settle()
        try twin.submit(9..<10, to: 3)
        twin.settle()
        let other = try #require(twin.sent.first { if case .batch = $0 { true } else { false } })
        network.give(.message(from: 3, other.canonicalBytes), to: 1)
        guard case .fork(let evidence)? = network.nodes[1].evidence.first, network.nodes[1].evidence.count == 1 else {
            Issue.record("there is no evidence")
            return
        }
        #expect(evidence.isContradiction)
    }

    /// Else a node would believe the wrong copy after a restart, from its own record, and pass it on.
    @Test func `a wrong copy of a certificate that is known is refused`() throws {
        var network = try LaneNetwork()
        try network.submit(0..<1, to: 3)
        network.run(milliseconds: 50)
        network.loses = { _, receiver, _ in receiver == 1 }
        try network.submit(1..<2, to: 3)
        network.settle()
        let batches = network.sent.compactMap { if case .batch(let batch) = $0 { batch } else { Batch?.none } }
        let second = try #require(batches.first { $0.header.position == 2 })
        guard case .certified(let certificate) = second.link else { throw CodingError(.notAscending, at: 0) }
        let wrong = BatchCertificate(
            place: certificate.place,
            signatures: certificate.signatures.map {
                OrdererSignature(orderer: $0.orderer, signature: Signature(repeating: 1))
            })
        let forged = Batch(
            header: second.header, signature: second.signature, link: .certified(wrong),
            transactions: second.transactions)
        let recordCount = network.nodes[1].records.count
        network.give(.message(from: 3, DisseminationMessage.batch(forged).canonicalBytes), to: 1)
        #expect(network.nodes[1].refusals == [.wrongSignature] && network.nodes[1].records.count == recordCount)
        network.give(.message(from: 3, DisseminationMessage.batch(second).canonicalBytes), to: 1)
        #expect(network.nodes[1].records.count == recordCount + 1)
    }

    @Test func `who acknowledges again while the first is being checked is there once`() throws {
        var network = try LaneNetwork()
        network.loses = { _, _, _ in true }
        network.nodes[0].isSyncHeld = true
        network.nodes[0].isVerificationHeld = true
        try network.submit(0..<1, to: 0)
        network.settle()
        guard case .batch(let batch)? = network.sent.first else { throw CodingError(.notAscending, at: 0) }
        let place = batch.header.place(in: .international)
        let digest = BatchCertificate.digest(of: place, in: LaneNetwork.context, suite: .international)
        let good = DisseminationMessage.acknowledgement(place, try network.keys[1].sign(digest)).canonicalBytes
        let bad = DisseminationMessage.acknowledgement(place, Signature(repeating: 1)).canonicalBytes
        network.give(.message(from: 3, bad), to: 0)
        network.give(.message(from: 1, good), to: 0)
        #expect(network.nodes[0].unanswered.count == 1)
        network.give(.message(from: 1, good), to: 0)
        network.answerChecks(of: 0)
        // This node's own, which was late.
        network.sync(0)
        network.settle()
        guard case .tip(let certificate)? = network.sent.last else { throw CodingError(.notAscending, at: 0) }
        #expect(certificate.signatures.map(\.orderer) == [0, 1])
    }

    @Test func `whoever vouches for a wrong signature can be shown to`() throws {
        var network = try LaneNetwork(count: 7, verification: .shared)
        // Node 3, whose door is open, finds others who don't look.
        network.gullible = [3, 4, 5]
        for salt in 1...40 as ClosedRange<UInt64> {
            let refusal = network.nodes[3].machine.mempool.insert(try network.transaction(salt, isForged: true))
            #expect(refusal == nil)
            network.give(.work, to: 3)
            network.run(milliseconds: 1000)
            // Whether an honest one audits it is drawn.
            if network.nodes.contains(where: { !$0.evidence.isEmpty }) { break }
        }
        let found = network.nodes.flatMap(\.evidence)
        #expect(!found.isEmpty)
        for evidence in found {
            guard case .vouch(let vouch) = evidence else {
                Issue.record("\(evidence)")
                continue
            }
            let culprits = vouch.culprits(
                among: network.keys.map(\.publicKey), by: StatelessCheck(terms: network.terms),
                verify: SerialVerifier().verify)
            #expect(culprits == [3, 4, 5])
            #expect(try VouchEvidence(canonicalBytes: vouch.canonicalBytes) == vouch)
            // The same of a batch that is right accuses nobody.
            let none = vouch.culprits(
                among: network.keys.map(\.publicKey), by: StatelessCheck(terms: network.terms),
                verify: { $0.map { _ in true } })
            #expect(none == [])
        }
        // All order the same, though some know better.
        try network.decide(1)
        #expect(!salts(network.nodes[0])[0].isEmpty)
        for node in network.nodes { #expect(salts(node) == salts(network.nodes[0])) }
    }

    @Test func `a restarted node has what it acknowledged, and orders what was decided`() throws {
        var network = try LaneNetwork()
        try network.submit(0..<3, to: 0)
        network.run(milliseconds: 50)
        let value = try network.propose(1, by: 0)
        network.decide(1, value)
        let records = network.nodes[2].records
        let live = network.nodes[2].machine.liveRecords
        for kept in [records, live, records + live] {
            network.nodes[2].ordered = []
            network.nodes[2].machine = network.machine(2, incarnation: 2, records: kept)
            network.give(.decided(decision: 1, value: value), to: 2)
            #expect(salts(network.nodes[2]) == salts(network.nodes[0]))
        }
        // In its new life it has a lane of its own.
        try network.submit(30..<31, to: 2)
        network.run(milliseconds: 50)
        try network.decide(2)
        #expect(network.nodes.allSatisfy { salts($0).last == [30] })
        #expect(network.nodes[1].ordered[1].frontier.entries.map(\.lane.incarnation) == [1, 2])
    }

    @Test func `a leader that leaves out what it took note of is refused, and one that takes no note suspected`() throws
    {
        var network = try LaneNetwork()
        // The leader does not hear of batches, but is told of their tip.
        network.loses = { _, to, message in if case .batch = message { to == 0 } else { false } }
        try network.submit(0..<1, to: 1)
        network.run(milliseconds: 800)
        let empty = Cut(reading: network.now.wall, tips: []).canonicalBytes
        let early = network.judge(empty, for: 2)
        #expect(early[1...] == [true, true, true])
        let late = network.judge(empty, for: 4)
        #expect(late[1...] == [false, false, false])
        #expect(network.nodes.allSatisfy { $0.suspects.isEmpty })
        var deaf = try LaneNetwork()
        deaf.loses = { _, to, _ in to == 0 }
        try deaf.submit(0..<1, to: 1)
        deaf.run(milliseconds: 4000)
        #expect(deaf.nodes[1...].allSatisfy { $0.suspects.contains(0) })
    }

    @Test func `a reading far from a voter's clock is refused`() throws {
        var network = try LaneNetwork()
        try network.submit(0..<1, to: 0)
        network.run(milliseconds: 50)
        let value = try network.propose(1, by: 0)
        let tips = try Cut(canonicalBytes: value).tips
        for (offset, isTaken) in [(-31_000, false), (-29_000, true), (1_900, true), (2_100, false)] {
            let reading = Timestamp(milliseconds: UInt64(Int(network.now.wall.milliseconds) + offset))
            let cut = Cut(reading: reading, tips: tips).canonicalBytes
            let answers = network.judge(cut, for: 1)
            #expect(answers.allSatisfy { $0 == isTaken }, "\(offset)")
        }
    }

    @Test func `no bytes from anybody harm`() throws {
        var network = try LaneNetwork()
        var generator = SeededGenerator(seed: 4)
        for round in 0..<10 as Range<UInt64> {
            try network.submit(round * 10..<round * 10 + 2, to: Int(round % 4))
            network.run(milliseconds: 30)
        }
        let messages = network.sent.map(\.canonicalBytes)
        for _ in 0..<20_000 {
            var bytes = try #require(messages.randomElement(using: &generator))
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            network.give(
                .message(from: UInt32.random(in: 0...5, using: &generator), bytes),
                to: Int.random(in: 0..<4, using: &generator))
        }
        network.settle()
        try network.decide(1)
        #expect(network.nodes.allSatisfy { salts($0) == salts(network.nodes[0]) })
        #expect(salts(network.nodes[0])[0].count == 20)
    }
}
