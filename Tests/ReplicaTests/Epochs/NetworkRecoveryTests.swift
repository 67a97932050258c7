import Consensus
import Dissemination
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// Where a replica on a network goes on from, by what its two logs and its state hold.
@Suite struct NetworkRecoveryTests {
    /// The last three decisions, which have three blocks each, are of the second epoch. The one before them, which has two,
    /// ends the first.
    private let ledger: EpochLedger

    init() throws {
        var ledger = try EpochLedger()
        try ledger.handOver(to: try EpochLedger.epoch(1, .fbft, [1, 2, 3, 5, 6]), by: [1, 2, 4])
        for _ in 1...3 { try ledger.decide(try (0..<5).map { _ in try ledger.filler(byteCount: 0) }) }
        self.ledger = ledger
    }

    private var last: UInt64 { ledger.executor.head.decision }

    private func blocks(upTo decision: UInt64) -> [CommittedBlock] {
        ledger.blocks.filter { $0.header.decision <= decision }
    }

    private func record(of decision: UInt64) -> LoggedDecision {
        let certificates = ledger.blocks.filter { $0.header.decision == decision }.map(\.certified.certificate)
        let record = DecisionRecord(
            number: decision, value: [UInt8(decision)], proof: nil, batches: [], headers: [],
            certificates: certificates)
        return LoggedDecision(record: record, frontier: LaneFrontier())
    }

    /// What is recovered with so many blocks in their log, and these decisions in that of each epoch. Blocks up to a
    /// height are in the state that was stored.
    private func recover(
        blockCount: Int, decisions: ClosedRange<UInt64>?, epoch: UInt64 = 1, storedUpTo height: Int = 0,
        journal: [ReplicaRecord] = []
    ) throws -> NetworkRecovered {
        let (disk, genesis) = (MemoryDisk(), ledger.genesis)
        let log = try BlockLog.open(disk: disk, group: genesis.group).log
        for block in ledger.blocks.prefix(blockCount) { try log.append(block) }
        try log.sync()
        let name = NetworkRecovered.decisionsFolder(of: epoch)
        let logged = try BlockLog.open(disk: disk, group: genesis.group, name: name).log
        for decision in decisions.map(Array.init) ?? [] {
            try logged.append(height: decision, payload: record(of: decision).canonicalBytes)
        }
        try logged.sync()
        let store = try MemoryKeyValueStore()
        try self.store(ledger.blocks.prefix(height), into: store)
        let state = GroupState(group: genesis.group, store: try WriteBackStore(store: store, group: genesis.group))
        return try NetworkRecovered(
            genesis: genesis, log: log, state: state, store: store,
            contents: try LedgerMaker.journal(journal, of: genesis)
        ) { epoch, _ throws(StorageError) in
            try BlockLog.open(
                disk: disk, group: genesis.group, name: NetworkRecovered.decisionsFolder(of: epoch)
            ).log
        }
    }

    private func store(_ blocks: ArraySlice<CommittedBlock>, into store: MemoryKeyValueStore) throws {
        let genesis = ledger.genesis
        let state = GroupState(group: genesis.group, store: try WriteBackStore(store: store, group: genesis.group))
        var executor = Executor(
            genesis: genesis, head: Head(genesis: genesis),
            window: DuplicateWindow(countMax: Int(genesis.limits.duplicateWindowCountMax)), state: state,
            rules: try EpochLedger.rules)
        for block in blocks {
            let isLast = block.certified.certificate.statement.nextEpoch != .zero
            _ = try executor.follow(block.certified.block, isLastOfEpoch: isLast)
        }
        try executor.freeze()?.write(to: store)
    }

    private func expect(
        _ recovered: NetworkRecovered, head: Int, base: UInt64?, further: [UInt64], epoch: UInt64 = 1,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(recovered.executor.head.height == UInt64(head), sourceLocation: sourceLocation)
        #expect(recovered.base?.record.number == base, sourceLocation: sourceLocation)
        #expect(recovered.further.map(\.number) == further, sourceLocation: sourceLocation)
        #expect(recovered.epochs.current.number == epoch, sourceLocation: sourceLocation)
    }

