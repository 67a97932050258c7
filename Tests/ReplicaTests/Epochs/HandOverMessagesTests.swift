import Consensus
import Contracts
import Cryptography
import Ledger
import Primitives
import Testing

@testable import Replica

/// What a node of a network says, believes and does where an epoch ends, message by message.
@Suite struct HandOverMessagesTests {
    /// Of three epochs: 1, 2, 3 and 4 certify the first; 1, 2, 3, 5 and 6 the second; then 2 has another key.
    private let ledger: EpochLedger

    init() throws {
        var ledger = try EpochLedger()
        try ledger.handOver(to: try EpochLedger.epoch(1, .fbft, [1, 2, 3, 5, 6]), by: [1, 2, 4])
        for _ in 1...3 { try ledger.decide() }
        try ledger.handOver(to: try EpochLedger.epoch(2, .fbft, [1, 7, 3, 5, 6]), by: [2, 3, 5, 6])
        try ledger.decide()
        self.ledger = ledger
    }

    private func blocks(of epoch: UInt64) -> [CommittedBlock] { ledger.blocks.filter { $0.header.epoch == epoch } }

    private func end(of epoch: UInt64) throws -> BlockCertificate {
        try #require(blocks(of: epoch).last).certified.certificate
    }

    /// Node 4, which has no say before the second epoch, in it: running, or before others have heard of it.
    private func newcomer(isRunning: Bool = true) throws -> HandOverNode {
        var node = try HandOverNode(4, on: ledger.genesis)
        try node.follow(blocks(of: 0))
        try #require(node.replica.epoch.number == 1)
        if isRunning { try start(&node) }
        return node
    }

    /// The others have stored that it starts.
    private func start(_ node: inout HandOverNode) throws {
        let announced = try #require(node.announcements.last)
        for peer in [0, 1, 2] as [UInt32] {
            let answer = StartAnswer(nonce: announced.start.nonce, other: nil, result: nil, vote: [])
            try node.receive(.started(answer), from: peer, epoch: announced.epoch)
        }
        try #require(node.replica.isRunning)
    }

    // MARK: Entering

    @Test func `who begins to order goes on once the last block is in the log, and speaks once its start is durable`()
        throws
    {
        var node = try HandOverNode(4, on: ledger.genesis)
        let all = blocks(of: 0)
        try node.follow(all.dropLast())
        #expect(node.statements[0].count == all.count - 1 && node.enteredEpochs.isEmpty)
        node.holdLogs()
        node.holdJournal()
        try node.follow(all)
        // It is executed, and not yet in the log.
        #expect(node.statements[0] == all.map { $0.certified.certificate.statement } && node.enteredEpochs.isEmpty)
        let before = node.effects.count
        try node.releaseLogs()
        try node.wait(milliseconds: 5000)
        #expect(node.enteredEpochs == [1] && node.replica.epoch == ledger.epochs[1])
        let spoken = node.effects[before...].filter {
            switch $0 {
            case .send, .sign: true
            default: false
            }
        }
        #expect(spoken.isEmpty && node.announcements.isEmpty)
        try node.releaseJournal()
        let announced = try #require(node.announcements.first)
        #expect(node.announcements.count == 1 && announced.epoch == 1 && announced.to == [0, 1, 2, 5])
        #expect(announced.start.place == 3 && node.journal.contains(.incarnation(announced.start.incarnation)))
        #expect(!node.replica.isRunning)
        try start(&node)
    }

    @Test func `who orders no more signs nothing, serves the others and is relieved once`() throws {
        var node = try HandOverNode(3, on: ledger.genesis)
        // It was away: whoever it tells that it starts shows it that the epoch has ended.
        #expect(node.announcements.map(\.epoch) == [0])
        try node.receive(.epochEnd(try end(of: 0)), from: 0, epoch: 1)
        try node.follow(blocks(of: 0))
        #expect(node.enteredEpochs == [1] && node.announcements.count == 1)
        func count(_ isCounted: (NetworkReplicaEffect) -> Bool) -> Int { node.effects.count(where: isCounted) }
        func relieved() -> Int { count { if case .isRelieved(1) = $0 { true } else { false } } }
        let signed = count { if case .sign = $0 { true } else { false } }
        try node.receive(.fetchBlocks(from: 1), from: 4, epoch: 1)
        #expect(count { if case .serveBlocks(4, 1) = $0 { true } else { false } } == 1 && relieved() == 0)
        try node.follow(blocks(of: 1).prefix(1))
        #expect(relieved() == 1)
        try node.follow(blocks(of: 1).prefix(3))
        #expect(node.statements[0].count == blocks(of: 0).count + 3 && relieved() == 1)
        #expect(count { if case .sign = $0 { true } else { false } } == signed)
        try node.receive(.fetchBlocks(from: 1), from: 4, epoch: 1)
        #expect(count { if case .serveBlocks(4, 1) = $0 { true } else { false } } == 2)
    }

    // MARK: Messages of other epochs

