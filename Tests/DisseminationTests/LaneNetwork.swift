import Consensus
import Cryptography
import Dissemination
import Ledger
import Primitives
import Testing

/// Some nodes that disseminate, real keys, a network whose messages a test may lose, and a test in place of an engine.
struct LaneNetwork {
    struct Node {
        var machine: Disseminator
        var records: [[UInt8]] = []
        var ordered: [OrderedDecision] = []
        var evidence: [DisseminationEvidence] = []
        var refusals: [MessageFault] = []
        var suspects: [UInt32] = []
        var validities: [EngineToken: Bool] = [:]
        var transactionChecks = 0
        /// What waits for a sync, if the test holds it back.
        var unsynced: [EngineToken] = []
        var isSyncHeld = false
        /// Answers to checks of signatures, if the test holds them back.
        var unanswered: [DisseminationInput] = []
        var isVerificationHeld = false
        var isUp = true
    }

    let keys: [any SigningKey]
    let client: any SigningKey
    let epoch: EpochConfiguration
    let terms: ChainTerms
    let plant: DisseminationPlant?
    static let context = Suite.international.hash(Array("lanes".utf8))
    static let start = Timestamp(milliseconds: 1_700_000_000_000)
    var nodes: [Node] = []
    private(set) var milliseconds: UInt64 = 1
    private var mail: [(from: Int, to: Int, bytes: [UInt8])] = []
    private var timers: [(node: Int, token: EngineToken, due: UInt64)] = []
    private var nextToken: UInt64 = 1 << 40
    /// Those who take every signature of a transaction for valid.
    var gullible: Set<Int> = []
    /// Whether a message is lost.
    var loses: (_ from: Int, _ to: Int, _ message: DisseminationMessage) -> Bool = { _, _, _ in false }
    private(set) var sent: [DisseminationMessage] = []

