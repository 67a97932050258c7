internal import Consensus
internal import Contracts
internal import Cryptography
internal import Dissemination
internal import Ledger
internal import Primitives
internal import Replica
internal import Storage

/// One node's process: the real replica, executor, journal, logs and write-back store, on a virtual disk.
final class ReplicaProcess: SimulatedProcess {
    let number: Int
    let place: Int
    let disk = MemoryDisk()
    private var store: MemoryKeyValueStore
    private let chain: SimulatedChain
    var actors: [Actor] = []
    var isHonest: Bool { actors.isEmpty && !isOldCopy }
    /// What it forgot makes it a liar.
    var isOldCopy = false
    /// An earlier state of its disk, and how often it was put back.
    private var image: (disk: MemoryDisk.Image, store: MemoryKeyValueStore)?
    private(set) var putBackCount = 0
    var clockPermille: UInt64 = 1000
    /// How far ahead its wall clock is, in milliseconds.
    var wallOffset: Int64 = 0

    /// How many times as long as others it takes to execute.
    var slowness: UInt64 = 1

    // MARK: Of one life

    private(set) var life = 0
    private(set) var isUp = false
    private(set) var isRetired = false
    var isSyncing = false
    var isExecuting = false
    var isLogging = false
    private(set) var replica: NetworkReplica?
    private var executor: Executor?
    private var journal: Journal?
    private(set) var log: BlockLog?
    private(set) var decisions: BlockLog?
    private var state: GroupState?
    private var persisting: [(request: UInt64, sequence: UInt64)] = []
    private var toExecute: [Decision] = []
    /// Decisions whose blocks the logs have buffered.
    private var loggedDecision: UInt64 = 0
    private var flushing: FlushBatch?

    init(number: Int, place: Int, chain: SimulatedChain) throws {
        (self.number, self.place, self.chain) = (number, place, chain)
        store = try MemoryKeyValueStore()
    }

    // MARK: Lives

    struct Plants {
        let replica: ReplicaPlant?
        let dissemination: DisseminationPlant?
        let process: ProcessPlant?
    }

    func start(with engine: any ConsensusEngine, seed: UInt64, _ plants: Plants) throws {
        let opened = try Journal.open(disk: disk, segmentBytes: Self.segmentBytes)
        // Who forgets what it has promised still has what it has decided.
        let records = opened.records.filter { !actors.contains(.amnesiac) || !(5...7).contains($0.record.kind) }
        let contents = try JournalContents(group: chain.genesis.group, records: records)
        let log = try openLog(BlockLog.blocks, contents.loggedHeight)
        let decisions = try openLog(NetworkRecovered.decisionsFolder, contents.loggedDecision)
        var limits = WriteBackLimits()
        limits.keysToFlush = Self.keysToFlush
        let state = GroupState(
            group: chain.genesis.group,
            store: try WriteBackStore(store: store, group: chain.genesis.group, limits: limits))
        let recovered = try NetworkRecovered(
            genesis: chain.genesis, log: log, decisions: decisions, state: state, store: store, contents: contents)
        let head = recovered.executor.head
        replica = NetworkReplica(
            NetworkReplicaStart(
                genesis: chain.genesis, epoch: chain.genesis.epoch, gas: .version1, orderer: UInt32(place),
                certifier: chain.certifierPlaces[place],
                engine: engine, head: head, window: recovered.executor.window, base: recovered.base,
                further: recovered.further, journal: contents, seed: seed), plant: plants.replica,
            disseminationPlant: plants.dissemination)
        executor = recovered.executor
        if plants.process == .forgetsDuplicates {
            executor = Executor(
                genesis: chain.genesis, head: head, window: DuplicateWindow(countMax: 4096), state: state,
                rules: recovered.rules)
        }
        (journal, self.log, self.decisions, self.state) = (opened.journal, log, decisions, state)
        loggedDecision = head.decision
        isUp = true
    }

    private func openLog(_ name: String, _ required: UInt64) throws(StorageError) -> BlockLog {
        try BlockLog.open(
            disk: disk, group: chain.genesis.group, name: name, requiredHeight: required > 0 ? required : nil,
            segmentBytes: Self.segmentBytes
        ).log
    }

    private static let segmentBytes = 64 << 10
    private static let keysToFlush = 40

    func stop() {
        life += 1
        isUp = false
        (replica, executor, journal, log, decisions, state) = (nil, nil, nil, nil, nil, nil)
        (persisting, toExecute, flushing) = ([], [], nil)
        (isSyncing, isExecuting, isLogging) = (false, false, false)
    }

