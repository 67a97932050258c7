internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

extension FuzzTarget {
    /// Three engines: each byte says what happens next, and which message is changed how. Raft trusts what messages say,
    /// so they may come to disagree; but no bytes trap, and each gives out decisions in order.
    static let raft = FuzzTarget("raft", seeds: { RaftWorld.seeds }) { bytes throws(FuzzFailure) in
        var world = try RaftWorld()
        var input = FuzzInput(bytes)
        while !input.isEmpty { try world.step(&input) }
    }
}

private struct RaftWorld {
    private struct Envelope {
        let from: UInt32
        let to: UInt32
        let bytes: [UInt8]
    }

    private static let count = 3
    private static let mailMax = 200
    private let epoch: EpochConfiguration
    private var engines: [Raft] = []
    private var records: [[[UInt8]]] = Array(repeating: [], count: count)
    private var decisions: [UInt64] = Array(repeating: 0, count: count)
    private var timers: [[EngineToken]] = Array(repeating: [], count: count)
    private var mail: [Envelope] = []
    private var now = Instant(nanoseconds: 1)
    private var nextValue: UInt8 = 0

    init() throws(FuzzFailure) {
        let keys = (0..<Self.count).compactMap { number in
            PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: UInt8(number + 1), count: 32))
        }
        epoch = EpochConfiguration(number: 0, engine: .raft, verification: .all, orderers: keys, certifiers: keys)
        engines = Array(repeating: Raft(), count: Self.count)
        for index in 0..<Self.count { try start(index) }
    }

    /// An election and some work, then something of everything.
    static var seeds: [[UInt8]] {
        var deliver: [UInt8] = []
        for _ in 0..<40 { deliver += [1, 0] }
        let timer: [UInt8] = [3, 0]
        let work: [UInt8] = [0, 0, 0, 1, 0, 2]
        let change: [UInt8] = [2, 0, 12, 1, 2, 1, 20, 255]
        let late: [UInt8] = [5, 1, 6, 1, 3, 1]
        var whole: [UInt8] = timer + deliver
        whole += work + deliver
        var broken: [UInt8] = whole + change
        broken += late + deliver
        return [timer + deliver, whole, broken]
    }

    mutating func step(_ input: inout FuzzInput) throws(FuzzFailure) {
        switch input.byte() % 8 {
        case 0:
            let byte = input.byte()
            try give(byte < 128 ? .pending : .read(EngineToken(number: UInt64(byte))), to: Int(byte) % Self.count)
        case 1: try deliver(Int(input.byte()), offset: 0, change: 0)
        case 2: try deliver(Int(input.byte()), offset: Int(input.byte()), change: input.byte())
        case 3:
            let index = Int(input.byte()) % Self.count
            now = now.advanced(byMilliseconds: 1001)
            guard let token = timers[index].popLast() else { return }
            try give(.timer(token), to: index)
        case 4: if !mail.isEmpty { mail.remove(at: Int(input.byte()) % mail.count) }
        case 5: try start(Int(input.byte()) % Self.count)
        case 6:
            let index = Int(input.byte()) % Self.count
            try give(.caughtUp(decision: decisions[index] + 1, value: [1], proof: nil), to: index)
        default:
            let (to, count) = (Int(input.byte()) % Self.count, Int(input.byte()) % 64)
            try give(.message(from: UInt32((to + 1) % Self.count), input.bytes(count)), to: to)
        }
    }

    private mutating func start(_ index: Int) throws(FuzzFailure) {
        engines[index] = Raft()
        timers[index] = []
        let start = EngineStart(
            epoch: epoch, context: .zero, suite: .international, own: UInt32(index), lastDecision: decisions[index],
            records: records[index], seed: UInt64(index))
        try give(.start(start), to: index)
    }

    private mutating func deliver(_ place: Int, offset: Int, change: UInt8) throws(FuzzFailure) {
        guard !mail.isEmpty else { return }
        let envelope = mail.remove(at: place % mail.count)
        var bytes = envelope.bytes
        bytes[offset % bytes.count] ^= change
        try give(.message(from: envelope.from, bytes), to: Int(envelope.to))
    }

    private mutating func give(_ input: EngineInput, to index: Int) throws(FuzzFailure) {
        var inputs = [input]
        while !inputs.isEmpty {
            var effects: [EngineEffect] = []
            engines[index].handle(inputs.removeFirst(), at: now, into: &effects)
            try demand(effects.count < 2000, "an input had \(effects.count) effects")
            for effect in effects { if let next = try perform(effect, of: index) { inputs.append(next) } }
        }
    }

    private mutating func perform(_ effect: EngineEffect, of index: Int) throws(FuzzFailure) -> EngineInput? {
        switch effect {
        case .persist(let token, let record, let releases):
            records[index].append(record)
            for release in releases { _ = try perform(release, of: index) }
            return .persisted(token)
        case .send(let receiver, let bytes):
            for place in receiver.map({ [$0] }) ?? (0..<UInt32(Self.count)).filter({ $0 != index })
            where mail.count < Self.mailMax {
                mail.append(Envelope(from: UInt32(index), to: place, bytes: bytes))
            }
        case .setTimer(let token, _): timers[index].append(token)
        case .requestValue(let token, _, _):
            nextValue &+= 1
            return .value(token, nextValue % 3 == 0 ? nil : [nextValue])
        case .decided(let decision, _, _):
            try demand(decision == decisions[index] + 1, "decisions are not in order")
            decisions[index] = decision
            return .executed(decision: decision)
        case .sign, .verify, .validate, .evidence: try demand(false, "Raft asks for what it does not need")
        case .needDecisions, .refused, .readable: break
        }
        return nil
    }
}
