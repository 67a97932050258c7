import Consensus
import Cryptography
import Dissemination
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// One node, the others of which are the test: the real replica, executor and logs, whose disk and keys answer at once
/// unless they are held back.
struct HandOverNode {
    let genesis: Genesis
    let own: UInt32
    private let invitation: Invitation?
    private let engines: Engines
    private let directory: NodeDirectory
    private(set) var replica: NetworkReplica
    private var executor: Executor
    var milliseconds: UInt64 = 1
    private var timers: [(at: UInt64, token: WorkToken)] = []

    /// All that it asked for, in its lives.
    private(set) var effects: [NetworkReplicaEffect] = []
    private(set) var sent: [(to: [UInt32], said: EpochMessage)] = []
    /// Up to where what it sent was looked at by `serve`.
    private var servedCount = 0
    /// By height, what its execution gave, in each of its lives.
    private(set) var statements: [[ResultStatement]] = [[]]
    /// How many transactions had an effect, in all its lives.
    private(set) var executedTransactions = 0

    // MARK: The disk

    private let disk: MemoryDisk
    private var log: BlockLog
    private var decisions: BlockLog
    private(set) var journal: [ReplicaRecord] = []
    private var unpersisted: [(request: UInt64, records: [ReplicaRecord])] = []
    private var unlogged: [NetworkReplicaEffect] = []
    /// What is held back is gone if the node crashes meanwhile.
    private(set) var holdsJournal = false
    private(set) var holdsLogs = false
    /// Nil if the answer is held back.
    var verify: ([SignatureCheck]) -> [Bool]? = { SerialVerifier().verify($0) }

    /// Node n has the key n + 1; node 1 has a second one, and node 0 has a third.
    static func directory() throws -> NodeDirectory {
        let numbers: [[UInt8]] = [[1, 9], [2, 7], [3], [4], [5], [6]]
        return NodeDirectory(keys: try numbers.map { try $0.map { try EpochLedger.key($0).publicKey } })
    }

    typealias Engines = @Sendable (EpochConfiguration) -> any ConsensusEngine

    init(
        _ own: UInt32, on genesis: Genesis, invitation: Invitation? = nil, holdsLogs: Bool = false,
        engines: @escaping Engines = { $0.engine == .solo ? Solo() as any ConsensusEngine : FBFT() }
    ) throws {
        (self.genesis, self.own, directory, disk) = (genesis, own, try Self.directory(), MemoryDisk())
        (self.invitation, self.holdsLogs, self.engines) = (invitation, holdsLogs, engines)
        (replica, executor, log, decisions) = try Self.life(own, on: genesis, directory, disk, [], invitation, engines)
        try give(.start)
    }

    private typealias Life = (NetworkReplica, Executor, BlockLog, BlockLog)

    private static func life(
        _ own: UInt32, on genesis: Genesis, _ directory: NodeDirectory, _ disk: MemoryDisk, _ journal: [ReplicaRecord],
        _ invitation: Invitation?, _ engines: @escaping Engines
    ) throws -> Life {
        let contents = try LedgerMaker.journal(journal, of: genesis)
        let log = try BlockLog.open(disk: disk, group: genesis.group).log
        let store = try MemoryKeyValueStore()
        let state = GroupState(group: genesis.group, store: try WriteBackStore(store: store, group: genesis.group))
        let recovered = try NetworkRecovered(
            genesis: genesis, log: log, state: state, store: store, contents: contents
        ) { epoch, _ throws(StorageError) in try decisionLog(of: epoch, on: genesis, disk) }
        let replica = NetworkReplica(
            NetworkReplicaStart(
                genesis: genesis, epoch: recovered.epochs.current, origin: recovered.epochs.origin,
                end: recovered.epochs.end, gas: .version1, directory: directory, own: own,
                engines: engines, head: recovered.executor.head, window: recovered.executor.window,
                base: recovered.base,
                further: recovered.further, journal: contents, seed: UInt64(journal.count),
                invitation: invitation))
        return (replica, recovered.executor, log, recovered.decisions)
    }

