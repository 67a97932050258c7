internal import Consensus
internal import Ledger
internal import Primitives
internal import Storage

/// A decision as processes keep it and give it to each other.
struct KeptDecision: Hashable {
    let number: UInt64
    let value: [UInt8]
    let proof: [UInt8]?
}

/// One orderer's process: an engine, a journal on a virtual disk, and what it has decided.
final class EngineProcess: SimulatedProcess {
    /// Its number among processes, and its place among the orderers: twins share a place.
    let number: Int
    let place: Int
    let disk = MemoryDisk()
    var actors: [Actor] = []
    /// Whether its word counts: what it decides is checked.
    var isHonest: Bool { actors.isEmpty && !isOldCopy }
    /// What it forgot makes it a liar.
    var isOldCopy = false

    // MARK: Of one life

    private(set) var life = 0
    private(set) var isUp = false
    /// Its disk can't be read any more.
    private(set) var isRetired = false
    var engine: any ConsensusEngine = Solo()
    private var journal: Journal?
    private var waiting: [(sequence: UInt64, waits: Waiting)] = []
    var isSyncing = false
    /// How fast its clock goes, in thousandths.
    var clockPermille: UInt64 = 1000

    // MARK: What it knows of clients and decisions

    /// Commands that it was given, in order; those before `firstWaiting`, and some behind it, are decided.
    private var given: [UInt64] = []
    private var firstWaiting = 0
    private var waitingCommands = CommandSet()
    private(set) var decisions: [KeptDecision] = []
    private var decidedCommands = CommandSet()
    /// Up to here decisions are durable.
    private(set) var durableDecision: UInt64 = 0
    /// How many the journal need not hold any more: they are in a block log, as it were.
    private var loggedCount = 0
    var fetchAttempt: UInt64 = 0
    /// What others gave and whose turn has not come, and whether they may have more.
    private var arrived: [KeptDecision] = []
    var mayBeMore = false

    enum Waiting {
        case record(EngineToken, releases: [EngineEffect])
        case decision(UInt64)
    }

    private static let engineKind: UInt8 = 1
    private static let decisionKind: UInt8 = 2

    init(number: Int, place: Int) {
        self.number = number
        self.place = place
    }

    // MARK: Lives

    /// Comes back with what the disk holds, and gives the records of the engine; nil if the disk can't be read.
    func start(with engine: any ConsensusEngine) -> [[UInt8]]? {
        self.engine = engine
        do throws(StorageError) {
            let opened = try Journal.open(disk: disk, segmentBytes: Self.segmentBytes)
            journal = opened.journal
            recover(opened.records.map(\.record))
            isUp = true
            return opened.records.filter { $0.record.kind == Self.engineKind }.map(\.record.payload)
        } catch {
            retire()
            return nil
        }
    }

    private func recover(_ records: [JournalRecord]) {
        // Runs may be long: nothing is gone through from the beginning.
        for decision in decisions[loggedCount...] {
            for command in CommandValue.commands(in: decision.value) ?? [] { decidedCommands.remove(command) }
        }
        decisions.removeLast(decisions.count - loggedCount)
        for record in records where record.kind == Self.decisionKind {
            guard let kept = KeptDecision(record: record.payload), kept.number == UInt64(decisions.count) + 1 else {
                continue
            }
            decisions.append(kept)
        }
        durableDecision = UInt64(decisions.count)
        for decision in decisions[loggedCount...] {
            for command in CommandValue.commands(in: decision.value) ?? [] { decidedCommands.insert(command) }
        }
        for command in given[firstWaiting...] { waitingCommands.remove(command) }
        (given, firstWaiting) = ([], 0)
    }

    func stop() {
        life += 1
        isUp = false
        journal = nil
        waiting = []
        isSyncing = false
        (arrived, mayBeMore) = ([], false)
    }

    func retire() {
        stop()
        isRetired = true
    }

    // MARK: The journal

    func append(record: [UInt8], _ token: EngineToken, releases: [EngineEffect]) throws(StorageError) {
        try append(JournalRecord(group: 1, kind: Self.engineKind, payload: record), .record(token, releases: releases))
    }

    func append(_ decision: KeptDecision) throws(StorageError) {
        decisions.append(decision)
        for command in CommandValue.commands(in: decision.value) ?? [] {
            decidedCommands.insert(command)
            waitingCommands.remove(command)
        }
        try append(
            JournalRecord(group: 1, kind: Self.decisionKind, payload: decision.record), .decision(decision.number))
    }

    private func append(_ record: JournalRecord, _ waits: Waiting) throws(StorageError) {
        guard let journal else { return }
        waiting.append((try journal.append(record), waits))
    }

    func take(_ decisions: [KeptDecision]) { arrived = decisions }

    /// The next decision of those that others gave.
    func nextArrived() -> KeptDecision? {
        arrived.removeAll { $0.number <= UInt64(decisions.count) }
        return arrived.first?.number == UInt64(decisions.count) + 1 ? arrived.removeFirst() : nil
    }

    var hasUnsynced: Bool { !waiting.isEmpty }

    /// Syncs, and gives back what waited for it.
    func sync() throws(StorageError) -> [Waiting] {
        guard let journal else { return [] }
        try journal.sync()
        let done = waiting.prefix { $0.sequence <= journal.durableSequence }.map(\.waits)
        waiting.removeFirst(done.count)
        for case .decision(let number) in done { durableDecision = max(durableDecision, number) }
        return done
    }

    /// Lets go of old records, if nothing waits.
    func release() throws(StorageError) {
        guard let journal, waiting.isEmpty else { return }
        let live = engine.liveRecords.map { JournalRecord(group: 1, kind: Self.engineKind, payload: $0) }
        // Decisions are in the log before the journal lets go of them.
        loggedCount = Int(durableDecision)
        try journal.release(upTo: journal.durableSequence, live: live)
    }

    // MARK: Commands

    func hasDecided(_ command: UInt64) -> Bool { decidedCommands.contains(command) }

    /// All commands before it are decided.
    var firstUndecided: UInt64 { decidedCommands.firstMissing }

    var hasCommands: Bool { waitingCommands.count > 0 }

    /// Takes in a client's command, unless it is there or decided.
    func take(_ command: UInt64) {
        guard !hasDecided(command), waitingCommands.insert(command) else { return }
        given.append(command)
    }

    /// The first commands that wait, but for some.
    func commands(atMost count: Int, without taken: [UInt64]) -> [UInt64] {
        while firstWaiting < given.count, !waitingCommands.contains(given[firstWaiting]) { firstWaiting += 1 }
        var found: [UInt64] = []
        for command in given[firstWaiting...] where found.count < count {
            if waitingCommands.contains(command), !taken.contains(command) { found.append(command) }
            if found.count == count { break }
        }
        return found
    }

    private static let segmentBytes = 64 << 10
}

extension KeptDecision {
    /// To an engine that lacks it.
    var input: EngineInput { .caughtUp(decision: number, value: value, proof: proof) }

    fileprivate var record: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(number)
        encoder.encode(bytes: value)
        encoder.encode(proof != nil)
        if let proof { encoder.encode(bytes: proof) }
        return encoder.bytes
    }

    fileprivate init?(record: [UInt8]) {
        var decoder = CanonicalDecoder(record)
        do throws(CodingError) {
            number = try decoder.decode()
            value = try decoder.decodeBytes(maximum: ConsensusLimits.messageByteCountMax)
            proof =
                try decoder.decodeBool()
                ? try decoder.decodeBytes(maximum: ConsensusLimits.messageByteCountMax) : nil
        } catch { return nil }
    }
}
