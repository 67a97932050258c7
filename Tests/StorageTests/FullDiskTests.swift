import Storage
import Primitives
import TestSupport
import Testing

/// Disks that are full now and then: what could not be written waits, nothing else changes, and once there is room it
/// goes on where it stopped.
@Suite struct FullDiskTests {
    private static let seeds = 0..<100 as Range<UInt64>

    /// Tries until the disk has room; gives back how often it had not.
    private func untilThereIsRoom(
        _ disk: MemoryDisk, _ generator: inout SeededGenerator, _ body: () throws -> Void
    ) throws -> Int {
        var failures = 0
        while true {
            do {
                try body()
                return failures
            } catch StorageError.noSpace {
                failures += 1
                disk.faults.capacity = (disk.faults.capacity ?? 0) + Int.random(in: 0...60, using: &generator)
            }
        }
    }

    /// A capacity that is reached at once or soon.
    private func fill(_ disk: MemoryDisk, _ generator: inout SeededGenerator) throws {
        disk.faults.capacity = nil
        guard Bool.random(using: &generator) else { return }
        disk.faults.capacity = 1 << 30
        let used = (1 << 30) - (try disk.freeSpace().byteCount)
        disk.faults.capacity = used + Int.random(in: 0...150, using: &generator)
    }

    // MARK: The journal

