internal import Consensus
internal import Contracts
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage

/// One node: the replica, what executes for it, and what it has on its disk.
final class ReplicaNode {
    /// What ends with its process.
    private struct Life {
        var replica: NetworkReplica
        var executor: Executor
        let log: BlockLog
        var decisions: BlockLog
        /// The last decision of its epoch, once execution has named it.
        var end: UInt64?
    }

    let number: Int
    private let chain: ReplicaChain
    private let disk = MemoryDisk()
    private var records: [RecoveredRecord] = []
    private var life: Life
    var timers: [WorkToken] = []
    /// What its logs have, and how much of it is durable.
    private(set) var blocks: [CommittedBlock] = []
    private var durableBlockCount = 0
    private var decisions: [LoggedDecision] = []
    private var durableDecisionCount = 0
    /// Nil for a node that only follows.
    private var loggedDecision: UInt64?

    init(number: Int, chain: ReplicaChain) throws {
        (self.number, self.chain) = (number, chain)
        life = try Self.begin(number, chain, disk, [])
    }

    var epoch: EpochConfiguration { life.replica.epoch }
    var end: UInt64? { life.end }
    /// Whether it takes certified blocks from others, and has no say. Who follows a leader knows it.
    var isFollowing: Bool {
        let status = life.replica.status
        return status.phase == "following" && status.leader == nil
    }

    // MARK: Lives

    private static let segmentBytes = 64 << 10

    private static func open(_ name: String, _ disk: MemoryDisk, requiredHeight: UInt64) throws(StorageError)
        -> BlockLog
    {
        try BlockLog.open(
            disk: disk, group: ReplicaChain.group, name: name,
            requiredHeight: requiredHeight > 0 ? requiredHeight : nil, segmentBytes: segmentBytes
        ).log
    }

    private static func begin(
        _ number: Int, _ chain: ReplicaChain, _ disk: MemoryDisk, _ records: [RecoveredRecord]
    ) throws -> Life {
        let contents = try JournalContents(group: ReplicaChain.group, records: records)
        let log = try open(BlockLog.blocks, disk, requiredHeight: contents.loggedHeight)
        // Nothing of the state is ever written back: all blocks are executed again.
        let store = try MemoryKeyValueStore()
        let state = GroupState(
            group: ReplicaChain.group, store: try WriteBackStore(store: store, group: ReplicaChain.group))
        let recovered = try NetworkRecovered(
            genesis: chain.genesis, log: log, state: state, store: store, contents: contents
        ) { epoch, required throws(StorageError) in
            try open(NetworkRecovered.decisionsFolder(of: epoch), disk, requiredHeight: required)
        }
        let replica = NetworkReplica(
            NetworkReplicaStart(
                genesis: chain.genesis, epoch: recovered.epochs.current, origin: recovered.epochs.origin,
                end: recovered.epochs.end, gas: .version1, directory: chain.directory, own: UInt32(number),
                engines: engine, head: recovered.executor.head, window: recovered.executor.window,
                base: recovered.base, further: recovered.further, journal: contents, seed: UInt64(number)))
        return Life(
            replica: replica, executor: recovered.executor, log: log, decisions: recovered.decisions,
            end: recovered.epochs.end)
    }

    @Sendable private static func engine(of epoch: EpochConfiguration) -> any ConsensusEngine {
        switch epoch.engine {
        case .pbft: PBFT(configuration: ViewConfiguration(), plant: nil)
        case .raft: Raft()
        default: FBFT()
        }
    }

    /// Ends, and begins anew with what is on its disk.
    func restart() throws {
        life = try Self.begin(number, chain, disk, records)
        timers = []
        blocks.removeSubrange(durableBlockCount...)
        decisions.removeSubrange(durableDecisionCount...)
        loggedDecision = nil
    }

    /// Another epoch has begun.
    func enter(_ epoch: EpochConfiguration) throws {
        life.decisions = try Self.open(
            NetworkRecovered.decisionsFolder(of: epoch.number), disk, requiredHeight: 0)
        (decisions, durableDecisionCount) = ([], 0)
        (loggedDecision, life.end) = (nil, nil)
    }

    func handle(_ input: NetworkReplicaInput, at now: ClockReading) -> [NetworkReplicaEffect] {
        var effects: [NetworkReplicaEffect] = []
        life.replica.handle(input, at: now, into: &effects)
        return effects
    }

    // MARK: The journal

    func persist(_ new: [ReplicaRecord]) {
        for record in new {
            let recorded = JournalRecord(group: ReplicaChain.group, kind: record.kind, payload: record.payload)
            let sequence = (records.last?.sequence ?? 0) + 1
            records.append(RecoveredRecord(sequence: sequence, record: recorded))
        }
    }

    /// Lets go of old records.
    func release() {
        let live = life.replica.liveRecords
        let last = records.last
        records = last.map { [$0] } ?? []
        persist(live)
        if last != nil { records.removeFirst() }
    }

    // MARK: Executing

    func execute(_ decision: Decision) throws -> ExecutedDecision {
        let executed = try life.executor.execute(decision)
        life.end = executed.epochEnd
        return executed
    }

    func follow(_ block: Block, isLastOfEpoch: Bool) throws -> ExecutedDecision {
        let executed = try life.executor.follow(block, isLastOfEpoch: isLastOfEpoch)
        life.end = executed.epochEnd
        return executed
    }

    // MARK: The logs

    /// Whether all that it was given is durable.
    var isLogged: Bool { durableBlockCount == blocks.count }

    func archive(_ decision: LoggedDecision, _ blocks: [CommittedBlock]) throws {
        if decision.record.number > life.decisions.heights?.upperBound ?? 0 {
            try life.decisions.append(height: decision.record.number, payload: decision.canonicalBytes)
            decisions.append(decision)
        }
        for block in blocks { try archive(block) }
        loggedDecision = decision.record.number
    }

    func archive(_ block: CommittedBlock) throws {
        loggedDecision = nil
        guard block.height > UInt64(blocks.count) else { return }
        try life.log.append(block)
        blocks.append(block)
    }

    /// Makes the logs durable, and gives what the replica is to be told; nil if there is nothing.
    func sync() throws -> NetworkReplicaInput? {
        try life.decisions.sync()
        try life.log.sync()
        (durableBlockCount, durableDecisionCount) = (blocks.count, decisions.count)
        guard !blocks.isEmpty else { return nil }
        return loggedDecision.map { .logged(decision: $0) } ?? .loggedBlocks(upTo: UInt64(blocks.count))
    }

    // MARK: Serving

    func servedDecisions(from first: UInt64) -> [DecisionRecord] {
        let durable = decisions.prefix(durableDecisionCount).map(\.record)
        return Array(durable.drop { $0.number < first }.prefix(ReplicaLimits.servedDecisionsMax))
    }

    func servedBlocks(from first: UInt64) -> FetchedBlocks {
        let durable = blocks.prefix(durableBlockCount)
        let given = durable.drop { $0.height < first }.prefix(ReplicaLimits.servedBlocksMax)
        return FetchedBlocks(
            first: first, last: UInt64(durable.count), blocks: given.map { FetchedBlock($0.certified) })
    }

    func certificate(at height: UInt64) -> BlockCertificate? {
        blocks.prefix(durableBlockCount).first { $0.height == height }?.certified.certificate
    }

    func certificate(ofEndOf epoch: UInt64) -> BlockCertificate? {
        blocks.prefix(durableBlockCount).lazy.map(\.certified.certificate).first {
            $0.statement.epoch == epoch && $0.statement.nextEpoch != .zero
        }
    }
}
