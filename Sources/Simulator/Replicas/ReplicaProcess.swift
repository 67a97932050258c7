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
    private(set) var store: MemoryKeyValueStore
    let chain: SimulatedChain
    /// Whether it is to begin with a snapshot, and by what invitation.
    var joins = false
    var invitation: Invitation?
    /// What it learnt of epochs when it joined.
    var provenEpochs: [EpochConfiguration] = []
    var actors: [Actor] = []
    var isHonest: Bool { actors.isEmpty && !isOldCopy }
    /// What it forgot makes it a liar.
    var isOldCopy = false
    /// An earlier state of its disk, and how often it was put back.
    private var image: (disk: MemoryDisk.Image, store: MemoryKeyValueStore, life: Int)?
    private(set) var putBackCount = 0
    /// In which epochs it has signed in later lives than that, and in which ones so that its disk has forgotten it.
    private var signedEpochs: Set<UInt64> = []
    private var forgottenEpochs: Set<UInt64> = []
    var clockPermille: UInt64 = 1000
    /// How far ahead its wall clock is, in milliseconds.
    var wallOffset: Int64 = 0

    /// How many times as long as others it takes to execute.
    var slowness: UInt64 = 1

    // MARK: Of one life

    private(set) var life = 0
    var isUp = false
    private(set) var isRetired = false
    var isSyncing = false
    var isExecuting = false
    var isLogging = false
    private(set) var replica: NetworkReplica?
    private var executor: Executor?
    private var journal: Journal?
    private(set) var log: BlockLog?
    private(set) var decisions: BlockLog?
    private(set) var state: GroupState?
    /// As long as it joins.
    var joiner: Joiner?
    var joining: JoiningDisk?
    private(set) var shelf: SnapshotShelf?
    /// The height after which the state is to become a snapshot.
    private var cutHeight: UInt64?
    /// Whether a cut was due while something else was written back.
    private var owesCut = false
    /// What the last one was of.
    private var lastCut: (checkpoint: UInt64, epoch: UInt64) = (0, 0)
    private var persisting: [(request: UInt64, sequence: UInt64)] = []
    private var toExecute: [Work] = []
    /// Decisions whose blocks the logs have buffered; nil for a node that only follows.
    private var loggedDecision: UInt64?

    private enum Work {
        case decision(Decision)
        case block(Block, isLastOfEpoch: Bool)
    }
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

    func start(
        with engines: @escaping @Sendable (EpochConfiguration) -> any ConsensusEngine, seed: UInt64,
        _ plants: Plants
    ) throws {
        let opened = try Journal.open(disk: disk, segmentBytes: Self.segmentBytes)
        // Who forgets what it has promised still has what it has decided.
        let records = opened.records.filter { !actors.contains(.amnesiac) || !(5...7).contains($0.record.kind) }
        let contents = try JournalContents(group: chain.genesis.group, records: records)
        let log = try openLog(BlockLog.blocks, contents.loggedHeight)
        var limits = WriteBackLimits()
        limits.keysToFlush = Self.keysToFlush
        let state = GroupState(
            group: chain.genesis.group,
            store: try WriteBackStore(store: store, group: chain.genesis.group, limits: limits))
        let recovered = try NetworkRecovered(
            genesis: chain.genesis, log: log, state: state, store: store, contents: contents,
            openDecisions: openDecisions)
        let head = recovered.executor.head
        replica = NetworkReplica(
            NetworkReplicaStart(
                genesis: chain.genesis, epoch: recovered.epochs.current, origin: recovered.epochs.origin,
                end: recovered.epochs.end, gas: .version1, directory: chain.directory, own: UInt32(place),
                engines: engines, head: head, window: recovered.executor.window, base: recovered.base,
                further: recovered.further, journal: contents, seed: seed, invitation: invitation),
            plant: plants.replica,
            disseminationPlant: plants.dissemination)
        executor = recovered.executor
        if plants.process == .forgetsDuplicates {
            executor = Executor(
                genesis: chain.genesis, head: head, window: DuplicateWindow(countMax: 4096), state: state,
                rules: recovered.rules)
        }
        (journal, self.log, self.decisions, self.state) = (opened.journal, log, recovered.decisions, state)
        let shelf = try SnapshotShelf(genesis: chain.genesis, on: disk)
        self.shelf = shelf
        if let newest = shelf.newest { lastCut = (checkpoint(newest.height), newest.epoch) }
        // It may have died before it could cut the state at the end of an epoch, and nothing may follow for long.
        owesCut = head.decision > 0 && head.decision == recovered.epochs.origin && shelf.newest?.height != head.height
        isUp = true
        // Whatever its disk has against it shows again.
        try? flush()
    }

    private func openDecisions(of epoch: UInt64, _ required: UInt64) throws(StorageError) -> BlockLog {
        try openLog(NetworkRecovered.decisionsFolder(of: epoch), required)
    }

    /// Another epoch has begun.
    func enter(_ epoch: UInt64) throws(StorageError) {
        loggedDecision = nil
        decisions = try openDecisions(of: epoch, 0)
    }

    private func openLog(_ name: String, _ required: UInt64) throws(StorageError) -> BlockLog {
        try BlockLog.open(
            disk: disk, group: chain.genesis.group, name: name, requiredHeight: required > 0 ? required : nil,
            segmentBytes: Self.segmentBytes
        ).log
    }

    static let segmentBytes = 64 << 10
    private static let keysToFlush = 40

    func stop() {
        // Who ends before others have heard of it may come to as many starts as its original: that is not found out.
        if let replica, !replica.isRunning { forgottenEpochs = [] }
        life += 1
        isUp = false
        (replica, executor, journal, log, decisions, state) = (nil, nil, nil, nil, nil, nil)
        (joiner, joining, shelf, cutHeight, lastCut) = (nil, nil, nil, nil, (0, 0))
        owesCut = false
        (persisting, toExecute, flushing) = ([], [], nil)
        loggedDecision = nil
        (isSyncing, isExecuting, isLogging) = (false, false, false)
    }

    /// It has followed a chain before the start.
    func take(_ prefilled: PrefilledDisk) {
        disk.restore(prefilled.disk)
        store = MemoryKeyValueStore(copying: prefilled.store)
    }

    func takeImage() {
        image = (disk.image, MemoryKeyValueStore(copying: store), life)
        signedEpochs = []
    }
    var hasImage: Bool { image != nil }
    /// Whether it has been started again since then.
    var hasImageOfEarlierLife: Bool { image.map { $0.life < life } ?? false }

    /// It ends, and what was on its disk once is there again.
    func putBack() {
        guard let image else { return }
        stop()
        disk.faults = .init()
        disk.restore(image.disk)
        store = image.store
        self.image = nil
        forgottenEpochs.formUnion(signedEpochs)
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

    /// Whether it may sign: not where an old copy has forgotten what was signed. Before it runs it says only that it
    /// starts.
    func signs() -> Bool {
        guard let replica, replica.isRunning else { return true }
        if hasImageOfEarlierLife { signedEpochs.insert(replica.epoch.number) }
        return !forgottenEpochs.contains(replica.epoch.number)
    }

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

    func queue(_ decision: Decision) { toExecute.append(.decision(decision)) }
    func queue(_ block: Block, isLastOfEpoch: Bool) { toExecute.append(.block(block, isLastOfEpoch: isLastOfEpoch)) }
    var hasToExecute: Bool { !toExecute.isEmpty }

    /// Executes what is next; a decision without its first transaction if `leavesOut`.
    func execute(leavesOut: Bool) throws(StateUnavailable) -> NetworkReplicaInput? {
        guard !toExecute.isEmpty, var executor else { return nil }
        self.executor = nil
        defer { self.executor = executor }
        let (executed, answer): (ExecutedDecision, NetworkReplicaInput)
        switch toExecute.removeFirst() {
        case .block(let block, let isLastOfEpoch):
            executed = try executor.follow(block, isLastOfEpoch: isLastOfEpoch)
            answer = .replayed(executed)
        case .decision(var decision):
            if leavesOut, !decision.transactions.isEmpty {
                decision = Decision(
                    number: decision.number, reading: decision.reading,
                    transactions: Array(decision.transactions.dropFirst()))
            }
            executed = try executor.execute(decision)
            answer = .executed(executed)
        }
        if let last = executed.blocks.last?.statement { noteCheckpoint(&executor, last) }
        return answer
    }

    /// After a decision with a checkpoint's block the state is taken, for all nodes at the same heights if their disks
    /// follow. So it is after the first and the last blocks of an epoch: whoever joins believes only what the newest epoch
    /// has certified, or the end of the one before if it was invited to that, and a chain may have nothing else for long.
    private func noteCheckpoint(_ executor: inout Executor, _ last: ResultStatement) {
        let isDue =
            last.nextEpoch != .zero || last.epoch > lastCut.epoch || checkpoint(last.height) > lastCut.checkpoint
        guard isDue else { return }
        guard flushing == nil else { return owesCut = true }
        lastCut = (checkpoint(last.height), last.epoch)
        flushing = executor.freeze()
        cutHeight = flushing?.height
        owesCut = false
    }

    private func checkpoint(_ height: UInt64) -> UInt64 {
        height / UInt64(chain.genesis.limits.checkpointInterval)
    }

    // MARK: The logs

    /// Puts a decision into the logs, unless they have it.
    func archive(_ decision: LoggedDecision, _ blocks: [CommittedBlock]) throws {
        guard let decisions else { return }
        if decision.record.number > decisions.heights?.upperBound ?? 0 {
            try decisions.append(height: decision.record.number, payload: decision.canonicalBytes)
        }
        for block in blocks { try archive(block) }
        loggedDecision = decision.record.number
    }

    /// Puts a block into its log, unless that has it.
    func archive(_ block: CommittedBlock) throws {
        guard let log else { return }
        loggedDecision = nil
        guard block.height <= log.heights?.upperBound ?? 0 else { return try log.append(block) }
        guard try log.reader(at: block.height)?.certificate.statement == block.certified.certificate.statement else {
            throw SimulationFailure(.durability, "\(place) has another block \(block.height) in its log")
        }
    }

    /// Makes the logs durable, the decisions first, and says up to where they are.
    func syncLogs() throws(StorageError) -> NetworkReplicaInput {
        let last = loggedDecision
        try decisions?.sync()
        try log?.sync()
        try flush()
        return last.map { .logged(decision: $0) } ?? .loggedBlocks(upTo: loggedHeight)
    }

    /// Writes the state back as far as the log is durable.
    private func flush() throws(StorageError) {
        guard let state else { return }
        if flushing == nil, state.store.shouldFlush || owesCut { beginFlush() }
        while let batch = flushing, log?.durableHeight ?? 0 >= batch.height {
            try batch.write(to: store)
            state.store.flushed(batch)
            flushing = nil
            if cutHeight == batch.height { try cut(at: batch.height) }
            if owesCut { beginFlush() }
        }
    }

    private func beginFlush() {
        flushing = executor?.freeze()
        guard owesCut, let flushing, let last = try? log?.reader(at: flushing.height)?.header else { return }
        owesCut = false
        cutHeight = flushing.height
        lastCut = (checkpoint(last.height), last.epoch)
    }

    /// Makes a snapshot of what the store holds.
    private func cut(at height: UInt64) throws(StorageError) {
        cutHeight = nil
        guard let certificate = try? log?.reader(at: height)?.certificate else { return }
        do throws(JoiningError) {
            try shelf?.cut(certificate, store, chunkByteCount: chunkByteCount)
        } catch .storage(let error) { throw error } catch .snapshot(.storage(let error)) { throw error } catch {}
    }

    /// So few that small states have several.
    var chunkByteCount = 1000

    /// Blocks from a height on, as peers are given them.
    func loggedBlocks(from first: UInt64) throws -> FetchedBlocks {
        let last = log?.durableHeight ?? 0
        var (blocks, byteCount) = ([FetchedBlock](), 0)
        while let block = try first <= last ? log?.block(at: first + UInt64(blocks.count), in: chain.suite) : nil,
            blocks.count < ReplicaLimits.servedBlocksMax, block.height <= last
        {
            let fetched = FetchedBlock(block.certified)
            byteCount += fetched.byteCount
            guard blocks.isEmpty || byteCount <= ReplicaLimits.servedBlocksByteCountMax else { break }
            blocks.append(fetched)
        }
        return FetchedBlocks(first: first, last: last, blocks: blocks)
    }

    /// The certificate of the last block of an epoch that has ended.
    func certificate(ofEndOf epoch: UInt64) throws -> BlockCertificate? { try log?.certificate(ofEndOf: epoch) }

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