    func takeImage() { image = (disk.image, MemoryKeyValueStore(copying: store)) }
    var hasImage: Bool { image != nil }

    /// It ends, and what was on its disk once is there again.
    func putBack() {
        guard let image else { return }
        stop()
        disk.faults = .init()
        disk.restore(image.disk)
        store = image.store
        self.image = nil
        putBackCount += 1
    }

    func retire() {
        stop()
        isRetired = true
    }

    func handle(_ input: NetworkReplicaInput, at now: ClockReading, into effects: inout [NetworkReplicaEffect]) {
        replica?.handle(input, at: now, into: &effects)
    }

    var status: EngineStatus? { replica?.status }

    // MARK: The journal

    func append(_ request: UInt64, _ records: [ReplicaRecord]) throws(StorageError) {
        guard let journal else { return }
        var last: UInt64 = 0
        for record in records {
            last = try journal.append(
                JournalRecord(group: chain.genesis.group, kind: record.kind, payload: record.payload))
        }
        persisting.append((request, last))
    }

    var hasUnsynced: Bool { !persisting.isEmpty }

    /// Syncs, and gives the last request that is durable then.
    func sync() throws(StorageError) -> UInt64? {
        guard let journal else { return nil }
        try journal.sync()
        let done = persisting.prefix { $0.sequence <= journal.durableSequence }
        persisting.removeFirst(done.count)
        return done.last?.request
    }

    /// The last request, durable or not: what a node that does not sync would say.
    var lastRequest: UInt64? { persisting.last?.request }

    /// Lets go of old records, if nothing waits.
    func release() throws(StorageError) {
        guard let journal, let replica, persisting.isEmpty else { return }
        let live = replica.liveRecords.map {
            JournalRecord(group: chain.genesis.group, kind: $0.kind, payload: $0.payload)
        }
        try journal.release(upTo: journal.durableSequence, live: live)
    }

    // MARK: Executing

    func queue(_ decision: Decision) { toExecute.append(decision) }
    var hasToExecute: Bool { !toExecute.isEmpty }

    /// Executes the next decision; without its first transaction if `leavesOut`.
    func execute(leavesOut: Bool) throws(StateUnavailable) -> ExecutedDecision? {
        guard !toExecute.isEmpty else { return nil }
        var decision = toExecute.removeFirst()
        if leavesOut, !decision.transactions.isEmpty {
            decision = Decision(
                number: decision.number, reading: decision.reading,
                transactions: Array(decision.transactions.dropFirst()))
        }
        return try executor?.execute(decision)
    }

    // MARK: The logs

    /// Puts a decision into the logs, unless they have it.
    func archive(_ decision: LoggedDecision, _ blocks: [CommittedBlock]) throws {
        guard let log, let decisions else { return }
        if decision.record.number > decisions.heights?.upperBound ?? 0 {
            try decisions.append(height: decision.record.number, payload: decision.canonicalBytes)
        }
        for block in blocks {
            guard block.height <= log.heights?.upperBound ?? 0 else {
                try log.append(block)
                continue
            }
            guard try log.reader(at: block.height)?.certificate.statement == block.certified.certificate.statement
            else {
                throw SimulationFailure(.durability, "\(place) has another block \(block.height) in its log")
            }
        }
        loggedDecision = decision.record.number
    }

    /// Makes the logs durable, the decisions first, and gives up to which decision they are.
    func syncLogs() throws(StorageError) -> UInt64 {
        let last = loggedDecision
        try decisions?.sync()
        try log?.sync()
        try flush()
        return last
    }

    /// Writes the state back as far as the log is durable.
    private func flush() throws(StorageError) {
        guard let state else { return }
        if flushing == nil, state.store.shouldFlush { flushing = executor?.freeze() }
        guard let batch = flushing, log?.durableHeight ?? 0 >= batch.height else { return }
        try batch.write(to: store)
        state.store.flushed(batch)
        flushing = nil
    }

    var loggedHeight: UInt64 { log?.durableHeight ?? 0 }

    func loggedDecisions(from first: UInt64) throws -> [DecisionRecord] {
        guard let decisions, let last = decisions.durableHeight, first <= last else { return [] }
        var records: [DecisionRecord] = []
        for number in first...min(last, first + UInt64(ReplicaLimits.servedDecisionsMax) - 1) {
            guard let bytes = try decisions.read(height: number) else { break }
            records.append(try LoggedDecision(canonicalBytes: bytes).record)
        }
        return records
    }
}
