import Cryptography
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// What a peer of a joiner does.
enum JoinerPeerBehaviour: CaseIterable {
    case honest
    /// Honest, but its answers take long.
    case slow
    case silent
    /// Honest, but has seen the first hand-over only.
    case behind
    /// Honest, but has no snapshot.
    case withoutSnapshot
    /// Honest, but at first its newest snapshot is of the end of the epoch before: the next one is being cut.
    case cutting
    /// Has the newest block certified, and gives nothing of its state.
    case greedy
    /// The same, with another height each time.
    case wandering
    /// Offers and gives a state that nobody has signed.
    case uncertified
    /// Offers and gives a state that the certifiers of an epoch have signed who have gone since.
    case retired
    /// Gives hand-overs with another successor, or with signatures that don't hold.
    case wrongHandOver
    /// Lives on the chain that the first epoch's keys have made.
    case usurper
    case wrongChunk
    case wrongTail
    /// Says what nobody can read.
    case garbled
    /// Says everything twice, and what it said before again.
    case noisy
    /// Comes and goes.
    case leaving

    var isHonest: Bool { self == .honest || self == .slow }

    /// Whether it does nothing that proves it a liar.
    var neverLies: Bool {
        switch self {
        case .honest, .slow, .silent, .behind, .withoutSnapshot, .cutting, .greedy, .wandering, .noisy, .leaving: true
        case .uncertified, .retired, .wrongHandOver, .usurper, .wrongChunk, .wrongTail, .garbled: false
        }
    }
}

/// The chains that peers live on.
struct JoinerChains {
    let long: JoiningChain
    let behind: JoiningChain
    let cutting: JoiningChain
    let usurped: JoiningChain
    let retired: JoiningChain

    init() throws {
        long = try .long()
        behind = try .long(epochs: 1, blocksAfter: 0)
        try behind.cut()
        cutting = try .long(blocksAfter: 0)
        try cutting.cut()
        usurped = try .usurped()
        retired = try .retired()
    }
}

/// One run of a joiner between such peers, on a seed.
final class JoinerWorld {
    let chains: JoinerChains
    let behaviours: [JoinerPeerBehaviour]
    private var generator: SeededGenerator
    private(set) var joiner: Joiner
    private(set) var now: UInt64 = 1
    private var mail: [(time: UInt64, input: JoinerInput)] = []
    private let verifier = SerialVerifier()
    let node: JoinedNode
    private var disk: JoiningDisk
    private(set) var outcome: JoinerOutcome?
    private(set) var refusals: [(node: UInt32, fault: JoinerFault)] = []
    private var said: [ReplicaMessage] = []
    private var begun: ResultStatement?
    private(set) var keptCount = 0
    private static let cuttingMilliseconds: UInt64 = 8000
    let lossPercent: Int
    let doublePercent: Int
    /// How many messages the joiner sent.
    private(set) var sentCount = 0

    init(
        _ behaviours: [JoinerPeerBehaviour], seed: UInt64, _ chains: JoinerChains, invitation: Int? = 3,
        lossPercent: Int = 0, doublePercent: Int = 0, plant: JoinerPlant? = nil, above: UInt64 = 0
    ) throws {
        (self.chains, self.behaviours) = (chains, behaviours)
        (self.lossPercent, self.doublePercent) = (lossPercent, doublePercent)
        generator = SeededGenerator(seed: seed)
        node = JoinedNode(chain: chains.long, disk: MemoryDisk(), store: try MemoryKeyValueStore())
        disk = node.joiningDisk()
        joiner = Joiner(
            JoinerStart(
                genesis: chains.long.genesis, invitation: invitation.map(chains.long.invitation),
                nodeCount: behaviours.count + 1, own: UInt32(behaviours.count), above: above), plant: plant)
    }

    private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    private func send(_ input: JoinerInput, after milliseconds: UInt64) { mail.append((now + milliseconds, input)) }

    // MARK: Running

    /// Until it ends, or so many hours have passed.
    func run(hours: UInt64 = 6) throws {
        while outcome == nil {
            guard now < hours * 3_600_000 else {
                throw SimulationFailure("it does not end: \(behaviours), \(joiner.status)")
            }
            try step()
        }
    }

    /// What is due comes in any order, and then time passes.
    func step() throws {
        let due = mail.indices.filter { mail[$0].time <= now }
        if let index = due.randomElement(using: &generator) {
            return try give(mail.remove(at: index).input)
        }
        now += ReplicaLimits.tickMilliseconds
        try give(.tick)
        for peer in behaviours.indices where behaviours[peer] == .leaving && chance(3) {
            try give(chance(50) ? .disconnected(UInt32(peer)) : .connected(UInt32(peer)))
        }
    }

