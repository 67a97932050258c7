import Consensus
import Cryptography
import Ledger
import Primitives
import Replica
import Storage
import TestSupport

/// One life of a node, from its start to its crash: the real replica, executor, journal, log and write-back store, with
/// every effect in a queue of its own, to be done whenever the simulation likes.
final class SimulatedNode {
    /// A step that the node may take by itself.
    enum Step: CaseIterable {
        case verify, execute, reportExecuted, sign, writeJournal, reportPersisted, archive, syncLog, freeze, flush
        case reportFlushed, keep
    }

    private let chain: SimulatedChain
    private let store: MemoryKeyValueStore
    private let checkpoints: Checkpoints
    private let plant: Plant?
    private let journal: Journal
    let log: BlockLog
    private let state: GroupState
    private(set) var executor: Executor
    private var replica: Replica
    private let onCommitted: ([CommittedBlock]) throws -> Void

    private var verifying: [(batch: UInt64, checks: [SignatureCheck])] = []
    private var deciding: [Decision] = []
    private var executed: [ExecutedDecision] = []
    private var signing: [(height: UInt64, digest: Digest)] = []
    private var writing: [(request: UInt64, records: [ReplicaRecord])] = []
    private var persisted: [UInt64] = []
    private var archiving: [(decision: UInt64, blocks: [CommittedBlock])] = []
    private var flushing: FlushBatch?
    private var flushed: FlushBatch?
    /// A checkpoint to be set apart, whether what is set apart is one, and the one to be kept of what is written.
    private var checkpoint: UInt64?
    private var freezing: UInt64?
    private var keeping: UInt64?
    /// What the journal holds of decisions, and where decisions end in the log.
    private var journaled: [(number: UInt64, sequence: UInt64)]
    private var ends: [(decision: UInt64, height: UInt64)] = []
    private var toRelease: (decision: UInt64, height: UInt64)?

    private(set) var isDrained = false
    private(set) var answers: [Ticket: [Rejection?]] = [:]
    private(set) var dropped: Set<Digest> = []

    /// Starts the node on what is on its disk, as the shell does.
    init(
        _ chain: SimulatedChain, disk: any Disk, store: MemoryKeyValueStore, checkpoints: Checkpoints,
        engine: any ConsensusEngine, plant: Plant?, checking check: (Recovered, BlockLog) throws -> Void,
        onCommitted: @escaping ([CommittedBlock]) throws -> Void
    ) throws {
        (self.chain, self.store, self.plant, self.onCommitted) = (chain, store, plant, onCommitted)
        self.checkpoints = checkpoints
        let group = chain.genesis.group
        let opened = try Journal.open(disk: disk, segmentBytes: Self.journalSegmentBytes)
        journal = opened.journal
        let contents = try JournalContents(group: group, records: opened.records)
        log = try BlockLog.open(
            disk: disk, group: group, requiredHeight: contents.loggedHeight > 0 ? contents.loggedHeight : nil,
            segmentBytes: Self.logSegmentBytes
        ).log
        var limits = WriteBackLimits()
        limits.keysToFlush = Self.keysToFlush
        state = GroupState(group: group, store: try WriteBackStore(store: store, group: group, limits: limits))
        let recovery = try Recovery(
            genesis: chain.genesis, log: log, state: state, store: store, contents: contents,
            checkpoints: checkpoints)
        let recovered = try recovery.run { _ in }
        try checkpoints.prune(above: recovered.committed.height)
        try check(recovered, log)
        executor = recovered.executor
        journaled = contents.decisions.map { ($0.number, $0.sequence) }
        replica = Replica(
            genesis: chain.genesis, gas: .version1, certifier: 0, engine: engine, head: recovered.executor.head,
            uncertified: recovered.uncertified)
    }

    /// So small that a few blocks fill a segment.
    private static let journalSegmentBytes = 4096
    private static let logSegmentBytes = 8192
    private static let keysToFlush = 10

    // MARK: What comes from outside

    func give(_ input: ReplicaInput, at now: ClockReading) throws {
        var effects: [ReplicaEffect] = []
        replica.handle(input, at: now, into: &effects)
        for effect in effects { try queue(effect) }
    }

    private func queue(_ effect: ReplicaEffect) throws {
        switch effect {
        case .answer(let ticket, let result):
            guard answers.updateValue(result, forKey: ticket) == nil else {
                throw SimulationFailure("request \(ticket) was answered twice")
            }
        case .verify(let batch, let checks): verifying.append((batch, checks))
        case .persist(let request, let records):
            writing.append((request, records))
            if plant == .persistedBeforeSync { persisted.append(request) }
        case .execute(let decision): deciding.append(decision)
        case .sign(let height, let digest): signing.append((height, digest))
        case .committed(let decision, let blocks):
            archiving.append((decision, blocks))
            if plant != .toldBeforeCommitted { try onCommitted(blocks) }
        case .drained: isDrained = true
        }
    }

    // MARK: What the node does by itself