    private static func decisionLog(
        of epoch: UInt64, on genesis: Genesis, _ disk: MemoryDisk
    ) throws(StorageError) -> BlockLog {
        try BlockLog.open(
            disk: disk, group: genesis.group, name: NetworkRecovered.decisionsFolder(of: epoch)
        ).log
    }

    /// It ends, and begins again with what is durable.
    mutating func restart() throws {
        (unpersisted, unlogged, timers) = ([], [], [])
        (holdsJournal, holdsLogs) = (false, false)
        (replica, executor, log, decisions) = try Self.life(
            own, on: genesis, directory, disk, journal, invitation, engines)
        statements.append([])
        try give(.start)
    }

    mutating func holdJournal() { holdsJournal = true }
    mutating func holdLogs() { holdsLogs = true }

    mutating func releaseJournal() throws {
        holdsJournal = false
        let waiting = unpersisted
        unpersisted = []
        for (request, records) in waiting {
            journal += records
            try give(.persisted(request: request))
        }
    }

    /// Makes durable what was first to be, of what is held back. False if nothing is.
    mutating func releaseOldestRequest() throws -> Bool {
        guard !unpersisted.isEmpty else { return false }
        let (request, records) = unpersisted.removeFirst()
        journal += records
        try give(.persisted(request: request))
        return true
    }

    mutating func releaseLogs() throws {
        holdsLogs = false
        let waiting = unlogged
        unlogged = []
        for effect in waiting { try give(try archive(effect)) }
    }

    // MARK: What happens

    mutating func receive(_ message: ReplicaMessage, from node: UInt32, epoch: UInt64) throws {
        try give(.message(from: node, EpochMessage(epoch: epoch, message: message).canonicalBytes))
    }

    mutating func give(_ input: NetworkReplicaInput) throws {
        var inputs = [input]
        while !inputs.isEmpty {
            var asked: [NetworkReplicaEffect] = []
            replica.handle(inputs.removeFirst(), at: clock, into: &asked)
            for effect in asked {
                effects.append(effect)
                if let answer = try perform(effect) { inputs.append(answer) }
            }
        }
    }

    private var clock: ClockReading {
        ClockReading(
            monotonic: Instant(nanoseconds: milliseconds * 1_000_000),
            wall: Timestamp(milliseconds: genesis.time.milliseconds + milliseconds))
    }