    @Test func `what was said in an ended epoch is shown its end once a tick, and goes no further`() throws {
        var node = try newcomer()
        let nonsense = ReplicaMessage.engine([0xFF])
        for _ in 1...3 { try node.receive(nonsense, from: 0, epoch: 0) }
        #expect(node.servedEnds.map(\.to) == [0] && node.servedEnds.map(\.epoch) == [0])
        // Others have their own time.
        try node.receive(nonsense, from: 1, epoch: 0)
        #expect(node.servedEnds.map(\.to) == [0, 1])
        node.milliseconds += ReplicaLimits.tickMilliseconds - 1
        try node.receive(nonsense, from: 0, epoch: 0)
        #expect(node.servedEnds.count == 2)
        node.milliseconds += 1
        try node.receive(nonsense, from: 0, epoch: 0)
        #expect(node.servedEnds.count == 3 && node.refusals.isEmpty)
        // The engine would have complained of it.
        try node.receive(nonsense, from: 0, epoch: 1)
        #expect(node.refusals == [.undecodable] && node.servedEnds.count == 3)
    }

    @Test func `who hears of a later epoch says where it is, or asks for what it lacks`() throws {
        let nonsense = ReplicaMessage.engine([0xFF])
        var starting = try newcomer(isRunning: false)
        let count = starting.announcements.count
        for _ in 1...3 { try starting.receive(nonsense, from: 2, epoch: 2) }
        #expect(starting.announcements.count == count + 1 && starting.announcements.last?.to == [2])
        starting.milliseconds += ReplicaLimits.tickMilliseconds
        try starting.receive(nonsense, from: 2, epoch: 2)
        #expect(starting.announcements.count == count + 2 && starting.servedEnds.isEmpty)
        var running = try newcomer()
        try running.receive(nonsense, from: 2, epoch: 2)
        let asked = running.sent.last
        let next = try #require(blocks(of: 0).last).header.decision + 1
        #expect(asked?.to == [2] && asked?.said == EpochMessage(epoch: 1, message: .fetchDecisions(from: next)))
        // The answer to one question is waited for.
        let sent = running.sent.count
        try running.receive(nonsense, from: 1, epoch: 2)
        #expect(running.sent.count == sent && starting.refusals + running.refusals == [])
    }

    // MARK: What shows an epoch's end

    enum Lie: CaseIterable {
        case ofTooFew
        case withAnothersSignature
        /// In the place of who came stands who left.
        case ofRetired
        /// These may be right: another node may know of another epoch, or of no end.
        case ofEarlierEpoch
        case ofLaterEpoch
        case notTheLast
        case ofAnotherChain
    }

    /// What node 4 is shown in the second epoch in place of its end.
    private func show(_ lie: Lie) throws -> BlockCertificate {
        let truth = try end(of: 1)
        func with(_ signatures: [CertifierSignature]) -> BlockCertificate {
            BlockCertificate(statement: truth.statement, rule: truth.rule, signatures: signatures)
        }
        switch lie {
        case .ofTooFew: return with(Array(truth.signatures.prefix(3)))
        case .withAnothersSignature:
            return with(
                truth.signatures.map {
                    CertifierSignature(certifier: $0.certifier, signature: truth.signatures[0].signature)
                })
        case .ofRetired:
            let retired = try EpochLedger.key(4).sign(truth.statement.digest(in: EpochLedger.suite))
            return with(truth.signatures.prefix(3) + [CertifierSignature(certifier: 3, signature: retired)])
        case .ofEarlierEpoch: return try end(of: 0)
        case .ofLaterEpoch:
            let statement = truth.statement.changed(epoch: 2)
            return try EpochLedger.certify(statement, as: ledger.epochs[2])
        case .notTheLast: return blocks(of: 1)[0].certified.certificate
        case .ofAnotherChain:
            let other = try EpochLedger { $0.blockByteCountMax += 1 }
            let statement = ResultStatement(
                header: try #require(blocks(of: 1).last).header, blockHash: truth.statement.blockHash,
                genesis: other.genesis.digest, stateRoot: truth.statement.stateRoot,
                receiptsRoot: truth.statement.receiptsRoot, nextEpoch: truth.statement.nextEpoch)
            return try EpochLedger.certify(statement, as: ledger.epochs[1])
        }
    }

    @Test(arguments: Lie.allCases) func `an end that its own epoch's quorum has not signed is not believed`(
        _ lie: Lie
    ) throws {
        var node = try newcomer(isRunning: false)
        let asked = node.askedForBlocks.count
        try node.receive(.epochEnd(try show(lie)), from: 2, epoch: 2)
        let fault: MessageFault? =
            switch lie {
            case .ofTooFew: .wrongCertificate
            case .withAnothersSignature, .ofRetired: .wrongSignature
            case .ofEarlierEpoch, .ofLaterEpoch, .notTheLast, .ofAnotherChain: nil
            }
        #expect(node.refusals == (fault.map { [$0] } ?? []))
        #expect(node.askedForBlocks.count == asked && !node.replica.isRunning)
        // Whoever has signed something false is not heard any more; another one is.
        if fault == .wrongSignature {
            try node.receive(.epochEnd(try end(of: 1)), from: 2, epoch: 2)
            #expect(!node.replica.isRunning)
        }
        try node.receive(.epochEnd(try end(of: 1)), from: 1, epoch: 2)
        #expect(node.askedForBlocks.count > asked && node.replica.isRunning)
        try node.follow(blocks(of: 1))
        #expect(node.enteredEpochs == [1, 2])
    }
}
