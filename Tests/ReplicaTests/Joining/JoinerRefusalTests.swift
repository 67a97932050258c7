import Cryptography
import Ledger
import Primitives
import TestSupport
import Testing

@testable import Replica

/// Message by message: what is refused for what reason, what is only not heeded, and what is taken.
@Suite struct JoinerRefusalTests {
    private let chain: JoiningChain
    private let newest: OfferedSnapshot

    init() throws {
        chain = try .long()
        guard case .offer(let offer)? = try chain.answer(.fetchOffer) else { throw SimulationFailure("no offer") }
        newest = try #require(offer.snapshot)
    }

    private func bench(_ invitation: Int? = 3) -> JoinerBench {
        JoinerBench(chain, invitation: invitation.map(chain.invitation))
    }

    // MARK: Messages

    @Test func `bytes that nobody can read, and too many`() {
        let bench = bench()
        bench.give(.message(from: 0, [1, 2, 3]))
        #expect(bench.refusals[0] == .message(.undecodable))
        bench.give(.message(from: 1, [UInt8](repeating: 0, count: ReplicaLimits.messageByteCountMax + 1)))
        #expect(bench.refusals[1] == .message(.tooLong))
        // From nobody, and from itself.
        bench.give(.message(from: 2, [1]))
        bench.give(.message(from: 99, [1]))
        #expect(bench.refusals.count == 2)
    }