    private mutating func perform(_ effect: NetworkReplicaEffect) throws -> NetworkReplicaInput? {
        switch effect {
        case .persist(let request, let records):
            guard !holdsJournal else {
                unpersisted.append((request, records))
                return nil
            }
            journal += records
            return .persisted(request: request)
        case .sign(let token, let digest, let key):
            let keys = try (1...9).map(EpochLedger.key)
            return .signed(token, try #require(keys.first { $0.publicKey == key }).sign(digest))
        case .verify(let token, let checks): return verify(checks).map { .verified(token, $0) }
        case .setTimer(let token, let delay):
            timers.append((milliseconds + delay, token))
            return nil
        case .send(let nodes, let bytes):
            sent.append((nodes, try EpochMessage(canonicalBytes: bytes)))
            return nil
        case .execute(let decision): return .executed(note(try executor.execute(decision)))
        case .replay(let block, let isLast): return .replayed(note(try executor.follow(block, isLastOfEpoch: isLast)))
        case .committed, .followed:
            guard !holdsLogs else {
                unlogged.append(effect)
                return nil
            }
            return try archive(effect)
        case .entered(let epoch):
            decisions = try Self.decisionLog(of: epoch.number, on: genesis, disk)
            return nil
        default: return nil
        }
    }

    private mutating func note(_ executed: ExecutedDecision) -> ExecutedDecision {
        statements[statements.count - 1] += executed.blocks.map(\.statement)
        executedTransactions += executed.blocks.reduce(0) { $0 + $1.receipts.count }
        return executed
    }

    /// Puts blocks into the logs, unless they are there.
    private func archive(_ effect: NetworkReplicaEffect) throws -> NetworkReplicaInput {
        switch effect {
        case .committed(let decision, let blocks):
            if decision.record.number > decisions.heights?.upperBound ?? 0 {
                try decisions.append(height: decision.record.number, payload: decision.canonicalBytes)
            }
            for block in blocks { try archive(block) }
            try decisions.sync()
            try log.sync()
            return .logged(decision: decision.record.number)
        case .followed(let block):
            try archive(block)
            try log.sync()
            return .loggedBlocks(upTo: block.height)
        default: throw SimulationFailure("\(effect) has nothing for the logs")
        }
    }

    private func archive(_ block: CommittedBlock) throws {
        if block.height > log.heights?.upperBound ?? 0 { try log.append(block) }
    }

    /// Lets time go by.
    mutating func wait(milliseconds duration: UInt64) throws {
        let end = milliseconds + duration
        while let next = timers.enumerated().min(by: { $0.element.at < $1.element.at }), next.element.at <= end {
            timers.remove(at: next.offset)
            milliseconds = max(milliseconds, next.element.at)
            try give(.timer(next.element.token))
        }
        milliseconds = end
    }

    /// Peers give whatever blocks it has asked them for, as far as there are any.
    mutating func serve(_ blocks: some Collection<CommittedBlock>) throws {
        while servedCount < sent.count {
            let (nodes, said) = sent[servedCount]
            servedCount += 1
            guard case .fetchBlocks(let first) = said.message else { continue }
            let given = blocks.filter { $0.height >= first }.prefix(ReplicaLimits.servedBlocksMax)
            let answer = FetchedBlocks(
                first: first, last: blocks.map(\.height).max() ?? 0, blocks: given.map { FetchedBlock($0.certified) })
            for node in nodes { try receive(.blocks(answer), from: node, epoch: said.epoch) }
        }
    }

    /// Peers give it all of these: it is asked for them at the latest when it asks everybody again.
    mutating func follow(_ blocks: some Collection<CommittedBlock>) throws {
        try serve(blocks)
        try wait(milliseconds: 2 * ReplicaLimits.pollMilliseconds)
        try serve(blocks)
    }

    // MARK: What it did

    var refusals: [MessageFault] { effects.compactMap { if case .refused(_, let fault) = $0 { fault } else { nil } } }

    var enteredEpochs: [UInt64] {
        effects.compactMap { if case .entered(let epoch) = $0 { epoch.number } else { nil } }
    }

    var committedDecisions: [UInt64] {
        effects.compactMap { if case .committed(let decision, _) = $0 { decision.record.number } else { nil } }
    }

    /// What was answered at the door, by ticket.
    func answers(to ticket: Ticket) -> [[Rejection?]] {
        effects.compactMap { if case .answer(ticket, let rejections) = $0 { rejections } else { nil } }
    }

    var executedDecisions: [UInt64] {
        effects.compactMap { if case .execute(let decision) = $0 { decision.number } else { nil } }
    }

    var announcements: [(to: [UInt32], epoch: UInt64, start: StartAnnouncement)] {
        sent.compactMap { nodes, said in
            if case .starting(let start) = said.message { (nodes, said.epoch, start) } else { nil }
        }
    }

    /// Whom it has asked for blocks.
    var askedForBlocks: [UInt32] {
        sent.flatMap { nodes, said in if case .fetchBlocks = said.message { nodes } else { [] as [UInt32] } }
    }

    var servedEnds: [(to: UInt32, epoch: UInt64)] {
        effects.compactMap { if case .serveEpochEnd(let node, let epoch) = $0 { (node, epoch) } else { nil } }
    }
}