    func canTake(_ step: Step) -> Bool {
        switch step {
        case .verify: !verifying.isEmpty
        case .execute: !deciding.isEmpty && !(state.store.isOverLimit && state.store.isFlushing) && !waitsForFreeze
        case .reportExecuted: !executed.isEmpty
        case .sign: !signing.isEmpty
        case .writeJournal: !writing.isEmpty || toRelease != nil
        case .reportPersisted: !persisted.isEmpty
        case .archive: !archiving.isEmpty
        case .syncLog: log.bufferedByteCount > 0
        case .freeze: executor.isFreezing || !state.store.isFlushing && (state.store.shouldFlush || checkpoint != nil)
        case .flush: flushing.map { mayWrite($0) } ?? false
        case .keep: keeping != nil
        case .reportFlushed: flushed != nil
        }
    }

    /// The state is a cache of the log, and never ahead of it.
    private func mayWrite(_ batch: FlushBatch) -> Bool {
        guard keeping == nil || plant == .checkpointKeptLate else { return false }
        return plant == .stateAheadOfLog || log.durableHeight ?? 0 >= batch.height
    }

    private var waitsForFreeze: Bool { checkpoint != nil && plant != .checkpointPassed }

    func take(_ step: Step, at now: ClockReading, using generator: inout SeededGenerator) throws {
        switch step {
        case .verify:
            let next = verifying.remove(at: Int.random(in: 0..<verifying.count, using: &generator))
            try give(.verified(batch: next.batch, chain.verifier.verify(next.checks)), at: now)
        case .execute: try execute(deciding.removeFirst())
        case .reportExecuted: try give(.executed(executed.removeFirst()), at: now)
        case .sign:
            let next = signing.remove(at: Int.random(in: 0..<signing.count, using: &generator))
            try give(.signed(height: next.height, try chain.certifier.sign(next.digest)), at: now)
        case .writeJournal: try writeJournal(count: Int.random(in: 0...writing.count, using: &generator))
        case .reportPersisted: try give(.persisted(request: persisted.removeFirst()), at: now)
        case .archive: try archive()
        case .syncLog: try syncLog()
        case .freeze:
            if !executor.isFreezing, executor.beginFreeze() { (freezing, checkpoint) = (checkpoint, nil) }
            flushing = executor.continueFreeze(pagesMax: Int.random(in: 0...20, using: &generator))
        case .flush:
            try flushing?.write(to: store)
            (flushed, flushing, keeping) = (flushing, nil, freezing ?? keeping)
            freezing = nil
        case .keep:
            if let keeping { try checkpoints.store.keep(keeping) }
            keeping = nil
            try checkpoints.prune()
        case .reportFlushed:
            if let flushed { state.store.flushed(flushed) }
            flushed = nil
        }
    }

    private func execute(_ decision: Decision) throws {
        let result = try executor.execute(decision)
        dropped.formUnion(result.dropped.map(\.identity))
        executed.append(result)
        if chain.genesis.limits.holdsCheckpoint(result.heights) { checkpoint = result.heights.upperBound }
        guard plant == .toldBeforeCommitted else { return }
        try onCommitted(
            try result.blocks.map { executed in
                let signature = CertifierSignature(
                    certifier: 0, signature: try chain.certifier.sign(executed.statement.digest(in: chain.suite)))
                return CommittedBlock(
                    executed,
                    certificate: BlockCertificate(
                        statement: executed.statement, rule: chain.genesis.epoch.certifierRule,
                        signatures: [signature]))
            })
    }

    private func writeJournal(count: Int) throws {
        for (_, records) in writing.prefix(count) {
            for record in records {
                let sequence = try journal.append(
                    JournalRecord(group: chain.genesis.group, kind: record.kind, payload: record.payload))
                if case .decision(let number, _) = record { journaled.append((number, sequence)) }
            }
        }
        if count > 0 {
            let last = writing[count - 1].request
            writing.removeFirst(count)
            if plant == .persistedBeforeSync { return }
            try journal.sync()
            persisted.append(last)
        }
        try release()
    }

    private func archive() throws {
        let (decision, blocks) = archiving.removeFirst()
        for block in blocks { try log.append(block) }
        if let last = blocks.last { ends.append((decision, last.height)) }
        if plant == .journalReleasedEarly { toRelease = ends.last }
    }

    private func syncLog() throws {
        try log.sync()
        toRelease = ends.last ?? toRelease
        ends = []
    }

    /// Lets go of what the log holds. Without a sync of the log nothing is there to let go of.
    private func release() throws {
        guard let mark = toRelease else { return }
        toRelease = nil
        guard let own = journaled.last(where: { $0.number <= mark.decision }) else { return }
        journaled.removeAll { $0.number <= mark.decision }
        let last = journaled.first.map { $0.sequence - 1 } ?? own.sequence
        guard last <= journal.durableSequence else { return }
        let record = ReplicaRecord.logged(decision: mark.decision, height: mark.height)
        // The planted bug does not even know that the log lacks something.
        let live = plant == .journalReleasedEarly ? [] : [record]
        try journal.release(
            upTo: last,
            live: live.map { JournalRecord(group: chain.genesis.group, kind: $0.kind, payload: $0.payload) })
    }
}