    /// The epoch's first decision.
    private var first: UInt64 { last - 2 }

    @Test func `with all of its last decision it goes on after that`() throws {
        let all = blocks(upTo: last).count
        expect(try recover(blockCount: all, decisions: first...last), head: all, base: last, further: [])
        expect(
            try recover(blockCount: all, decisions: first...last, storedUpTo: all), head: all, base: last, further: [])
        // What its blocks lack wholly is further.
        let before = blocks(upTo: last - 1).count
        expect(
            try recover(blockCount: before, decisions: first...last), head: before, base: last - 1, further: [last])
    }

    @Test(arguments: [1, 2], [false, true]) func `a part of the last decision is executed again with the rest of it`(
        _ count: Int, _ isStored: Bool
    ) throws {
        let before = blocks(upTo: last - 1).count
        let stored = isStored ? before : 0
        expect(
            try recover(blockCount: before + count, decisions: first...last, storedUpTo: stored), head: before,
            base: last - 1, further: [last])
        // If it came to the next one, too, before the blocks did.
        let earlier = blocks(upTo: last - 2).count
        expect(
            try recover(blockCount: earlier + count, decisions: first...last, storedUpTo: min(stored, earlier)),
            head: earlier, base: last - 2, further: [last - 1, last])
        // The journal's is as good.
        let journal = [ReplicaRecord.decision(number: last, value: [1])]
        expect(
            try recover(
                blockCount: before + count, decisions: first...last - 1, storedUpTo: stored, journal: journal),
            head: before, base: last - 1, further: [])
    }

    @Test func `a part of an epoch's first decision, and of its last`() throws {
        let before = blocks(upTo: first - 1).count
        expect(try recover(blockCount: before + 1, decisions: first...first), head: before, base: nil, further: [first])
        let end = blocks(upTo: first - 2).count
        expect(
            try recover(blockCount: end + 1, decisions: 1...first - 1, epoch: 0), head: end, base: first - 2,
            further: [first - 1], epoch: 0)
        // Once it is whole the next epoch has begun.
        expect(
            try recover(blockCount: before, decisions: 1...first - 1, epoch: 0), head: before, base: nil, further: [])
        expect(try recover(blockCount: 0, decisions: 1...1, epoch: 0), head: 0, base: nil, further: [1], epoch: 0)
    }

    @Test(arguments: [1, 2]) func `whose state is in the midst of a decision follows`(_ count: Int) throws {
        let head = blocks(upTo: last - 1).count + count
        let recovered = try recover(blockCount: head, decisions: first...last, storedUpTo: head)
        expect(recovered, head: head, base: nil, further: [])
        expect(
            try recover(blockCount: head, decisions: first...last, storedUpTo: head - count + 1), head: head, base: nil,
            further: [])
        // So that it has no say.
        let start = NetworkReplicaStart(
            genesis: ledger.genesis, epoch: recovered.epochs.current, origin: recovered.epochs.origin,
            end: recovered.epochs.end, gas: .version1, directory: try HandOverNode.directory(), own: 0,
            engines: { _ in FBFT() }, head: recovered.executor.head, window: recovered.executor.window,
            base: recovered.base, further: recovered.further, journal: JournalContents(), seed: 0, invitation: nil)
        #expect(NetworkReplica(start).terms.orderer == nil)
    }

    @Test func `whose decisions end before its blocks follows`() throws {
        for head in blocks(upTo: last - 1).count...blocks(upTo: last).count {
            expect(
                try recover(blockCount: head, decisions: first...last - 2), head: head, base: nil, further: [])
            expect(try recover(blockCount: head, decisions: nil), head: head, base: nil, further: [])
        }
    }
}