    func give(_ input: JoinerInput) throws {
        var effects: [JoinerEffect] = []
        joiner.handle(input, at: Instant(nanoseconds: now * 1_000_000), into: &effects)
        for effect in effects { try perform(effect) }
    }

    private func perform(_ effect: JoinerEffect) throws {
        try check(effect)
        if let answer = try disk.perform(effect) {
            return send(answer, after: UInt64.random(in: 0...30, using: &generator))
        }
        switch effect {
        case .send(let peer, let bytes):
            sentCount += 1
            if !chance(lossPercent) { try answer(try EpochMessage(canonicalBytes: bytes).message, by: peer) }
        case .verify(let token, let checks):
            send(.verified(token, verifier.verify(checks)), after: UInt64.random(in: 0...30, using: &generator))
        case .refused(let peer, let fault):
            guard !behaviours[Int(peer)].neverLies else {
                throw SimulationFailure("\(behaviours[Int(peer)]) is accused: \(fault)")
            }
            guard !refusals.contains(where: { $0.node == peer }) else { throw SimulationFailure("accused twice") }
            refusals.append((peer, fault))
        case .ended(let outcome): self.outcome = outcome
        case .begin, .store, .keep, .readEpoch: break
        }
    }

    /// Nothing is stored that is not the chain's.
    private func check(_ effect: JoinerEffect) throws {
        switch effect {
        case .begin(_, let statement, _):
            guard chains.long.holds(statement) else { throw SimulationFailure("another state is restored") }
            if begun != statement { keptCount = 0 }
            begun = statement
        case .keep(_, let blocks):
            for block in blocks {
                guard let begun, block.height == begun.height - UInt64(keptCount),
                    block.certified == chains.long[block.height].certified
                else { throw SimulationFailure("block \(block.height) is not the chain's") }
                keptCount += 1
            }
        default: break
        }
    }

    /// Ends the disk's part, and starts a node from it.
    func checkRestored() throws {
        guard case .restored(let state)? = outcome else {
            throw SimulationFailure("it ended otherwise: \(behaviours), \(String(describing: outcome))")
        }
        guard chains.long.holds(state.statement), state.certificate.statement == state.statement,
            state.epochs.allSatisfy({ chains.long.ledger.epochs[Int($0.number)] == $0 })
        else { throw SimulationFailure("another state or other epochs") }
        let record = try disk.finish(state)
        #expect(try node.standing == .whole(record))
        try JoiningDisk.settle(node.group, disk: node.disk)
        #expect(try node.standing == .none)
        try node.check(record, at: state.statement.height)
    }

    // MARK: Peers

    private func delay(_ peer: UInt32) -> UInt64 {
        behaviours[Int(peer)] == .slow
            ? UInt64.random(in: 1000...2500, using: &generator) : UInt64.random(in: 1...120, using: &generator)
    }

    private func answer(_ message: ReplicaMessage, by peer: UInt32) throws {
        let behaviour = behaviours[Int(peer)]
        if behaviour == .garbled {
            return send(.message(from: peer, generator.bytes(Int.random(in: 0...60, using: &generator))), after: 5)
        }
        guard let answer = try reply(to: message, as: behaviour), !chance(lossPercent) else { return }
        reply(answer, by: peer)
        if behaviour == .noisy || chance(doublePercent) { reply(answer, by: peer) }
        said.append(answer)
        if behaviour == .noisy, let old = said.randomElement(using: &generator), Self.isHarmless(old) {
            reply(old, by: peer)
        }
    }

    /// Whether anybody may say it without lying.
    private static func isHarmless(_ message: ReplicaMessage) -> Bool {
        if case .handOvers(let answer) = message { return answer.handOvers.isEmpty }
        if case .offer(let offer) = message { return offer.snapshot == nil }
        return false
    }

    private func reply(_ message: ReplicaMessage, by peer: UInt32) {
        send(.message(from: peer, EpochMessage(epoch: 0, message: message).canonicalBytes), after: delay(peer))
    }

