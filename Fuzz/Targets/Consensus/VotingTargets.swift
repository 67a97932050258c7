internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

extension FuzzTarget {
    static let fbft = voting("fbft", FBFT.self)
    static let pbft = voting("pbft", PBFT.self)

    /// Four engines, the last of which lies: each byte says what happens next, and which message is changed how. The
    /// others must agree, keep what they can prove, and accuse nobody honest.
    private static func voting<Engine: FuzzedEngine>(_ name: String, _ type: Engine.Type) -> FuzzTarget {
        FuzzTarget(name, seeds: { VotingWorld<Engine>.seeds }) { bytes throws(FuzzFailure) in
            var world = VotingWorld<Engine>()
            var input = FuzzInput(bytes)
            while !input.isEmpty { try world.step(&input) }
        }
    }
}

/// An engine whose messages a liar understands.
protocol FuzzedEngine: ConsensusEngine, SendableMetatype {
    static var kind: EngineKind { get }
    init(configuration: ViewConfiguration, plant: EnginePlant?)

    /// What a liar makes of a message, under its own name and signature; nil if it can't read it.
    static func lie(about message: [UInt8], as liar: FuzzLiar, _ input: inout FuzzInput) -> [UInt8]?
    static func certificate(of proof: [UInt8]) -> VoteCertificate?
    static func certificates(in record: [UInt8]) -> [VoteCertificate]
}

/// The orderer that lies, and signs what it says.
struct FuzzLiar {
    let number: UInt32
    let count: Int

    func signature(_ digest: Digest) -> Signature { Self.signature(digest, by: Int(number)) }

    func signed(_ vote: ConsensusVote) -> Signature { signature(vote.digest(in: .zero, suite: .international)) }

    /// The first view from one on that it leads.
    func view(from view: UInt64) -> UInt64 {
        (0..<UInt64(count)).map { view &+ $0 }.first { $0 % UInt64(count) == number } ?? view
    }

    static func signature(_ digest: Digest, by orderer: Int) -> Signature {
        Signature(copying: (digest.bytes + [UInt8](repeating: UInt8(orderer + 1), count: 32)).span, at: 0)
    }
}

/// Engines and the messages between them.
private struct VotingWorld<Engine: FuzzedEngine> {
    private struct Envelope {
        let from: UInt32
        let to: UInt32
        let bytes: [UInt8]
    }

    private static var count: Int { 4 }
    private static var liar: Int { 3 }
    private static var mailMax: Int { 400 }
    private let epoch: EpochConfiguration
    private var engines: [Engine] = []
    private var records: [[[UInt8]]] = Array(repeating: [], count: count)
    private var decisions: [[(value: [UInt8], proof: [UInt8]?)]] = Array(repeating: [], count: count)
    private var timers: [[EngineToken]] = Array(repeating: [], count: count)
    private var mail: [Envelope] = []
    private var now = Instant(nanoseconds: 1)
    private var nextValue: UInt8 = 0