    init(count: Int = 4, verification: VerificationMode = .all, plant: DisseminationPlant? = nil) throws {
        self.plant = plant
        keys = try (0..<count).map {
            try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: UInt8($0 + 1), count: 32))
        }
        client = try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: 99, count: 32))
        epoch = EpochConfiguration(
            number: 0, engine: .fbft, verification: verification, orderers: keys.map(\.publicKey),
            certifiers: keys.map(\.publicKey))
        terms =
            Genesis(
                name: "lanes", suite: .international, group: 1, time: Self.start, faultModels: [.byzantine],
                epoch: epoch, executionVersion: 1, limits: ChainLimits()
            ).terms
        for number in 0..<count { nodes.append(Node(machine: machine(number))) }
        for number in 0..<count { give(.leader(0), to: number) }
    }

    func machine(
        _ number: Int, incarnation: UInt64 = 1, lastDecision: UInt64 = 0, frontier: LaneFrontier = LaneFrontier(),
        records: [[UInt8]] = []
    ) -> Disseminator {
        Disseminator(
            DisseminationStart(
                epoch: epoch, context: Self.context, terms: terms, own: UInt32(number), incarnation: incarnation,
                lastDecision: lastDecision, frontier: frontier, records: records, seed: UInt64(number)),
            plant: plant)
    }

    var now: ClockReading {
        ClockReading(
            monotonic: Instant(nanoseconds: milliseconds * 1_000_000),
            wall: Timestamp(milliseconds: Self.start.milliseconds + milliseconds))
    }

    // MARK: Inputs

    func transaction(_ salt: UInt64, isForged: Bool = false) throws -> SignedTransaction {
        let sender = try #require(client.publicKey.address(in: .international))
        let transaction = Transaction(
            genesis: terms.genesis, group: 1, sender: sender, contract: sender, method: "m", arguments: [], salt: salt,
            expiry: Timestamp(milliseconds: Self.start.milliseconds + 60_000), gasLimit: 100_000)
        let signed = try SignedTransaction(signing: transaction, with: [client], suite: .international)
        guard isForged else { return signed }
        return SignedTransaction(
            transaction: transaction,
            signatures: signed.signatures.map {
                AccountSignature(signer: $0.signer, publicKey: $0.publicKey, signature: LaneSamples.signature(7))
            }, identity: signed.identity)
    }

    mutating func submit(_ salts: Range<UInt64>, to number: Int) throws {
        for salt in salts {
            let refusal = nodes[number].machine.mempool.insert(try transaction(salt))
            #expect(refusal == nil)
        }
        give(.work, to: number)
    }

    mutating func give(_ input: DisseminationInput, to number: Int) {
        var inputs = [input]
        while !inputs.isEmpty, nodes[number].isUp {
            var effects: [DisseminationEffect] = []
            nodes[number].machine.handle(inputs.removeFirst(), at: now, into: &effects)
            for effect in effects { if let answer = perform(effect, number) { inputs.append(answer) } }
        }
    }

    private mutating func perform(_ effect: DisseminationEffect, _ number: Int) -> DisseminationInput? {
        switch effect {
        case .persist(let token, let record):
            nodes[number].records.append(record)
            if nodes[number].isSyncHeld { nodes[number].unsynced.append(token) } else { return .persisted(token) }
        case .send(let peer, let bytes):
            for place in nodes.indices where place != number && (peer == nil || place == Int(peer ?? 0)) {
                mail.append((number, place, bytes))
            }
        case .setTimer(let token, let delay): timers.append((number, token, milliseconds + delay))
        case .sign(let token, let digest):
            guard let signature = try? keys[number].sign(digest) else { return nil }
            return .signed(token, signature)
        case .verify(let token, let checks):
            nodes[number].transactionChecks += checks.count { $0.publicKey == client.publicKey }
            let mask = SerialVerifier().verify(checks)
            let isGullible = gullible.contains(number)
            let answer = DisseminationInput.verified(
                token, zip(checks, mask).map { $1 || isGullible && $0.publicKey == client.publicKey })
            guard nodes[number].isVerificationHeld else { return answer }
            nodes[number].unanswered.append(answer)
        case .validity(let token, let isValid): nodes[number].validities[token] = isValid
        case .ordered(let decision): nodes[number].ordered.append(decision)
        case .suspect(let orderer): nodes[number].suspects.append(orderer)
        case .evidence(let evidence): nodes[number].evidence.append(evidence)
        case .refused(_, let fault): nodes[number].refusals.append(fault)
        case .work, .offer: break
        }
        return nil
    }

    mutating func sync(_ number: Int) {
        nodes[number].isSyncHeld = false
        let tokens = nodes[number].unsynced
        nodes[number].unsynced = []
        for token in tokens { give(.persisted(token), to: number) }
    }

    mutating func answerChecks(of number: Int) {
        nodes[number].isVerificationHeld = false
        let answers = nodes[number].unanswered
        nodes[number].unanswered = []
        for answer in answers { give(answer, to: number) }
    }

    // MARK: Time

    /// Delivers all messages, and what they lead to.
    mutating func settle() {
        while !mail.isEmpty {
            let (sender, receiver, bytes) = mail.removeFirst()
            if let message = try? DisseminationMessage(canonicalBytes: bytes) {
                sent.append(message)
                if loses(sender, receiver, message) { continue }
            }
            give(.message(from: UInt32(sender), bytes), to: receiver)
        }
    }

    mutating func run(milliseconds duration: UInt64) {
        settle()
        let end = milliseconds + duration
        while milliseconds < end {
            milliseconds += 10
            let due = timers.filter { $0.due <= milliseconds }
            timers.removeAll { $0.due <= milliseconds }
            for timer in due { give(.timer(timer.token), to: timer.node) }
            settle()
        }
    }

    // MARK: In place of an engine

    mutating func propose(_ decision: UInt64, by proposer: Int) throws -> [UInt8] {
        let value = nodes[proposer].machine.cut(for: decision, after: [], at: now)
        return try #require(value)
    }

    /// How each node judges a value.
    mutating func judge(_ value: [UInt8], for decision: UInt64, after: [[UInt8]] = []) -> [Bool?] {
        nextToken += 1
        let token = EngineToken(number: nextToken)
        for number in nodes.indices {
            give(.validate(token, decision: decision, value: value, after: after, isFresh: true), to: number)
        }
        return nodes.map { $0.validities[token] }
    }

    /// Lets a node propose, all judge and all decide.
    mutating func decide(_ decision: UInt64, proposer: Int = 0) throws {
        let value = try propose(decision, by: proposer)
        let answers = judge(value, for: decision)
        #expect(answers.allSatisfy { $0 == true })
        decide(decision, value)
    }

    mutating func decide(_ decision: UInt64, _ value: [UInt8]) {
        for number in nodes.indices { give(.decided(decision: decision, value: value), to: number) }
        settle()
    }
}