    private func reply(to message: ReplicaMessage, as behaviour: JoinerPeerBehaviour) throws -> ReplicaMessage? {
        switch behaviour {
        case .silent, .garbled: return nil
        case .behind: return try chains.behind.answer(message)
        case .usurper: return try chains.usurped.answer(message)
        case .cutting where now < Self.cuttingMilliseconds: return try chains.cutting.answer(message)
        default: break
        }
        let ownHeight: Bool =
            switch message {
            case .fetchManifest, .fetchChunk, .fetchTail: behaviour == .uncertified || behaviour == .retired
            default: false
            }
        if ownHeight { return try (behaviour == .retired ? chains.retired : chains.usurped).answer(message) }
        guard let honest = try chains.long.answer(message) else { return nil }
        switch (behaviour, honest) {
        case (.withoutSnapshot, .offer(let offer)):
            return .offer(SnapshotOffer(loggedHeight: offer.loggedHeight, snapshot: nil))
        case (.greedy, .offer(let offer)), (.wandering, .offer(let offer)):
            let isWandering = behaviour == .wandering
            let lowest = UInt64(chains.long.ledger.starts[3] + 1)
            let height =
                isWandering ? UInt64.random(in: lowest...offer.loggedHeight, using: &generator) : offer.loggedHeight
            return .offer(
                SnapshotOffer(
                    loggedHeight: offer.loggedHeight,
                    snapshot: OfferedSnapshot(
                        certificate: chains.long.certificate(height), manifest: .zero, oldest: 1)))
        case (.greedy, .manifest), (.greedy, .chunk), (.wandering, .manifest), (.wandering, .chunk): return nil
        case (.uncertified, .offer(let offer)): return .offer(try uncertified(offer))
        case (.retired, .offer): return try chains.retired.answer(message)
        case (.wrongHandOver, .handOvers(let answer)): return .handOvers(try forged(answer))
        case (.wrongChunk, .chunk(let height, let index, var bytes)):
            if chance(50) { bytes[Int.random(in: bytes.indices, using: &generator)] ^= 1 }
            return .chunk(height: height, index: index, bytes)
        case (.wrongTail, .tail(let answer)): return .tail(try forged(answer))
        default: return honest
        }
    }

    /// The usurped state, as if all of the newest epoch had signed it.
    private func uncertified(_ offer: SnapshotOffer) throws -> SnapshotOffer {
        guard let good = offer.snapshot?.certificate, case .offer(let other)? = try chains.usurped.answer(.fetchOffer),
            let snapshot = other.snapshot
        else { return offer }
        let statement = snapshot.certificate.statement.changed(epoch: good.statement.epoch)
        return SnapshotOffer(
            loggedHeight: other.loggedHeight,
            snapshot: OfferedSnapshot(
                certificate: BlockCertificate(statement: statement, rule: good.rule, signatures: good.signatures),
                manifest: snapshot.manifest, oldest: snapshot.oldest))
    }

    private func forged(_ answer: FetchedHandOvers) throws -> FetchedHandOvers {
        let key = try EpochLedger.epoch(answer.first + 1, .fbft, [8, 9, 1, 2])
        guard let first = answer.handOvers.first else {
            // Where there is no further epoch it makes one up, as if all had signed that.
            let newest = chains.long.ledger.epochs[3]
            let statement = chains.long.certificate(UInt64(chains.long.ledger.blocks.count)).statement
                .changed(nextEpoch: key.digest(in: chains.long.genesis.suite))
            let made = HandOver(
                certificate: try EpochLedger.certify(statement, as: newest, by: [1, 3]), next: key)
            return FetchedHandOvers(first: answer.first, configuration: answer.configuration, handOvers: [made])
        }
        var signatures = first.certificate.signatures
        signatures[0] = CertifierSignature(certifier: 0, signature: Signature(repeating: 3))
        let certificate = BlockCertificate(
            statement: first.certificate.statement, rule: first.certificate.rule, signatures: signatures)
        let wrong = HandOver(
            certificate: chance(50) ? first.certificate : certificate, next: chance(50) ? key : first.next)
        return FetchedHandOvers(
            first: answer.first, configuration: answer.configuration,
            handOvers: wrong == first ? [HandOver(certificate: certificate, next: key)] : [wrong])
    }

    private func forged(_ answer: FetchedTail) throws -> FetchedTail {
        guard let last = answer.blocks.last else { return answer }
        var blocks = answer.blocks
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: blocks.removeFirst()
        case 1: blocks.swapAt(0, blocks.count - 1)
        case 2:
            var coding = last.canonicalBytes
            coding[coding.count - 1] ^= 1
            blocks[blocks.count - 1] = (try? TailBlock(canonicalBytes: coding)) ?? last
        default:
            let certified = chains.long[last.block.header.height].certified
            let statement = certified.certificate.statement
            let other = BlockCertificate(
                statement: statement, rule: certified.certificate.rule,
                signatures: certified.certificate.signatures.map {
                    CertifierSignature(certifier: $0.certifier, signature: Signature(repeating: 5))
                })
            blocks[blocks.count - 1] = TailBlock(
                CertifiedBlock(block: certified.block, receipts: Array(certified.receipts), certificate: other))
        }
        return FetchedTail(height: answer.height, blocks: blocks)
    }
}