    @Test func `what replicas say to each other, and what nobody asked for, is not heeded`() throws {
        let bench = bench()
        let messages: [ReplicaMessage] = [
            .engine([1, 2]), .fetchBlocks(from: 1), .fetchOffer, .fetchHandOvers(from: 0),
            .epochEnd(chain.certificate(3)), .manifest(height: 4, [1]), .chunk(height: 4, index: 5, [1]),
            .tail(FetchedTail(height: 4, blocks: [])),
            .handOvers(FetchedHandOvers(first: 2, configuration: nil, handOvers: [])),
        ]
        for message in messages { #expect(bench.answer(message, by: 0).isEmpty) }
        let unasked = try #require(try chain.answer(.fetchHandOvers(from: 0)))
        #expect(bench.answer(unasked, by: 0).isEmpty && bench.refusals.isEmpty)
        #expect(bench.run() != nil)
    }

    // MARK: Epochs

    @Test func `the epoch of the invitation is another`() throws {
        let bench = bench()
        let other = try EpochLedger.epoch(3, .raft, [1, 7, 3, 5, 8])
        bench.answer(.handOvers(FetchedHandOvers(first: 3, configuration: other, handOvers: [])), by: 0)
        #expect(bench.refusals == [0: .otherEpoch(3)])
        // Whoever does not know it is behind, which is no fault.
        bench.answer(.handOvers(FetchedHandOvers(first: 3, configuration: nil, handOvers: [])), by: 1)
        #expect(bench.refusals.count == 1 && bench.joiner.status.epoch == nil)
        let genesis = self.bench(nil)
        genesis.answer(.handOvers(FetchedHandOvers(first: 0, configuration: other, handOvers: [])), by: 0)
        #expect(genesis.refusals == [0: .otherEpoch(0)])
    }

    /// The fault of hand-overs from the first epoch on, the first of which is changed.
    private func handOverFault(_ change: (HandOver) throws -> HandOver) throws -> JoinerFault? {
        let bench = bench(0)
        guard case .handOvers(let good)? = try chain.answer(.fetchHandOvers(from: 0)) else { return nil }
        let changed = try [change(good.handOvers[0])] + good.handOvers.dropFirst()
        bench.answer(
            .handOvers(FetchedHandOvers(first: 0, configuration: good.configuration, handOvers: changed)), by: 0)
        #expect(bench.joiner.status.epoch == (bench.refusals.isEmpty ? 3 : 0))
        return bench.refusals[0]
    }

    private func changed(
        _ statement: ResultStatement, _ good: HandOver, next: EpochConfiguration? = nil,
        by keys: [UInt8] = Array(1...9),
        rule: QuorumRule? = nil
    ) throws -> HandOver {
        let certificate = try EpochLedger.certify(statement, as: chain.ledger.epochs[0], by: keys)
        return HandOver(
            certificate: BlockCertificate(
                statement: statement, rule: rule ?? certificate.rule, signatures: certificate.signatures),
            next: next ?? good.next)
    }

    @Test func `hand-overs that do not hold`() throws {
        #expect(try handOverFault { $0 } == nil)
        let other = try EpochLedger.epoch(1, .fbft, [1, 2, 3, 5])
        #expect(
            try handOverFault { HandOver(certificate: $0.certificate, next: other) } == .proof(.wrongEpoch(1)))
        let skipped = chain.ledger.epochs[2]
        #expect(
            try handOverFault { HandOver(certificate: $0.certificate, next: skipped) } == .proof(.unknownEpoch(2)))
        #expect(
            try handOverFault { try changed($0.certificate.statement, $0, by: [1, 2]) } == .proof(.noQuorum))
        let rule = QuorumRule(model: .crash, count: 4)
        #expect(
            try handOverFault { try changed($0.certificate.statement, $0, rule: rule) } == .proof(.wrongRule))
        #expect(
            try handOverFault { try changed($0.certificate.statement.changed(nextEpoch: .zero), $0) }
                == .proof(.wrongEpoch(1)))
        #expect(
            try handOverFault { try changed($0.certificate.statement.changed(epoch: 1), $0) }
                == .proof(.unknownEpoch(1)))
        // Signatures of another statement.
        #expect(
            try handOverFault { good in
                let wrong = try EpochLedger.certify(
                    good.certificate.statement.changed(nextEpoch: .zero), as: chain.ledger.epochs[0])
                return HandOver(
                    certificate: BlockCertificate(
                        statement: good.certificate.statement, rule: wrong.rule, signatures: wrong.signatures),
                    next: good.next)
            } == .proof(.wrongSignature))
        let key = try EpochLedger.key(1).publicKey
        let solo = EpochConfiguration(
            number: 1, engine: .solo, verification: .all, orderers: [key], certifiers: [key])
        #expect(
            try handOverFault { good in
                let statement = good.certificate.statement.changed(
                    nextEpoch: solo.digest(in: EpochLedger.suite))
                return try changed(statement, good, next: solo)
            } == .proof(.epochNotAllowed(.faultModelNotAllowed(.none))))
    }

    @Test func `hand-overs in the wrong order`() throws {
        let bench = bench(0)
        guard case .handOvers(let good)? = try chain.answer(.fetchHandOvers(from: 0)) else { return }
        bench.answer(
            .handOvers(
                FetchedHandOvers(
                    first: 0, configuration: good.configuration, handOvers: good.handOvers.reversed())), by: 0)
        #expect(bench.refusals[0] == .proof(.unknownEpoch(2)))
    }

    // MARK: Offers

    /// A bench that was asked for an offer by a peer.
    private func asked(_ invitation: Int? = 3) throws -> (bench: JoinerBench, peer: UInt32) {
        let bench = bench(invitation)
        let isOffer: (ReplicaMessage) -> Bool = { $0 == .fetchOffer }
        return (bench, try bench.run(until: isOffer).peer)
    }

    private func offerFault(_ certificate: BlockCertificate, invitation: Int? = 3) throws -> JoinerFault? {
        let (bench, peer) = try asked(invitation)
        let snapshot = OfferedSnapshot(certificate: certificate, manifest: newest.manifest, oldest: 1)
        bench.answer(.offer(SnapshotOffer(loggedHeight: 99, snapshot: snapshot)), by: peer)
        return bench.refusals[peer]
    }

    @Test func `offers that do not hold`() throws {
        let good = newest.certificate
        #expect(try offerFault(good) == nil)
        let few = BlockCertificate(
            statement: good.statement, rule: good.rule, signatures: Array(good.signatures.prefix(2)))
        #expect(try offerFault(few) == .proof(.noQuorum))
        let others = try EpochLedger.certify(
            good.statement.changed(nextEpoch: good.statement.blockHash), as: chain.ledger.epochs[3])
        let wrong = BlockCertificate(
            statement: good.statement, rule: good.rule, signatures: others.signatures)
        #expect(try offerFault(wrong) == .proof(.wrongSignature))
        let rule = BlockCertificate(
            statement: good.statement, rule: QuorumRule(model: .byzantine, count: 5), signatures: good.signatures)
        #expect(try offerFault(rule) == .proof(.wrongRule))
        // By the newest epoch of a block that was before it.
        let back = try EpochLedger.certify(
            chain.certificate(5).statement.changed(epoch: 3), as: chain.ledger.epochs[3])
        #expect(try offerFault(back, invitation: 0) == .proof(.notOfEpoch(3, height: 5)))
    }

    @Test func `an offer of an older epoch is not heeded, one of a newer makes it ask`() throws {
        for invitation in [nil, 1, 3] as [Int?] {
            #expect(try offerFault(chain.certificate(16), invitation: invitation) == nil)
            let (bench, peer) = try asked(invitation)
            let old = OfferedSnapshot(certificate: chain.certificate(16), manifest: .zero, oldest: 1)
            let effects = bench.answer(.offer(SnapshotOffer(loggedHeight: 99, snapshot: old)), by: peer)
            #expect(!effects.contains { if case .verify = $0 { true } else { false } })
            let later = try EpochLedger.certify(
                newest.certificate.statement.changed(epoch: 4), as: try EpochLedger.epoch(4, .fbft, [1, 2, 3, 4]))
            let (other, asked) = try self.asked(invitation)
            _ = other.goOn(except: { $0 == .fetchOffer })
            other.answer(
                .offer(
                    SnapshotOffer(
                        loggedHeight: 99, snapshot: OfferedSnapshot(certificate: later, manifest: .zero, oldest: 1))),
                by: asked)
            #expect(other.asked[asked]?.contains(.fetchHandOvers(from: 3)) == true && other.refusals.isEmpty)
        }
    }

    /// One peer offers what there is, the other another result of the same height; both have not been asked since then.
    private func contradiction() throws -> (bench: JoinerBench, other: BlockCertificate) {
        let (bench, peer) = try asked()
        bench.answer(.offer(SnapshotOffer(loggedHeight: 99, snapshot: newest)), by: peer)
        let other = try EpochLedger.certify(
            newest.certificate.statement.changed(nextEpoch: newest.manifest), as: chain.ledger.epochs[3])
        let snapshot = OfferedSnapshot(certificate: other, manifest: newest.manifest, oldest: 1)
        let effects = bench.answer(.offer(SnapshotOffer(loggedHeight: 99, snapshot: snapshot)), by: 1 - peer)
        // Whether those who signed both still have a say is what all are asked first.
        #expect(bench.failure(in: effects) == nil)
        for peer in [0, 1] as [UInt32] {
            #expect(bench.asked[peer]?.contains(.fetchHandOvers(from: 3)) == true)
        }
        return (bench, other)
    }

    /// What a peer does that comes again and again and never answers, for as long as all are waited for.
    private func flap(_ peer: UInt32, _ bench: JoinerBench, answering other: UInt32) throws -> [JoinerEffect] {
        var effects: [JoinerEffect] = []
        for _ in 0...(2 * ReplicaLimits.joinerLateMilliseconds / 1000) {
            bench.give(.disconnected(peer))
            bench.give(.connected(peer))
            for question in bench.asked[other] ?? [] {
                guard case .fetchHandOvers = question, let answer = try chain.answer(question) else { continue }
                effects += bench.answer(answer, by: other)
            }
            bench.forget(other)
            effects += bench.pass(milliseconds: 1000)
        }
        return effects
    }

    @Test func `whoever connects anew again and again, and never answers, holds nobody up`() throws {
        let bench = bench()
        _ = try flap(0, bench, answering: 1)
        while bench.joiner.status.stage == .epochs, bench.now < 2 * ReplicaLimits.joinerPollMilliseconds {
            _ = try flap(0, bench, answering: 1)
        }
        #expect(bench.joiner.status.stage == .offers && bench.refusals.isEmpty)
        // Nor when all are asked once more before a state is begun with.
        bench.answer(.offer(SnapshotOffer(loggedHeight: 99, snapshot: newest)), by: 1)
        _ = bench.pass(milliseconds: ReplicaLimits.joinerOffersMilliseconds)
        _ = try flap(0, bench, answering: 1)
        #expect(bench.joiner.status.height == newest.height)
    }

    @Test func `whoever proves one newest epoch and then says another is asked no more`() throws {
        let bench = bench(0)
        let good = try #require(try chain.answer(.fetchHandOvers(from: 0)))
        bench.answer(good, by: 0)
        #expect(bench.joiner.status.epoch == 3 && bench.asked[0]?.last == .fetchHandOvers(from: 3))
        let other = try EpochLedger.epoch(3, .raft, [1, 7, 3, 5, 8])
        bench.answer(.handOvers(FetchedHandOvers(first: 3, configuration: other, handOvers: [])), by: 0)
        #expect(bench.refusals == [0: .otherEpoch(3)])
    }

    @Test(arguments: [true, false]) func `two results of one height are for people to judge`(
        _ doAllAnswer: Bool
    ) throws {
        let (bench, other) = try contradiction()
        var effects: [JoinerEffect] = []
        if doAllAnswer {
            effects = bench.goOn()
        } else {
            let known = FetchedHandOvers(first: 3, configuration: chain.ledger.epochs[3], handOvers: [])
            effects = bench.answer(.handOvers(known), by: 0)
            #expect(bench.failure(in: effects) == nil)
            effects = bench.pass(milliseconds: ReplicaLimits.joinerLateMilliseconds)
        }
        #expect(
            bench.failure(in: effects)
                == .contradictoryResults(
                    height: newest.height, newest.certificate.statement.digest(in: EpochLedger.suite),
                    other.statement.digest(in: EpochLedger.suite)))
        // Nothing follows.
        #expect(bench.pass(milliseconds: 1000).isEmpty && bench.joiner.status.stage == .ended)
    }

    @Test func `two results of one height mean nothing once others certify`() throws {
        let (bench, _) = try contradiction()
        try chain.handOver(to: try EpochLedger.epoch(4, .fbft, [1, 7, 3, 5]), by: [7, 3, 5])
        try chain.decide(2, cuts: [1])
        let state = try #require(bench.run())
        #expect(state.epochs.last?.number == 4 && state.statement.epoch == 4)
    }

    @Test func `what old keys sign before it knows that they are old is not begun with`() throws {
        let (bench, _) = try asked()
        let forged = try EpochLedger.certify(
            newest.certificate.statement.changed(nextEpoch: newest.manifest), as: chain.ledger.epochs[3])
        let snapshot = OfferedSnapshot(certificate: forged, manifest: newest.manifest, oldest: 1)
        for peer in [0, 1] as [UInt32] {
            bench.answer(.offer(SnapshotOffer(loggedHeight: 99, snapshot: snapshot)), by: peer)
        }
        for peer in [0, 1] as [UInt32] {
            #expect(bench.asked[peer]?.contains(.fetchHandOvers(from: 3)) == true)
            #expect(bench.asked[peer]?.contains(.fetchManifest(height: newest.height)) == false)
        }
        try chain.handOver(to: try EpochLedger.epoch(4, .fbft, [1, 7, 3, 5]), by: [7, 3, 5])
        try chain.decide(2, cuts: [1])
        let state = try #require(bench.run())
        #expect(state.statement.epoch == 4)
    }

    @Test func `what was chosen in vain does not keep it from executing everything where nobody has anything`() throws {
        let (bench, _) = try asked()
        for peer in [0, 1] as [UInt32] {
            bench.answer(.offer(SnapshotOffer(loggedHeight: 99, snapshot: newest)), by: peer)
        }
        // No state of the epoch that begins now is cut.
        try chain.handOver(to: try EpochLedger.epoch(4, .fbft, [1, 7, 3, 5]), by: [7, 3, 5])
        for _ in 0...(2 * ReplicaLimits.joinerNothingMilliseconds / 1000) {
            for case .ended(let outcome) in bench.goOn() + bench.pass(milliseconds: 1000) {
                guard case .followFromGenesis(let epochs) = outcome else { break }
                #expect(epochs.last?.number == 4)
                return
            }
        }
        Issue.record("it waits for ever")
    }

    @Test func `whoever offered the newest state and is gone without a word is not waited for`() throws {
        let (bench, peer) = try asked()
        bench.answer(.offer(SnapshotOffer(loggedHeight: 99, snapshot: newest)), by: peer)
        let older = OfferedSnapshot(
            certificate: chain.certificate(newest.height - 3), manifest: newest.manifest, oldest: 1)
        bench.answer(.offer(SnapshotOffer(loggedHeight: 99, snapshot: older)), by: 1 - peer)
        // One of them says nothing any more, the other what it is asked.
        var seconds: UInt64 = 0
        while bench.asked[1 - peer]?.contains(.fetchManifest(height: older.height)) != true, seconds < 60 {
            for question in bench.asked[1 - peer] ?? [] {
                if case .fetchHandOvers = question, let answer = try chain.answer(question) {
                    bench.answer(answer, by: 1 - peer)
                } else if question == .fetchOffer {
                    bench.answer(.offer(SnapshotOffer(loggedHeight: 99, snapshot: older)), by: 1 - peer)
                }
            }
            bench.forget(1 - peer)
            _ = bench.pass(milliseconds: 1000)
            seconds += 1
        }
        #expect(bench.joiner.status.height == older.height && seconds < 30)
        #expect(seconds > ReplicaLimits.joinerPollMilliseconds / 1000)
    }

    @Test func `hand-overs without end are no way to anywhere`() throws {
        let byteCounts = try (0..<3).map { place in
            let end = try #require(chain.ledger.blocks.last { $0.header.epoch == UInt64(place) })
            let next = chain.ledger.epochs[place + 1]
            return HandOver(certificate: end.certified.certificate, next: next).canonicalBytes.count
        }
        let all = byteCounts.reduce(0, +)
        let invitation = chain.invitation(to: 0)
        #expect(JoinerBench(chain, invitation: invitation, provenByteCountMax: all).run() != nil)
        let bench = JoinerBench(chain, invitation: invitation, provenByteCountMax: all - 1)
        #expect(bench.failure(in: bench.goOn()) == .tooManyHandOvers(epoch: 3))
    }

    // MARK: Chunks

    @Test func `manifests and chunks that do not hold`() throws {
        let bench = bench()
        let manifest = try bench.run {
            if case .fetchManifest = $0 { true } else { false }
        }
        bench.answer(.manifest(height: newest.height, [1, 2]), by: manifest.peer)
        guard case .snapshot(.otherManifest)? = bench.refusals[manifest.peer] else {
            Issue.record("\(bench.refusals)")
            return
        }
        let chunk = try bench.run {
            if case .fetchChunk = $0 { true } else { false }
        }
        #expect(chunk.peer != manifest.peer)
        guard case .fetchChunk(let height, let index) = chunk.question,
            case .chunk(_, _, var bytes)? = try chain.answer(chunk.question)
        else { return }
        // Of another height it is not heeded.
        bench.answer(.chunk(height: height + 1, index: index, [1]), by: chunk.peer)
        #expect(bench.refusals.count == 1)
        bytes[bytes.count - 1] ^= 1
        let effects = bench.answer(.chunk(height: height, index: index, bytes), by: chunk.peer)
        guard case .snapshot(.wrongDigest)? = bench.refusals[chunk.peer] else {
            Issue.record("\(bench.refusals)")
            return
        }
        #expect(!effects.contains { if case .store = $0 { true } else { false } })
    }

    // MARK: The tail

    private func tailFault(_ change: ([TailBlock]) throws -> [TailBlock]) throws -> JoinerFault? {
        let bench = bench()
        let tail = try bench.run {
            if case .fetchTail = $0 { true } else { false }
        }
        guard case .tail(let good)? = try chain.answer(tail.question) else { return nil }
        let effects = bench.answer(
            .tail(FetchedTail(height: good.height, blocks: try change(good.blocks))), by: tail.peer)
        let isKept = effects.contains { if case .keep = $0 { true } else { false } }
        #expect(isKept == bench.refusals.isEmpty)
        return bench.refusals[tail.peer]
    }

    private func block(
        _ height: UInt64, transactions: [SignedTransaction]? = nil, receipts: [Receipt]? = nil,
        certificate: BlockCertificate? = nil
    ) -> TailBlock {
        let certified = chain[height].certified
        return TailBlock(
            CertifiedBlock(
                block: Block(
                    header: certified.block.header, transactions: transactions ?? certified.block.transactions),
                receipts: receipts ?? Array(certified.receipts), certificate: certificate ?? certified.certificate))
    }

    @Test func `tails that do not hold`() throws {
        let height = newest.height
        #expect(try tailFault { $0 } == nil)
        #expect(try tailFault { Array($0.dropFirst()) } == .otherStatement(height: height))
        #expect(try tailFault { [$0[0]] + $0.dropFirst(2) } == .tail(.wrongBlock(height: height - 1)))
        #expect(
            try tailFault { [block(height, transactions: [], receipts: [])] + $0.dropFirst() }
                == .tail(.wrongTransactions(height: height)))
        let receipts = Array(chain[height - 3].certified.receipts)
        #expect(receipts != Array(chain[height - 1].certified.receipts))
        #expect(
            try tailFault { [$0[0], block(height - 1, receipts: receipts)] + $0.dropFirst(2) }
                == .tail(.wrongResult(height: height - 1)))
        #expect(
            try tailFault { [block(height, certificate: chain.certificate(height - 1))] + $0.dropFirst() }
                == .otherStatement(height: height))
        // What is said of the state before nobody can check but by its signatures.
        let statement = chain.certificate(height - 1).statement.changed(nextEpoch: newest.manifest)
        let unsigned = BlockCertificate(
            statement: statement, rule: newest.certificate.rule, signatures: newest.certificate.signatures)
        #expect(
            try tailFault { [$0[0], block(height - 1, certificate: unsigned)] + $0.dropFirst(2) }
                == .proof(.wrongSignature))
        let few = BlockCertificate(
            statement: chain.certificate(height - 1).statement, rule: newest.certificate.rule, signatures: [])
        #expect(
            try tailFault { [$0[0], block(height - 1, certificate: few)] + $0.dropFirst(2) } == .proof(.noQuorum))
        guard
            case .malformed? = try tailFault({ blocks in
                let plain = blocks[0].block
                let broken = FetchedBlock(
                    header: plain.header, transactions: plain.transactions.map { _ in [1] },
                    certificate: plain.certificate)
                return [try TailBlock(canonicalBytes: broken.canonicalBytes + blocks[0].receipts.flatMap(\.canonical))]
            })
        else {
            Issue.record("a transaction that does not decode is taken")
            return
        }
    }

    @Test func `of the block itself only the certificate that was verified is kept`() throws {
        let bench = bench()
        let tail = try bench.run {
            if case .fetchTail = $0 { true } else { false }
        }
        guard case .tail(let good)? = try chain.answer(tail.question) else { return }
        let unsigned = BlockCertificate(
            statement: newest.certificate.statement, rule: newest.certificate.rule, signatures: [])
        let blocks = [block(newest.height, certificate: unsigned)] + good.blocks.dropFirst()
        let effects = bench.answer(.tail(FetchedTail(height: good.height, blocks: blocks)), by: tail.peer)
        for case .keep(_, let kept) in effects { #expect(kept[0].certified.certificate == newest.certificate) }
        #expect(effects.contains { if case .keep = $0 { true } else { false } })
    }

    @Test func `whoever has no tail is asked later, and another now`() throws {
        let bench = bench()
        let isTail: (ReplicaMessage) -> Bool = { if case .fetchTail = $0 { true } else { false } }
        let first = try bench.run(until: isTail)
        bench.answer(.tail(FetchedTail(height: newest.height, blocks: [])), by: first.peer)
        #expect(bench.asked[1 - first.peer]?.contains(where: isTail) == true && bench.refusals.isEmpty)
    }
}

extension [UInt8] {
    /// With its length.
    fileprivate var canonical: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(bytes: self)
        return encoder.bytes
    }
}
