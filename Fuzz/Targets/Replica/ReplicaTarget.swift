internal import Consensus
internal import Contracts
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage

extension FuzzTarget {
    /// Four whole replicas, the last of which lies: each byte says what happens next, and which message is changed how.
    /// The others must commit the same blocks, go on, and accuse nobody honest.
    static let replica = FuzzTarget("replica", seeds: { ReplicaWorld.seeds }) { bytes throws(FuzzFailure) in
        guard let world = try? ReplicaWorld() else { throw FuzzFailure("a replica does not start") }
        var input = FuzzInput(bytes)
        for number in 0..<ReplicaWorld.count { try world.start(number) }
        while !input.isEmpty { try world.step(&input) }
    }
}

/// Replicas with executors, journals in memory, and the messages between them.
private final class ReplicaWorld {
    private struct Envelope {
        let from: Int
        let to: Int
        let bytes: [UInt8]
    }

    private struct Node {
        var replica: NetworkReplica
        var executor: Executor
        var records: [RecoveredRecord] = []
        var timers: [WorkToken] = []
        var committed: [(decision: LoggedDecision, blocks: [CommittedBlock])] = []
        /// Whether it was told that its logs are durable, so that it does not begin anew.
        var isLogging = false
    }

    static let count = 4
    private static let liar = 3
    private static let mailMax = 600
    private static let start = Timestamp(milliseconds: 1_700_000_000_000)
    private static let keys = (0..<5).map { StandInKey(number: UInt8($0 + 1)) }
    private static let genesis: Genesis = {
        let nodes = keys.prefix(count).map(\.publicKey)
        var limits = ChainLimits()
        limits.blockTransactionCountMax = 2
        return Genesis(
            name: "fuzz", suite: .international, group: 3, time: start, faultModels: [.byzantine],
            epoch: EpochConfiguration(
                number: 0, engine: .fbft, verification: .all, orderers: nodes, certifiers: nodes),
            executionVersion: 1, limits: limits)
    }()

    private var nodes: [Node] = []
    private var mail: [Envelope] = []
    private var milliseconds: UInt64 = 1
    private var salt: UInt64 = 0
    private var statements: [ResultStatement] = []

    init() throws {
        for number in 0..<Self.count {
            let (replica, executor) = try Self.make(number, [])
            nodes.append(Node(replica: replica, executor: executor))
        }
    }

    private static func make(
        _ number: Int, _ records: [RecoveredRecord]
    ) throws -> (replica: NetworkReplica, executor: Executor) {
        guard let rules = ExecutionRules(version: 1) else { throw FuzzFailure("there is no execution version 1") }
        let store = try WriteBackStore(store: MemoryKeyValueStore(), group: genesis.group)
        let executor = Executor(
            genesis: genesis, head: Head(genesis: genesis), window: DuplicateWindow(countMax: 4096),
            state: GroupState(group: genesis.group, store: store), rules: rules)
        let replica = NetworkReplica(
            NetworkReplicaStart(
                genesis: genesis, epoch: genesis.epoch, gas: .version1,
                directory: NodeDirectory(keys: genesis.epoch.orderers.map { [$0] }), own: UInt32(number),
                engines: { _ in FBFT() }, head: Head(genesis: genesis), window: nil, base: nil, further: [],
                journal: try JournalContents(group: genesis.group, records: records), seed: UInt64(number)))
        return (replica, executor)
    }

    /// Much that goes well, then something of everything.
    static var seeds: [[UInt8]] {
        let work: [UInt8] = [0, 0, 0, 1, 0, 2, 0, 3]
        let deliver = (0..<100).flatMap { _ in [1, 0] as [UInt8] }
        let timers: [UInt8] = [3, 0, 3, 1, 3, 2, 3, 3]
        let mutate: [UInt8] = [2, 0, 9, 3, 2, 1, 40, 7, 2, 5, 1, 1]
        let restart: [UInt8] = [5, 1]
        let fetch: [UInt8] = [7, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0]
        return [
            work + deliver + deliver, work + mutate + deliver + timers + deliver,
            work + deliver + restart + timers + deliver + [6, 0] + fetch + deliver,
            work + timers + work + deliver + mutate + [4, 0] + timers + deliver + restart + timers + deliver,
        ]
    }