    /// Gives back how often the disk was full.
    private func journalRun(seed: UInt64) throws -> Int {
        var generator = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        var (failures, written, released) = (0, [JournalRecord](), 0)
        for _ in 0..<3 {
            let opened = try Journal.open(disk: disk, segmentBytes: 300)
            let journal = opened.journal
            written.removeLast(written.count - Int(journal.nextSequence) + 1)
            released = Int(journal.releasedSequence)
            let expected = written[released...].filter { $0.kind != 255 }
            #expect(opened.records.map(\.record) == expected, "seed \(seed)")
            var durable = written.count
            for _ in 0..<25 {
                try fill(disk, &generator)
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let payload = generator.bytes(Int.random(in: 0..<60, using: &generator))
                    let record = JournalRecord(group: 1, kind: 1, payload: payload)
                    written.append(record)
                    #expect(try journal.append(record) == written.count)
                }
                failures += try untilThereIsRoom(disk, &generator) {
                    #expect(journal.durableSequence == durable, "seed \(seed)")
                    try journal.sync()
                }
                durable = written.count
                #expect(journal.durableSequence == durable)
                guard Int.random(in: 0..<4, using: &generator) == 0, durable > released else { continue }
                let sequence = Int.random(in: released + 1...durable, using: &generator)
                let live = Array(written[released..<sequence].filter { $0.kind == 1 }.prefix(1))
                failures += try untilThereIsRoom(disk, &generator) {
                    try journal.release(upTo: UInt64(sequence), live: live)
                }
                written += live + [JournalRecord(group: 0, kind: 255, payload: [])]
                (released, durable) = (sequence, written.count)
            }
            // What was not synced may survive the crash or not, whether or not the disk was full.
            let last = JournalRecord(group: 1, kind: 1, payload: generator.bytes(40))
            written.append(last)
            _ = try journal.append(last)
            try fill(disk, &generator)
            if (try? journal.sync()) != nil { durable = written.count }
            disk.faults.capacity = nil
            disk.crash(using: &generator)
            let survivor = try Journal.open(disk: disk.copy(["journal"]), segmentBytes: 300).journal
            #expect(Int(survivor.nextSequence) > durable, "seed \(seed): synced records are lost")
        }
        return failures
    }

    @Test func `a journal on a full disk goes on when there is room, and loses nothing`() throws {
        let failures = try Self.seeds.map(journalRun).reduce(0, +)
        #expect(failures > 500)
    }

    // MARK: The log

    private func logRun(seed: UInt64) throws -> Int {
        var generator = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        var (failures, blocks) = (0, [[UInt8]]())
        for _ in 0..<3 {
            let opened = try BlockLog.open(disk: disk, group: 1, segmentBytes: 300)
            let log = opened.log
            let heights = log.heights.map { Array($0) } ?? []
            blocks.removeLast(blocks.count - heights.count)
            for _ in 0..<25 {
                try fill(disk, &generator)
                let durable = blocks.count
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    blocks.append(generator.bytes(Int.random(in: 0..<80, using: &generator)))
                    try log.append(height: UInt64(blocks.count), payload: blocks[blocks.count - 1])
                }
                let height = Int.random(in: 1...blocks.count, using: &generator)
                failures += try untilThereIsRoom(disk, &generator) {
                    #expect(log.durableHeight ?? 0 == durable, "seed \(seed)")
                    // Everything can be read meanwhile, from the disk and from memory.
                    #expect(try log.read(height: UInt64(height)) == blocks[height - 1], "seed \(seed)")
                    try log.sync()
                }
                #expect(log.durableHeight == UInt64(blocks.count))
            }
            let durable = blocks.count
            blocks.append(generator.bytes(40))
            try log.append(height: UInt64(blocks.count), payload: blocks[durable])
            try fill(disk, &generator)
            _ = try? log.sync()
            disk.faults.capacity = nil
            disk.crash(using: &generator)
            let again = try BlockLog.open(
                disk: disk, group: 1, requiredHeight: UInt64(durable), segmentBytes: 300
            ).log
            for (index, block) in blocks.prefix(durable).enumerated() {
                #expect(try again.read(height: UInt64(index + 1)) == block, "seed \(seed)")
            }
        }
        return failures
    }

    @Test func `a block log on a full disk goes on when there is room, and loses nothing`() throws {
        let failures = try Self.seeds.map(logRun).reduce(0, +)
        #expect(failures > 500)
    }

    // MARK: The index

    @Test func `an index on a full disk keeps all rows, and writes them when there is room`() throws {
        var failures = 0
        for seed in Self.seeds.prefix(40) {
            var generator = SeededGenerator(seed: seed)
            let disk = MemoryDisk()
            var limits = LedgerIndexLimits()
            limits.mergeWindowRows = 8
            let index = try LedgerIndex.open(disk: disk, group: 1, stamp: 1, heights: 1...1, limits: limits).index
            for height in 1...40 as ClosedRange<UInt64> {
                index.append(height: height, rows: [Self.row(height)])
                guard height % 4 == 0 else { continue }
                index.seal(upTo: height)
                try fill(disk, &generator)
                failures += try untilThereIsRoom(disk, &generator) {
                    try checkAnswers(index, upTo: height)
                    while try index.maintain() {}
                }
                #expect(index.memoryRowCount == 0)
            }
            disk.faults.capacity = nil
            let again = try LedgerIndex.open(disk: disk, group: 1, stamp: 1, heights: 1...40, limits: limits)
            #expect(again.report.dropped == [])
            try checkAnswers(again.index, upTo: 40)
        }
        #expect(failures > 150)
    }

    private static func row(_ height: UInt64) -> IndexRow {
        IndexRow(key: IndexKey(rawValue: height % 5), position: IndexPosition(height: height, index: 0))
    }

    private func checkAnswers(_ index: LedgerIndex, upTo height: UInt64) throws {
        for key in 0..<5 as Range<UInt64> {
            let expected = (1...height).filter { $0 % 5 == key }.map { Self.row($0).position }
            #expect(try index.positions(of: IndexKey(rawValue: key)) == expected)
        }
    }

    // MARK: Disks

    @Test func `a failed sync for want of room ends it all the same`() throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk).journal
        _ = try journal.append(JournalRecord(group: 1, kind: 1, payload: [1]))
        disk.faults.failsSyncs = true
        #expect(throws: StorageError.self) { try journal.sync() }
        disk.faults = .init()
        #expect { try journal.sync() } throws: { if case StorageError.poisoned = $0 { true } else { false } }
    }

    @Test func `a memory disk's room comes back`() throws {
        let disk = MemoryDisk()
        disk.faults.capacity = 10
        let file = try disk.open("a", .new)
        try file.reserve(0..<8)
        #expect(try disk.freeSpace().byteCount == 2)
        let other = try disk.open("b", .new)
        #expect(throws: StorageError.noSpace(.write, path: "b")) { try other.write([1, 2, 3], at: 0) }
        #expect(try other.read(at: 0, count: 9) == [1, 2], "what fits is written")
        try file.write([UInt8](repeating: 7, count: 8), at: 0)
        #expect(throws: StorageError.self) { try file.write([7], at: 8) }
        try file.truncate(to: 4)
        #expect(try disk.freeSpace().byteCount == 4)
        try disk.remove("b")
        #expect(try disk.freeSpace().byteCount == 6)
    }

    @Test func `a real file keeps its size when room is set aside for it`() throws {
        let folder = try TemporaryFolder()
        let disk = try FileDisk(root: folder.path)
        let file = try disk.open("a", .new)
        try file.write([1, 2, 3], at: 0)
        try file.reserve(3..<(1 << 20))
        #expect(try file.size() == 3)
        #expect(try file.read(at: 0, count: 9) == [1, 2, 3])
        #expect(try disk.freeSpace().byteCount > 1 << 20)
        #expect(try disk.freeSpace().path == folder.path)
        #expect(throws: StorageError.self) { try file.reserve(0..<(1 << 60)) }
    }
}
