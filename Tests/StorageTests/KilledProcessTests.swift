import Storage
import Primitives
import TestSupport
import Testing

/// A process is killed after it wrote and before it synced; the next one reads what is there and goes by it. Then the
/// power fails.
@Suite struct KilledProcessTests {
    private func lose(_ disk: MemoryDisk) {
        var generator = SeededGenerator(seed: 0)
        disk.crash(using: &generator)
    }

    private func kill(_ disk: MemoryDisk, _ sync: () throws -> Void) throws {
        disk.faults.failsSyncs = true
        #expect(throws: StorageError.self) { try sync() }
        disk.faults.failsSyncs = false
    }

    @Test(arguments: [1, 3]) func `what a journal recovers is durable`(recordsBefore: Int) throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk).journal
        for _ in 0..<recordsBefore { _ = try journal.append(JournalRecord(group: 1, kind: 1, payload: [1])) }
        if recordsBefore > 1 { try journal.sync() }
        _ = try journal.append(JournalRecord(group: 1, kind: 1, payload: [2]))
        try kill(disk) { try journal.sync() }
        let recovered = try Journal.open(disk: disk)
        #expect(recovered.journal.durableSequence == UInt64(recordsBefore + 1))
        lose(disk)
        #expect(try Journal.open(disk: disk).records == recovered.records)
    }

    @Test func `what a log opens with is durable`() throws {
        let disk = MemoryDisk()
        let log = try BlockLog.open(disk: disk, group: 1).log
        try log.append(height: 1, payload: [1])
        try log.append(height: 2, payload: [2])
        try kill(disk) { try log.sync() }
        #expect(try BlockLog.open(disk: disk, group: 1).log.durableHeight == 2)
        lose(disk)
        #expect(try BlockLog.open(disk: disk, group: 1).log.durableHeight == 2)
    }
}