    func step(_ input: inout FuzzInput) throws(FuzzFailure) {
        switch input.byte() % 8 {
        case 0: try submit(to: Int(input.byte()) % Self.count)
        case 1: try deliver(at: Int(input.byte()))
        case 2: try deliverChanged(&input)
        case 3: try fire(Int(input.byte()) % Self.count)
        case 4: if !mail.isEmpty { mail.remove(at: Int(input.byte()) % mail.count) }
        case 5: try begin(Int(input.byte()) % Self.count)
        case 6: try log(Int(input.byte()) % Self.count)
        default:
            let (to, count) = (Int(input.byte()) % Self.count, Int(input.byte()) % 64)
            try give(.message(from: UInt32(Self.liar), input.bytes(count)), to: to)
        }
    }

    func start(_ number: Int) throws(FuzzFailure) { try give(.start, to: number) }

    // MARK: What happens

    /// A transaction of the one client, as good as it gets: what it does is not the point.
    private func submit(to number: Int) throws(FuzzFailure) {
        salt += 1
        let client = Self.keys[Self.count]
        guard let sender = client.publicKey.address(in: .international) else { return }
        let transaction = Transaction(
            genesis: Self.genesis.digest, group: Self.genesis.group, sender: sender, contract: Assets.address,
            method: "create", arguments: [UInt8(truncatingIfNeeded: salt)], salt: salt,
            expiry: Timestamp(milliseconds: Self.start.milliseconds + milliseconds + 60_000), gasLimit: 200_000)
        let identity = transaction.identity(in: .international)
        let signed = SignedTransaction(
            transaction: transaction,
            signatures: [
                AccountSignature(signer: 0, publicKey: client.publicKey, signature: client.signature(identity))
            ],
            identity: identity)
        try give(.submit([Submission(ticket: 0, transactions: [signed])]), to: number)
        try give(.read(salt), to: number)
    }

    private func deliver(at place: Int) throws(FuzzFailure) {
        guard !mail.isEmpty else { return }
        let envelope = mail.remove(at: place % mail.count)
        try give(.message(from: UInt32(envelope.from), envelope.bytes), to: envelope.to)
    }

    /// A message of the others, changed by the liar and sent under its own name.
    private func deliverChanged(_ input: inout FuzzInput) throws(FuzzFailure) {
        let (place, offset, change) = (Int(input.byte()), Int(input.byte()), input.byte())
        guard !mail.isEmpty else { return }
        let envelope = mail[place % mail.count]
        var bytes = envelope.bytes
        bytes[offset * 3 % bytes.count] ^= change
        try give(.message(from: UInt32(Self.liar), bytes), to: envelope.to)
    }

    private func fire(_ number: Int) throws(FuzzFailure) {
        milliseconds += 301
        guard !nodes[number].timers.isEmpty else { return }
        try give(.timer(nodes[number].timers.removeFirst()), to: number)
    }

    /// Begins anew with what the journal holds.
    private func begin(_ number: Int) throws(FuzzFailure) {
        guard !nodes[number].isLogging else { return }
        guard let (replica, executor) = try? Self.make(number, nodes[number].records) else {
            throw FuzzFailure("\(number) can't begin anew")
        }
        nodes[number] = Node(replica: replica, executor: executor, records: nodes[number].records)
        try start(number)
    }

    private func log(_ number: Int) throws(FuzzFailure) {
        guard let last = nodes[number].committed.last else { return }
        nodes[number].isLogging = true
        try give(.logged(decision: last.decision.record.number), to: number)
    }

    // MARK: Effects

    private func give(_ input: NetworkReplicaInput, to number: Int) throws(FuzzFailure) {
        var inputs = [input]
        while !inputs.isEmpty {
            let now = ClockReading(
                monotonic: Instant(nanoseconds: milliseconds * 1_000_000),
                wall: Timestamp(milliseconds: Self.start.milliseconds + milliseconds))
            var effects: [NetworkReplicaEffect] = []
            nodes[number].replica.handle(inputs.removeFirst(), at: now, into: &effects)
            try demand(effects.count < 400, "an input had \(effects.count) effects")
            for effect in effects { if let answer = try perform(effect, of: number) { inputs.append(answer) } }
        }
    }

