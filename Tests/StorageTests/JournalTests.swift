import Storage
import Primitives
import TestSupport
import Testing

@Suite struct JournalTests {
    private func record(_ number: Int, bytes: Int = 10) -> JournalRecord {
        JournalRecord(
            group: UInt32(number % 3), kind: UInt8(number % 5),
            payload: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes))
    }

    @Test func `the format of records and segments`() throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk).journal
        _ = try journal.append(JournalRecord(group: 0x0102_0304, kind: 5, payload: [1, 2, 3]))
        try journal.sync()
        #expect(
            try disk.contents("journal/00000000000000000001.segment").hexadecimal
                == "0x436169726e4a6e6c01000000000000000100000000000000000000002faddc7e030000001ef230f101000000000000"
                + "000403020105000000de370940010203")
    }

    @Test func `numbers records, syncs groups and recovers them`() throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk).journal
        #expect(try journal.append(record(1)) == 1)
        #expect(try journal.append(record(2)) == 2)
        #expect(journal.durableSequence == 0)
        let syncs = disk.syncCount
        try journal.sync()
        #expect(disk.syncCount == syncs + 2)  // The file, and the folder that names it.
        #expect(journal.durableSequence == 2)
        #expect(try journal.append(record(3)) == 3)
        try journal.sync()
        #expect(disk.syncCount == syncs + 3)
        try journal.sync()
        #expect(disk.syncCount == syncs + 3)
        let again = try Journal.open(disk: disk)
        #expect(again.records == (1...3).map { RecoveredRecord(sequence: UInt64($0), record: record($0)) })
        #expect(again.report.torn == nil)
        #expect(again.journal.nextSequence == 4)
    }

    @Test func `a failed sync poisons it`() throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk).journal
        _ = try journal.append(record(1))
        try journal.sync()
        _ = try journal.append(record(2))
        disk.faults.failsSyncs = true
        #expect(throws: StorageError.self) { try journal.sync() }
        #expect(journal.durableSequence == 1)
        disk.faults = .init()
        for _ in 0..<2 {
            let isPoisoned = { (error: any Error) in if case StorageError.poisoned = error { true } else { false } }
            #expect { try journal.sync() } throws: { isPoisoned($0) }
            #expect { try journal.append(record(3)) } throws: { isPoisoned($0) }
            #expect { try journal.release(upTo: 1, live: []) } throws: { isPoisoned($0) }
        }
    }

    @Test func `refuses a record above the limit`() throws {
        let journal = try Journal.open(disk: MemoryDisk()).journal
        let payload = [UInt8](repeating: 0, count: StorageLimits.recordBytesMax + 1)
        #expect(throws: StorageError.self) { try journal.append(JournalRecord(group: 1, kind: 1, payload: payload)) }
    }

    @Test func `release keeps live records and recycles segments`() throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk, segmentBytes: 200).journal
        for number in 1...50 {
            _ = try journal.append(record(number))
            try journal.sync()
        }
        #expect(journal.segmentCount > 5)
        try journal.release(upTo: 48, live: [record(7), record(30)])
        #expect(journal.segmentCount <= 2)
        #expect(try disk.list("journal").count == journal.segmentCount)
        let again = try Journal.open(disk: disk, segmentBytes: 200)
        #expect(again.records.map(\.record) == [record(49), record(50), record(7), record(30)])
        #expect(again.journal.releasedSequence == 48)
        #expect(again.journal.nextSequence == 54)
    }

    @Test func `refuses what another version wrote`() throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk).journal
        _ = try journal.append(record(1))
        try journal.sync()
        let name = "journal/00000000000000000001.segment"
        var bytes = try disk.contents(name)
        bytes[8] = 2
        let checksum = Checksum.crc32c(bytes, in: 0..<28)
        for index in 0..<4 { bytes[28 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index)) }
        try disk.open(name, .existing).write(bytes, at: 0)
        #expect(throws: StorageError.unknownFormat(path: name, found: "version 2", supported: "version 1")) {
            try Journal.open(disk: disk)
        }
    }

    @Test func `refuses a gap between segments`() throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk, segmentBytes: 100).journal
        for number in 1...20 {
            _ = try journal.append(record(number))
            try journal.sync()
        }
        for name in try disk.list("journal").dropLast() {
            let copy = try disk.copy(["journal"])
            try copy.remove("journal/\(name)")
            #expect(throws: StorageError.self) { try Journal.open(disk: copy) }
        }
    }

    // MARK: - Crashes

    /// Runs appends, syncs and releases with crashes in between; gives back what broke the promise, if anything did.
    private func crashRun(seed: UInt64, plant: Bool) throws -> String? {
        var generator = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        /// Everything ever appended in this life of the log, by sequence from 1.
        var written: [JournalRecord] = []
        var released = 0
        for life in 0..<6 {
            let opened: Journal.Opened
            do { opened = try Journal.open(disk: disk, segmentBytes: 300) } catch { return "life \(life): \(error)" }
            let journal = opened.journal
            let end = Int(journal.nextSequence) - 1
            // Recovered are exactly the records after the release mark, up to where the journal now ends.
            guard end <= written.count else { return "life \(life): more than was written" }
            guard Int(journal.releasedSequence) >= released else { return "life \(life): a release was lost" }
            released = Int(journal.releasedSequence)
            written.removeLast(written.count - end)
            let expected = written.enumerated().dropFirst(released).filter { $0.element.kind != 255 }
                .map { RecoveredRecord(sequence: UInt64($0.offset + 1), record: $0.element) }
            guard opened.records == expected else { return "life \(life): records differ" }
            var durable = end
            disk.faults.ignoresSyncs = plant && life == 3
            for _ in 0..<Int.random(in: 0..<30, using: &generator) {
                switch Int.random(in: 0..<10, using: &generator) {
                case 0...5:
                    let payload = generator.bytes(Int.random(in: 0..<60, using: &generator))
                    let new = JournalRecord(group: .random(in: 0...3, using: &generator), kind: 1, payload: payload)
                    guard Int(try journal.append(new)) == written.count + 1 else { return "a wrong sequence" }
                    written.append(new)
                case 6...8:
                    try journal.sync()
                    durable = written.count
                default:
                    guard durable > released else { continue }
                    let sequence = Int.random(in: released + 1...durable, using: &generator)
                    let live = written[released..<sequence].filter { $0.kind == 1 }.prefix(2)
                    // The mark takes a sequence too; the model notes it under a kind of its own. Should the sync
                    // below be torn by a crash, fewer come back.
                    try journal.release(upTo: UInt64(sequence), live: Array(live))
                    written += live + [JournalRecord(group: 0, kind: 255, payload: [])]
                    (released, durable) = (sequence, written.count)
                }
            }
            disk.faults.ignoresSyncs = false
            disk.crash(using: &generator)
            let check = try disk.copy(["journal"])
            if let survivor = try? Journal.open(disk: check, segmentBytes: 300).journal {
                guard Int(survivor.nextSequence) - 1 >= durable else { return "life \(life): synced records are lost" }
            }
        }
        return nil
    }

    @Test func `what was synced survives every crash, and nothing but a prefix more`() throws {
        for seed in 0..<3000 as Range<UInt64> {
            let broken = try crashRun(seed: seed, plant: false)
            #expect(broken == nil, "seed \(seed): \(broken ?? "")")
        }
    }

    @Test func `the same test catches a missing sync`() throws {
        let caught = try (0..<50 as Range<UInt64>).filter { try crashRun(seed: $0, plant: true) != nil }
        #expect(caught.count > 25)
    }

    // MARK: - Damage

    private func smallJournal() throws -> (disk: MemoryDisk, records: [RecoveredRecord], names: [String]) {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk, segmentBytes: 150).journal
        for number in 1...9 {
            _ = try journal.append(record(number, bytes: number * 3))
            try journal.sync()
        }
        return (disk, try Journal.open(disk: disk).records, try disk.list("journal"))
    }

    @Test func `every flipped bit is refused, or cuts the last record`() throws {
        let (disk, records, names) = try smallJournal()
        #expect(names.count >= 3)
        var (refused, cut) = (0, 0)
        for name in names {
            let path = "journal/\(name)"
            for offset in 0..<(try disk.contents(path).count) {
                for mask in [1, 0x80, 0xFF] as [UInt8] {
                    let copy = try disk.copy(["journal"])
                    try copy.flip(path, at: offset, mask: mask)
                    do {
                        let opened = try Journal.open(disk: copy)
                        #expect(opened.records == records.dropLast(), "\(name) \(offset)")
                        #expect(opened.report.torn?.number == 9)
                        cut += 1
                    } catch {
                        guard case .damaged(path, let place, let number?, _) = error else {
                            Issue.record("\(name) \(offset): \(error)")
                            continue
                        }
                        #expect(place <= offset && number >= 1 && number <= 9)
                        #expect(error.description.contains("restore from a peer or a backup"))
                        refused += 1
                    }
                }
            }
        }
        // Exactly the bytes of the last record can be taken for torn ones.
        #expect(cut == 3 * (28 + 27))
        #expect(refused > 0)
    }

    @Test func `every truncation cuts the newest segment and is refused elsewhere`() throws {
        let (disk, records, names) = try smallJournal()
        for name in names {
            let path = "journal/\(name)"
            let size = try disk.contents(path).count
            for length in 0..<size {
                let copy = try disk.copy(["journal"])
                try copy.cut(path, to: length)
                guard name == names.last else {
                    #expect(throws: StorageError.self) { try Journal.open(disk: copy) }
                    continue
                }
                let opened = try Journal.open(disk: copy)
                #expect(opened.records.count < records.count)
                #expect(opened.records == Array(records.prefix(opened.records.count)))
                // What was cut is gone for good, and the journal goes on from there.
                _ = try opened.journal.append(record(77))
                try opened.journal.sync()
                let again = try Journal.open(disk: copy)
                #expect(again.report.torn == nil)
                #expect(again.records.dropLast() == opened.records[...])
                #expect(again.records.last?.record == record(77))
            }
        }
    }

    /// A client's bytes inside a torn record that look like a whole record must not change the verdict.
    @Test func `bytes that imitate a record do not make a torn tail look like damage`() throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk).journal
        _ = try journal.append(record(1))
        _ = try journal.append(record(2))
        _ = try journal.append(record(3))
        try journal.sync()
        let name = "journal/00000000000000000001.segment"
        let imitation = Array(try disk.contents(name)[70...])
        let victim = MemoryDisk()
        let other = try Journal.open(disk: victim).journal
        _ = try other.append(JournalRecord(group: 1, kind: 1, payload: imitation + imitation))
        try other.sync()
        for length in 33..<(try victim.contents(name).count) {
            let copy = try victim.copy(["journal"])
            try copy.cut(name, to: length)
            #expect(try Journal.open(disk: copy).records == [])
        }
    }
}