    init() {
        let keys = (0..<Self.count).compactMap { number in
            PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: UInt8(number + 1), count: 32))
        }
        epoch = EpochConfiguration(number: 0, engine: Engine.kind, verification: .all, orderers: keys, certifiers: keys)
        engines = Array(repeating: Self.engine, count: Self.count)
    }

    private static var engine: Engine { Engine(configuration: ViewConfiguration(), plant: nil) }

    /// Much that goes well, then something of everything.
    static var seeds: [[UInt8]] {
        let work: [UInt8] = [0, 0, 0, 1, 0, 2, 0, 3]
        var deliver: [UInt8] = []
        for _ in 0..<60 { deliver += [1, 0] }
        let mutate: [UInt8] = [2, 0, 9, 3, 2, 1, 40, 7]
        let lie: [UInt8] = [130, 0, 1, 2, 1, 130, 3, 0, 0, 2, 130, 1, 2, 3, 3]
        let timers: [UInt8] = [3, 0, 3, 1, 3, 2, 3, 3]
        let restart: [UInt8] = [5, 1]
        let catchUp: [UInt8] = [6, 2, 1]
        var whole: [UInt8] = work + deliver
        whole += work + mutate + deliver
        var broken: [UInt8] = work + mutate
        broken += timers + [4, 0] + deliver
        var late: [UInt8] = work + deliver
        late += restart + timers + deliver
        late += catchUp + deliver
        var lied: [UInt8] = work + lie
        lied += deliver + timers + lie
        lied += deliver + work + lie
        lied += deliver
        // Prepared, and no more: the next view begins with it.
        var changed: [UInt8] = [0, 0]
        for _ in 0..<30 { changed += [1, 0] }
        for _ in 0..<40 { changed += [4, 0] }
        for _ in 0..<2 { changed += timers + deliver }
        changed += lie + deliver
        return [work + deliver, whole, broken, late, lied, changed]
    }

    mutating func step(_ input: inout FuzzInput) throws(FuzzFailure) {
        if !engines.contains(where: { $0.status.phase != "stopped" }) {
            for index in 0..<Self.count { try start(index) }
        }
        let what = input.byte()
        switch what % 8 {
        case 0: try give(.pending, to: Int(input.byte()) % Self.count)
        case 1: try deliver(at: Int(input.byte()))
        case 2: if what < 128 { try deliverChanged(&input) } else { try deliverLie(&input) }
        case 3:
            let index = Int(input.byte()) % Self.count
            now = now.advanced(byMilliseconds: 1001)
            guard let token = timers[index].popLast() else { return }
            try give(.timer(token), to: index)
        case 4:
            let place = Int(input.byte())
            if !mail.isEmpty { mail.remove(at: place % mail.count) }
        case 5: try start(Int(input.byte()) % Self.count)
        case 6: try catchUp(Int(input.byte()) % Self.count, from: Int(input.byte()) % Self.count)
        default:
            let (to, count) = (Int(input.byte()) % Self.count, Int(input.byte()) % 64)
            try give(.message(from: UInt32(Self.liar), input.bytes(count)), to: to)
        }
    }

    private mutating func start(_ index: Int) throws(FuzzFailure) {
        engines[index] = Self.engine
        timers[index] = []
        let start = EngineStart(
            epoch: epoch, context: .zero, suite: .international, own: UInt32(index),
            lastDecision: UInt64(decisions[index].count), lastProof: decisions[index].last?.proof,
            records: records[index])
        try give(.start(start), to: index)
    }

    private mutating func deliver(at place: Int) throws(FuzzFailure) {
        guard !mail.isEmpty else { return }
        let envelope = mail.remove(at: place % mail.count)
        try give(.message(from: envelope.from, envelope.bytes), to: Int(envelope.to))
    }

    /// A message of the others, changed by the liar and sent under its own name.
    private mutating func deliverChanged(_ input: inout FuzzInput) throws(FuzzFailure) {
        let (place, offset, change) = (Int(input.byte()), Int(input.byte()), input.byte())
        guard !mail.isEmpty else { return }
        let envelope = mail[place % mail.count]
        var bytes = envelope.bytes
        bytes[offset % bytes.count] ^= change
        try give(.message(from: UInt32(Self.liar), bytes), to: Int(envelope.to))
    }

    /// What the liar makes of a message that it understands, to anybody.
    private mutating func deliverLie(_ input: inout FuzzInput) throws(FuzzFailure) {
        let (place, receiver) = (Int(input.byte()), Int(input.byte()) % Self.count)
        guard !mail.isEmpty else { return }
        let liar = FuzzLiar(number: UInt32(Self.liar), count: Self.count)
        guard let bytes = Engine.lie(about: mail[place % mail.count].bytes, as: liar, &input) else { return }
        try give(.message(from: UInt32(Self.liar), bytes), to: receiver)
    }

    private mutating func catchUp(_ index: Int, from peer: Int) throws(FuzzFailure) {
        let next = decisions[index].count
        guard next < decisions[peer].count else { return }
        let (value, proof) = decisions[peer][next]
        try give(.caughtUp(decision: UInt64(next + 1), value: value, proof: proof), to: index)
    }

    // MARK: Effects

    private mutating func give(_ input: EngineInput, to index: Int) throws(FuzzFailure) {
        var inputs = [input]
        while !inputs.isEmpty {
            var effects: [EngineEffect] = []
            engines[index].handle(inputs.removeFirst(), at: now, into: &effects)
            try demand(effects.count < 200, "an input had \(effects.count) effects")
            for effect in effects { if let next = try perform(effect, of: index) { inputs.append(next) } }
        }
    }

    private mutating func perform(_ effect: EngineEffect, of index: Int) throws(FuzzFailure) -> EngineInput? {
        switch effect {
        case .persist(let token, let record, let releases):
            for certificate in Engine.certificates(in: record) { try hold(certificate, of: index) }
            records[index].append(record)
            for release in releases { _ = try perform(release, of: index) }
            return .persisted(token)
        case .send(let receiver, let bytes):
            let receivers = receiver.map { [$0] } ?? (0..<UInt32(Self.count)).filter { $0 != index }
            for place in receivers where mail.count < Self.mailMax {
                mail.append(Envelope(from: UInt32(index), to: place, bytes: bytes))
            }
        case .setTimer(let token, _): timers[index].append(token)
        case .sign(let token, let digest): return .signed(token, FuzzLiar.signature(digest, by: index))
        case .verify(let token, let checks):
            return .verified(
                token,
                checks.map { check in
                    let orderer = epoch.orderers.firstIndex(of: check.publicKey) ?? Self.count
                    return check.signature == FuzzLiar.signature(check.digest, by: orderer)
                })
        case .requestValue(let token, _, _):
            nextValue &+= 1
            return .value(token, nextValue % 3 == 0 ? nil : [nextValue])
        case .validate(let token, _, let value, _, _): return .validity(token, value.count == 1)
        case .decided(let decision, let value, let proof):
            try decided(decision, value, proof, by: index)
            return .executed(decision: decision)
        case .refused(let sender, let fault):
            try demand(sender == Self.liar || index == Self.liar, "\(index) accuses \(sender) of \(fault)")
        case .evidence(let bytes):
            let evidence = try? VoteEvidence(canonicalBytes: bytes)
            try demand(evidence?.orderer == UInt32(Self.liar), "\(index) has evidence against the honest")
        case .needDecisions, .readable: break
        }
        return nil
    }

    private mutating func decided(
        _ decision: UInt64, _ value: [UInt8], _ proof: [UInt8]?, by index: Int
    ) throws(FuzzFailure) {
        try demand(decision == UInt64(decisions[index].count) + 1, "decisions are not in order")
        for (other, theirs) in decisions.enumerated() where other != index && theirs.count >= decision {
            try demand(theirs[Int(decision) - 1].value == value, "\(index) and \(other) decided otherwise")
        }
        let certificate = proof.flatMap(Engine.certificate)
        try demand(certificate != nil, "\(index) decided without proof")
        if let certificate { try hold(certificate, of: index) }
        decisions[index].append((value, proof))
    }

    /// What an orderer keeps or passes on holds.
    private func hold(_ certificate: VoteCertificate, of index: Int) throws(FuzzFailure) {
        let digest = certificate.vote.digest(in: .zero, suite: .international)
        let isTrue = certificate.signatures.allSatisfy {
            $0.signature == FuzzLiar.signature(digest, by: Int($0.orderer))
        }
        try demand(certificate.signatures.count >= 3 && isTrue, "\(index) has a certificate that does not hold")
    }
}