    private func perform(_ effect: NetworkReplicaEffect, of number: Int) throws(FuzzFailure) -> NetworkReplicaInput? {
        switch effect {
        case .persist(let request, let records):
            for record in records {
                let recorded = JournalRecord(group: Self.genesis.group, kind: record.kind, payload: record.payload)
                nodes[number].records.append(
                    RecoveredRecord(sequence: UInt64(nodes[number].records.count + 1), record: recorded))
            }
            return .persisted(request: request)
        case .send(let receivers, let bytes): for place in receivers { post(bytes, from: number, to: Int(place)) }
        case .setTimer(let token, _): nodes[number].timers.append(token)
        case .sign(let token, let digest, _): return .signed(token, Self.keys[number].signature(digest))
        case .verify(let token, let checks):
            return .verified(
                token,
                checks.map { check in
                    Self.keys.contains {
                        $0.publicKey == check.publicKey && $0.signature(check.digest) == check.signature
                    }
                })
        case .execute(let decision):
            guard let executed = try? nodes[number].executor.execute(decision) else {
                throw FuzzFailure("decision \(decision.number) can't be executed")
            }
            return .executed(executed)
        // The liar alone, which may be shown anything.
        case .replay(let block, let isLastOfEpoch):
            try demand(number == Self.liar, "\(number) follows")
            guard let executed = try? nodes[number].executor.follow(block, isLastOfEpoch: isLastOfEpoch) else { break }
            return .replayed(executed)
        case .followed: break
        case .committed(let decision, let blocks): try committed(decision, blocks, by: number)
        case .serveDecisions(let peer, let first):
            for entry in nodes[number].committed where entry.decision.record.number >= first {
                post(.decision(entry.decision.record), from: number, to: Int(peer))
            }
        case .serveCertificate(let peer, let height):
            let blocks = nodes[number].committed.flatMap(\.blocks)
            guard let block = blocks.first(where: { $0.height == height }) else { break }
            post(.certificate(block.certified.certificate), from: number, to: Int(peer))
        case .serveBlocks(let peer, let first):
            let blocks = nodes[number].committed.flatMap(\.blocks).map(\.certified)
            let given = blocks.drop { $0.height < first }.prefix(ReplicaLimits.servedBlocksMax)
            let answer = FetchedBlocks(
                first: first, last: blocks.last?.height ?? 0, blocks: given.map { FetchedBlock($0) })
            post(.blocks(answer), from: number, to: Int(peer))
        case .refused(let sender, let fault):
            let isExcused = sender == Self.liar || number == Self.liar || fault == .unacceptable
            try demand(isExcused, "\(number) accuses \(sender) of \(fault)")
        case .isOldCopy: try demand(number == Self.liar, "\(number) takes its journal for an old copy")
        case .halted(let reason): try demand(number == Self.liar, "\(number) halts: \(reason)")
        // FBFT has no read index.
        case .readable(_, let decision): try demand(decision == nil, "\(number) lets somebody read")
        case .entered, .isRelieved: throw FuzzFailure("\(number) enters another epoch")
        // There are no snapshots.
        case .answer, .evidence, .serveEpochEnd, .serveJoiner: break
        }
        return nil
    }

    private func post(_ message: ReplicaMessage, from sender: Int, to receiver: Int) {
        post(EpochMessage(epoch: 0, message: message).canonicalBytes, from: sender, to: receiver)
    }

    private func post(_ bytes: [UInt8], from sender: Int, to receiver: Int) {
        guard receiver != sender, mail.count < Self.mailMax else { return }
        mail.append(Envelope(from: sender, to: receiver, bytes: bytes))
    }

    private func committed(
        _ decision: LoggedDecision, _ blocks: [CommittedBlock], by number: Int
    ) throws(FuzzFailure) {
        guard number != Self.liar else { return }
        nodes[number].committed.append((decision, blocks))
        for block in blocks {
            let (index, statement) = (Int(block.height) - 1, block.certified.certificate.statement)
            if index < statements.count {
                try demand(statements[index] == statement, "\(number) has another block \(block.height)")
            } else {
                try demand(index == statements.count, "\(number) commits block \(block.height) too early")
                statements.append(statement)
            }
        }
    }
}

/// A key that anybody could forge, as what is signed is all that its signatures depend on.
private struct StandInKey {
    let number: UInt8

    var publicKey: PublicKey {
        guard let key = PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: number, count: 32)) else {
            preconditionFailure("any 32 bytes are a key")
        }
        return key
    }

    func signature(_ digest: Digest) -> Signature {
        Signature(copying: (digest.bytes + [UInt8](repeating: number, count: 32)).span, at: 0)
    }
}
