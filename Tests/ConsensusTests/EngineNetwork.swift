import Consensus
import Cryptography
import Ledger
import Primitives

/// An engine whose messages tests look at.
protocol NetworkedEngine: ConsensusEngine {
    associatedtype Message: CanonicalCodable & Sendable & SendableMetatype

    static var kind: EngineKind { get }
    init(configuration: ViewConfiguration, plant: EnginePlant?)
}

extension FBFT: NetworkedEngine { static var kind: EngineKind { .fbft } }
extension PBFT: NetworkedEngine { static var kind: EngineKind { .pbft } }

typealias FBFTNetwork = EngineNetwork<FBFT>
typealias PBFTNetwork = EngineNetwork<PBFT>

/// A few engines, handed messages one by one by a test: no time, no disk, no loss but what the test wants.
struct EngineNetwork<Engine: NetworkedEngine> {
    struct Envelope {
        let from: UInt32
        let to: UInt32
        let message: Engine.Message
    }

    let epoch: EpochConfiguration
    var engines: [Engine]
    var now = Instant(nanoseconds: 1_000_000_000)
    /// Messages on their way, in the order in which they were sent.
    var mail: [Envelope] = []
    var decided: [[[UInt8]]]
    var proofs: [[[UInt8]?]]
    /// What each asked to have made durable, in order.
    var records: [[[UInt8]]]
    var timers: [(engine: Int, token: EngineToken, at: Instant)] = []
    var refused: [(by: Int, from: UInt32, fault: MessageFault)] = []
    var evidence: [[UInt8]] = []
    var needed: [UInt64] = []
    /// Values to propose, first come first served.
    var values: [[UInt8]] = []
    /// What honest nodes take for invalid.
    var invalid: [UInt8] = [66]
    /// Whether records become durable at once; else `persistAll` does it.
    var isDurableAtOnce = true
    /// Whether decisions are executed at once; else the test says so.
    var isExecutedAtOnce = true
    private var waiting: [(engine: Int, token: EngineToken, releases: [EngineEffect])] = []

    init(count: Int) {
        let keys = (0..<count).compactMap { number in
            PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: UInt8(number + 1), count: 32))
        }
        epoch = EpochConfiguration(number: 0, engine: Engine.kind, verification: .all, orderers: keys, certifiers: keys)
        engines = Array(repeating: Self.engine, count: count)
        decided = Array(repeating: [], count: count)
        proofs = Array(repeating: [], count: count)
        records = Array(repeating: [], count: count)
    }

    private static var engine: Engine { Engine(configuration: ViewConfiguration(), plant: nil) }

    mutating func startAll() { for index in engines.indices { start(index) } }

    mutating func start(_ index: Int, after last: UInt64 = 0, records: [[UInt8]] = [], proof: [UInt8]? = nil) {
        engines[index] = Self.engine
        give(
            .start(
                EngineStart(
                    epoch: epoch, context: .zero, suite: .international, own: UInt32(index),
                    origin: proof == nil ? last : 0, lastDecision: last,
                    lastProof: proof, records: records)), to: index)
    }

    static func signature(_ digest: Digest, by orderer: Int) -> Signature {
        Signature(copying: (digest.bytes + [UInt8](repeating: UInt8(orderer + 1), count: 32)).span, at: 0)
    }

    mutating func give(_ input: EngineInput, to index: Int) {
        var inputs = [input]
        while !inputs.isEmpty {
            var effects: [EngineEffect] = []
            engines[index].handle(inputs.removeFirst(), at: now, into: &effects)
            for effect in effects { if let next = perform(effect, of: index) { inputs.append(next) } }
        }
    }

    private mutating func perform(_ effect: EngineEffect, of index: Int) -> EngineInput? {
        switch effect {
        case .persist(let token, let record, let releases):
            records[index].append(record)
            guard isDurableAtOnce else {
                waiting.append((index, token, releases))
                return nil
            }
            for release in releases { _ = perform(release, of: index) }
            return .persisted(token)
        case .send(let receiver, let bytes):
            guard let message = try? Engine.Message(canonicalBytes: bytes) else { return nil }
            let receivers = receiver.map { [$0] } ?? engines.indices.map(UInt32.init).filter { $0 != index }
            for place in receivers { mail.append(Envelope(from: UInt32(index), to: place, message: message)) }
            return nil
        case .setTimer(let token, let milliseconds):
            timers.append((index, token, now.advanced(byMilliseconds: milliseconds)))
            return nil
        case .sign(let token, let digest): return .signed(token, Self.signature(digest, by: index))
        case .verify(let token, let checks):
            return .verified(
                token,
                checks.map { check in
                    let orderer = epoch.orderers.firstIndex(of: check.publicKey) ?? 99
                    return check.signature == Self.signature(check.digest, by: orderer)
                })
        case .requestValue(let token, _, _): return .value(token, values.isEmpty ? nil : values.removeFirst())
        case .validate(let token, _, let value, _, _): return .validity(token, value != invalid)
        case .decided(let decision, let value, let proof):
            precondition(decision == UInt64(decided[index].count) + 1)
            decided[index].append(value)
            proofs[index].append(proof)
            return isExecutedAtOnce ? .executed(decision: decision) : nil
        case .evidence(let bytes): evidence.append(bytes)
        case .needDecisions(let first, _): needed.append(first)
        case .readable: break
        case .refused(let sender, let fault): refused.append((index, sender, fault))
        }
        return nil
    }

    mutating func persistAll() {
        let done = waiting
        waiting = []
        for (index, token, releases) in done {
            for release in releases { _ = perform(release, of: index) }
            give(.persisted(token), to: index)
        }
    }

    /// Delivers messages in order until there are none, but those that the test holds back.
    mutating func run(dropping isDropped: (Envelope) -> Bool = { _ in false }) {
        while !mail.isEmpty {
            let envelope = mail.removeFirst()
            if isDropped(envelope) { continue }
            give(.message(from: envelope.from, envelope.message.canonicalBytes), to: Int(envelope.to))
        }
    }

    /// Delivers those that are wanted, in order, and what they lead to; the others stay on their way.
    mutating func deliver(_ isWanted: (Envelope) -> Bool) {
        while let place = mail.firstIndex(where: isWanted) {
            let envelope = mail.remove(at: place)
            give(.message(from: envelope.from, envelope.message.canonicalBytes), to: Int(envelope.to))
        }
    }

    /// What one has decided and another lacks, as nodes fetch it.
    mutating func fetch(_ index: Int, from peer: Int) {
        for place in decided[index].count..<max(decided[index].count, decided[peer].count) {
            let decision = UInt64(place + 1)
            give(.caughtUp(decision: decision, value: decided[peer][place], proof: proofs[peer][place]), to: index)
        }
    }

    mutating func give(_ message: Engine.Message, from sender: UInt32, to index: Int) {
        give(.message(from: sender, message.canonicalBytes), to: index)
    }

    /// Lets time pass, and timers with it.
    mutating func pass(milliseconds: UInt64) {
        now = now.advanced(byMilliseconds: milliseconds)
        let due = timers.filter { $0.at <= now }
        timers.removeAll { $0.at <= now }
        for timer in due { give(.timer(timer.token), to: timer.engine) }
    }

    mutating func propose(_ values: [[UInt8]]) {
        self.values += values
        for index in engines.indices { give(.pending, to: index) }
    }
}
