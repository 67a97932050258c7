import Consensus
import Contracts
import Cryptography
import Ledger
import Primitives
import Testing

@testable import Replica

/// What a node does before it signs anything: it lets others store that it starts, and hears what they know of it.
@Suite struct StartingTests {
    private let keys: [any SigningKey]
    private let genesis: Genesis
    private let lone: Genesis

    init() throws {
        keys = try (1...4).map { try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: $0, count: 32)) }
        let nodes = keys.map(\.publicKey)
        func genesis(_ engine: EngineKind, of nodes: [PublicKey]) -> Genesis {
            Genesis(
                name: "starting", suite: .international, group: 1, time: Timestamp(milliseconds: 1_700_000_000_000),
                faultModels: [engine.faultModel],
                epoch: EpochConfiguration(
                    number: 0, engine: engine, verification: .all, orderers: nodes, certifiers: nodes),
                executionVersion: 1, limits: ChainLimits())
        }
        self.genesis = genesis(.fbft, of: nodes)
        lone = genesis(.solo, of: Array(nodes.prefix(1)))
    }

    private func node(_ place: UInt32, seed: UInt64 = 1) -> Node {
        Node(place, genesis, key: keys[Int(place)], seed: seed)
    }

    /// One node, whose disk and keys answer at once; what it sends is kept.
    private struct Node {
        var replica: NetworkReplica
        private(set) var sent: [(to: [UInt32], message: ReplicaMessage)] = []
        private(set) var rest: [NetworkReplicaEffect] = []
        private(set) var checkCount = 0
        /// Answers to checks of signatures, if the test holds them back.
        private var unanswered: [NetworkReplicaInput] = []
        var isVerificationHeld = false
        var milliseconds: UInt64 = 1

        private let key: any SigningKey

        init(
            _ place: UInt32, _ genesis: Genesis, key: any SigningKey, seed: UInt64, invitation: Invitation? = nil
        ) {
            self.key = key
            replica = NetworkReplica(
                NetworkReplicaStart(
                    genesis: genesis, epoch: genesis.epoch, gas: .version1,
                    directory: NodeDirectory(keys: genesis.epoch.orderers.map { [$0] }), own: place,
                    engines: { $0.engine == .solo ? Solo() as any ConsensusEngine : FBFT() },
                    head: Head(genesis: genesis), window: nil, base: nil, further: [], journal: JournalContents(),
                    seed: seed, invitation: invitation))
            give(.start)
        }

        mutating func give(_ input: NetworkReplicaInput) {
            var effects: [NetworkReplicaEffect] = []
            let now = ClockReading(
                monotonic: Instant(nanoseconds: milliseconds * 1_000_000),
                wall: Timestamp(milliseconds: 1_700_000_000_000 + milliseconds))
            replica.handle(input, at: now, into: &effects)
            for effect in effects {
                switch effect {
                case .persist(let request, _): give(.persisted(request: request))
                case .sign(let token, let digest, _):
                    if let signature = try? key.sign(digest) {
                        give(.signed(token, signature))
                    }
                case .verify(let token, let checks):
                    checkCount += checks.count
                    let answer = NetworkReplicaInput.verified(token, SerialVerifier().verify(checks))
                    if isVerificationHeld { unanswered.append(answer) } else { give(answer) }
                case .send(let nodes, let bytes):
                    if let sent = try? EpochMessage(canonicalBytes: bytes) { self.sent.append((nodes, sent.message)) }
                default: rest.append(effect)
                }
            }
        }

        mutating func answerChecks() {
            isVerificationHeld = false
            let answers = unanswered
            unanswered = []
            for answer in answers { give(answer) }
        }

        mutating func receive(_ message: ReplicaMessage, from peer: UInt32) {
            give(.message(from: peer, EpochMessage(epoch: 0, message: message).canonicalBytes))
        }

        var announcement: StartAnnouncement? {
            sent.lazy.compactMap { if case .starting(let announcement) = $0.message { announcement } else { nil } }
                .first
        }
        var answers: [StartAnswer] {
            sent.compactMap { if case .started(let answer) = $0.message { answer } else { nil } }
        }
        var isOldCopy: Bool { rest.contains { if case .isOldCopy = $0 { true } else { false } } }
        var refusals: [MessageFault] {
            rest.compactMap { if case .refused(_, let fault) = $0 { fault } else { nil } }
        }
    }

    private func announcement(of place: UInt32, incarnation: UInt64, nonce: UInt64) throws -> StartAnnouncement {
        let digest = StartAnnouncement.digest(
            place: place, incarnation: incarnation, nonce: nonce,
            in: NetworkReplica.context(of: genesis.epoch.number, on: genesis),
            suite: .international)
        return StartAnnouncement(
            place: place, incarnation: incarnation, nonce: nonce, signature: try keys[Int(place)].sign(digest))
    }

    private func statement(height: UInt64) -> ResultStatement {
        let header = BlockHeader(
            group: 1, height: height, parent: .zero, epoch: 0, executionVersion: 1, decision: height,
            time: Timestamp(milliseconds: 1_700_000_000_000), transactionCount: 0, transactionsRoot: .zero)
        return ResultStatement(
            header: header, blockHash: .zero, genesis: genesis.digest, stateRoot: .zero, receiptsRoot: .zero)
    }

    private func answer(_ node: Node, other: StartAnnouncement? = nil, result: SignedResult? = nil) throws
        -> ReplicaMessage
    {
        let nonce = try #require(node.announcement).nonce
        return .started(StartAnswer(nonce: nonce, other: other, result: result, vote: []))
    }

    /// Where it begins.
    @Test func `in another epoch than it was invited to it says nothing`() {
        func starter(_ epoch: UInt64, _ digest: Digest) -> Node {
            Node(0, genesis, key: keys[0], seed: 1, invitation: Invitation(epoch: epoch, digest: digest))
        }
        let right = genesis.epoch.digest(in: genesis.suite)
        for invited in [starter(0, right), starter(1, .zero)] {
            #expect(!invited.sent.isEmpty && invited.replica.isStarting)
        }
        let misled = starter(0, .zero)
        guard misled.sent.isEmpty, case .halted(.otherEpoch(0, right, .zero))? = misled.rest.first else {
            Issue.record("\(misled.sent), \(misled.rest)")
            return
        }
    }

    @Test func `a quorum must have stored a start`() throws {
        var (starter, peer) = (node(0), node(1, seed: 2))
        let announced = try #require(starter.announcement)
        peer.receive(.starting(announced), from: 0)
        let given = try #require(peer.answers.first)
        #expect(given == StartAnswer(nonce: announced.nonce, other: nil, result: nil, vote: []))
        starter.receive(.started(given), from: 1)
        // The same again is one node's.
        starter.receive(.started(given), from: 1)
        #expect(!starter.replica.isRunning)
        starter.receive(.started(given), from: 2)
        #expect(starter.replica.isRunning && !starter.isOldCopy)
    }

    @Test func `who is shown a later start of its own follows, whatever its operator says`() throws {
        var starter = node(0)
        let later = try announcement(of: 0, incarnation: 1, nonce: 99)
        starter.receive(try answer(starter, other: later), from: 1)
        #expect(starter.isOldCopy && starter.replica.isRunning)
        starter.give(.refuse(nil))
        let signed = SignedTransaction.sample
        starter.give(.submit([Submission(ticket: 5, transactions: [signed])]))
        let answers = starter.rest.compactMap { if case .answer(5, let rejections) = $0 { rejections } else { nil } }
        #expect(answers == [[.onlyFollows]])
        // It says nothing any more, not even that it starts: it asks for what others have.
        let others = starter.sent.dropFirst().filter { if case .fetchBlocks = $0.message { false } else { true } }
        #expect(others.isEmpty && starter.sent.count > 1)
    }

    @Test func `a result that the disk lacks makes a follower, but one of another height does not`() throws {
        let (signed, claimed) = (statement(height: 3), statement(height: 9))
        let signature = try keys[0].sign(signed.digest(in: .international))
        var starter = node(0)
        starter.receive(try answer(starter, result: SignedResult(statement: claimed, signature: signature)), from: 1)
        #expect(!starter.isOldCopy && starter.refusals == [.wrongSignature])
        starter.receive(try answer(starter, result: SignedResult(statement: signed, signature: signature)), from: 2)
        #expect(starter.isOldCopy)
    }

    @Test(arguments: [true, false]) func `what is being checked is waited for`(isTrue: Bool) throws {
        let digest = statement(height: 3).digest(in: .international)
        let result = SignedResult(statement: statement(height: 3), signature: try keys[isTrue ? 0 : 1].sign(digest))
        var starter = node(0)
        starter.isVerificationHeld = true
        starter.receive(try answer(starter, result: result), from: 1)
        for peer in [2, 3] as [UInt32] { starter.receive(try answer(starter), from: peer) }
        #expect(!starter.replica.isRunning)
        starter.answerChecks()
        #expect(starter.replica.isRunning && starter.isOldCopy == isTrue)
    }

    @Test func `nobody else's signature makes a follower`() throws {
        var starter = node(0)
        let digest = statement(height: 3).digest(in: .international)
        let result = SignedResult(statement: statement(height: 3), signature: try keys[1].sign(digest))
        let foreign = try announcement(of: 1, incarnation: 7, nonce: 4)
        starter.receive(try answer(starter, other: foreign, result: result), from: 1)
        let lie = StartAnnouncement(
            place: 0, incarnation: 7, nonce: 4, signature: try announcement(of: 1, incarnation: 7, nonce: 4).signature)
        starter.receive(try answer(starter, other: lie), from: 2)
        #expect(!starter.isOldCopy && !starter.replica.isRunning)
        #expect(starter.refusals == [.wrongSignature, .wrongSignature])
    }

    @Test func `what is decided can be read where the engine knows it, and not before the start`() throws {
        var alone = Node(0, lone, key: keys[0], seed: 1)
        alone.give(.read(4))
        var starter = node(0)
        starter.give(.read(5))
        for peer in [1, 2] as [UInt32] { starter.receive(try answer(starter), from: peer) }
        // FBFT has no read index: who reads takes proofs.
        starter.give(.read(6))
        let answers = (alone.rest + starter.rest).compactMap {
            if case .readable(let ticket, let decision) = $0 { (ticket, decision) } else { nil }
        }
        #expect(answers.map(\.0) == [4, 5, 6] && answers.map(\.1) == [0, nil, nil])
    }

    @Test func `announcements cost no more than a check in a while, and a later start is told of`() throws {
        var node = node(1)
        let before = node.checkCount
        for nonce in 1...50 as ClosedRange<UInt64> {
            node.receive(.starting(try announcement(of: 0, incarnation: 4, nonce: nonce)), from: 0)
        }
        #expect(node.checkCount == before + 1 && node.answers.count == 1)
        node.milliseconds += ReplicaLimits.startPauseMilliseconds
        node.receive(.starting(try announcement(of: 0, incarnation: 3, nonce: 60)), from: 0)
        #expect(node.answers.last?.other == (try announcement(of: 0, incarnation: 4, nonce: 1)))
        node.milliseconds += ReplicaLimits.startPauseMilliseconds
        // Another's name, or a number that nobody counts to.
        node.receive(.starting(try announcement(of: 2, incarnation: 9, nonce: 1)), from: 0)
        node.receive(.starting(try announcement(of: 0, incarnation: .max, nonce: 1)), from: 0)
        #expect(node.refusals == [.notItsPlace, .notItsPlace] && node.answers.count == 2)
    }
}

extension SignedTransaction {
    fileprivate static var sample: SignedTransaction {
        let transaction = Transaction(
            genesis: .zero, group: 1, sender: .zero, contract: .zero, method: "transfer", arguments: [], salt: 1,
            expiry: Timestamp(milliseconds: 1_700_000_001_000), gasLimit: 100_000)
        return SignedTransaction(
            transaction: transaction, signatures: [], identity: transaction.identity(in: .international))
    }
}
