import Storage
import Primitives
import TestSupport
import Testing

@Suite struct LedgerIndexRecoveryTests {
    private let maker = RowMaker(keyCount: 12, areKeysSmall: false)
    private let folders = ["index", "index/7"]

    private func model(blocks: Int, rows: Int = 30) -> NaiveIndex {
        var model = NaiveIndex()
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<blocks { model.append(maker.rows(of: model.next, count: rows, &generator)) }
        return model
    }

    /// Appends the model's blocks, sealing every second one and merging, until that is done or the disk fails. Gives
    /// back up to where the index was durable.
    private func work(_ disk: any Disk, _ model: NaiveIndex) -> (durable: UInt64?, error: (any Error)?) {
        var index: LedgerIndex?
        do {
            let opened = try LedgerIndex.open(disk: disk, group: 7, stamp: 99, heights: model.heights, limits: .small)
            index = opened.index
            for height in (opened.index.nextHeight ?? 1)..<model.next {
                opened.index.append(height: height, rows: model.rows(of: height))
                if height % 2 == 0 { opened.index.seal(upTo: height) }
                while try opened.index.maintain() {}
            }
            return (index?.durableHeight, nil)
        } catch { return (index?.durableHeight, error) }
    }

    // MARK: - Crashes

    private func crash(after changes: Int, seed: UInt64, ignoresSyncs: Bool = false) throws -> (
        done: Bool, what: String?
    ) {
        var generator = SeededGenerator(seed: seed)
        let (disk, model) = (MemoryDisk(), model(blocks: 18))
        disk.faults.ignoresSyncs = ignoresSyncs
        let failing = FailingDisk(base: disk, changesLeft: changes)
        let (durable, error) = work(failing, model)
        disk.faults.ignoresSyncs = false
        disk.crash(using: &generator)
        let (index, report) = try LedgerIndex.rebuilt(disk, model)
        guard report.dropped.isEmpty else { return (error == nil, "dropped \(report.dropped)") }
        guard report.heights?.upperBound ?? 0 >= durable ?? 0 else { return (error == nil, "durable rows are lost") }
        if let difference = try index.difference(from: model, maker, count: 20, &generator) {
            return (error == nil, difference)
        }
        guard try disk.list("index/7").count == report.runCount else { return (error == nil, "leftovers stay") }
        while try index.maintain() {}
        return (error == nil, try index.difference(from: model, maker, count: 20, &generator))
    }

    @Test func `after a crash at every change of the disk either the old runs are there or the new one`() throws {
        var changes = 0
        while true {
            var isDone = false
            for seed in 0..<6 as Range<UInt64> {
                let (done, what) = try crash(after: changes, seed: seed)
                #expect(what == nil, "after \(changes) changes, seed \(seed): \(what ?? "")")
                isDone = done
            }
            if isDone { break }
            changes += 1
        }
        #expect(changes > 100)
    }

    @Test func `the same test catches a missing sync`() throws {
        let caught = try (0..<40 as Range<UInt64>).filter { seed in
            try crash(after: 60 + Int(seed), seed: seed, ignoresSyncs: true).what != nil
        }
        #expect(caught.count > 20)
    }

    @Test func `after a failed write it goes on where the disk does`() throws {
        let model = model(blocks: 9)
        var generator = SeededGenerator(seed: 3)
        for changes in 4..<120 {
            let failing = FailingDisk(base: MemoryDisk(), changesLeft: changes)
            let index = try LedgerIndex.open(
                disk: failing, group: 7, stamp: 99, heights: model.heights, limits: .small
            ).index
            var failures = 0
            for height in 1..<model.next {
                index.append(height: height, rows: model.rows(of: height))
                index.seal(upTo: height)
                do { while try index.maintain() {} } catch {
                    failures += 1
                    failing.mend()
                }
            }
            while try index.maintain() {}
            #expect(failures <= 1 && index.memoryRowCount == 0)
            #expect(try index.difference(from: model, maker, count: 10, &generator) == nil)
            failing.mend()
            let (again, report) = try LedgerIndex.rebuilt(failing, model)
            #expect(report.dropped.isEmpty && report.heights == model.heights)
            #expect(try again.difference(from: model, maker, count: 10, &generator) == nil)
        }
    }

    // MARK: - What is dropped

    @Test func `a missing run, and what is above it, is asked for anew`() throws {
        let (disk, model) = (MemoryDisk(), model(blocks: 20, rows: 4))
        _ = work(disk, model)
        let names = try disk.list("index/7")
        #expect(names.count >= 3)
        var generator = SeededGenerator(seed: 3)
        for (number, name) in names.enumerated() {
            let copy = try disk.copy(folders)
            try copy.remove("index/7/\(name)")
            let (index, report) = try LedgerIndex.rebuilt(copy, model)
            #expect(report.runCount == number && report.dropped.count == names.count - number - 1)
            #expect(try copy.list("index/7") == Array(names.prefix(number)))
            #expect(try index.difference(from: model, maker, count: 30, &generator) == nil)
        }
    }

    @Test func `runs of another stamp, or beyond the log's end, are dropped`() throws {
        let (disk, model) = (MemoryDisk(), model(blocks: 18))
        _ = work(disk, model)
        let other = try LedgerIndex.open(disk: try disk.copy(folders), group: 7, stamp: 98, heights: model.heights)
        #expect(other.report.runCount == 0 && !other.report.dropped.isEmpty)
        #expect(other.index.rowsNeeded(for: 1...18) == 1...18)
        let shorter = try LedgerIndex.open(disk: try disk.copy(folders), group: 7, stamp: 99, heights: 1...17)
        #expect(shorter.report.dropped.count == 1 && shorter.report.heights?.upperBound ?? 0 < 17)
        let later = try LedgerIndex.open(disk: try disk.copy(folders), group: 7, stamp: 99, heights: 2...18)
        #expect(later.report.runCount == 0 && later.index.nextHeight == 2)
        let empty = try LedgerIndex.open(disk: try disk.copy(folders), group: 7, stamp: 99, heights: nil)
        #expect(empty.report.runCount == 0 && empty.index.nextHeight == nil)
        #expect(empty.index.rowsNeeded(for: 5...6) == 5...6)
    }

    // MARK: - Damage

    /// One run of two blocks of rows, and the model.
    private func smallRun() throws -> (disk: MemoryDisk, model: NaiveIndex, path: String) {
        let (disk, model) = (MemoryDisk(), model(blocks: 10, rows: 40))
        let index = try LedgerIndex.rebuilt(disk, model).index
        index.seal(upTo: 10)
        #expect(try index.maintain())
        let names = try disk.list("index/7")
        #expect(names == ["00000000000000000001-00000000000000000010.run"])
        return (disk, model, "index/7/\(names[0])")
    }

    /// Looks everything up: true if all is right, false if damage was reported.
    private func answers(_ disk: MemoryDisk, _ model: NaiveIndex) throws -> Bool {
        let index = try LedgerIndex.rebuilt(disk, model).index
        var isWhole = true
        for number in 0..<maker.keyCount {
            do {
                let found = try index.positions(of: maker.key(number))
                let expected = model.positions(
                    of: maker.key(number), in: .lowest ... .highest, order: .ascending, limit: .max)
                #expect(found == expected)
            } catch {
                guard case .indexDamaged = error else { throw error }
                #expect(error.description.contains("the next start makes it again from the blocks"))
                isWhole = false
            }
        }
        guard !isWhole else { return true }
        // The run goes, so that the next start heals the index.
        #expect(index.statistics.damagedHeights == [1...10])
        #expect(try !index.maintain())
        #expect(try disk.list("index/7").isEmpty)
        return false
    }

    @Test func `every flipped bit is found or does no harm`() throws {
        let (disk, model, path) = try smallRun()
        let size = try disk.contents(path).count
        #expect(size > 4096 + 80)
        var (found, dropped) = (0, 0)
        for offset in 0..<size {
            let mask = [1, 0x80, 0xFF][offset % 3] as UInt8
            let copy = try disk.copy(folders)
            try copy.flip(path, at: offset, mask: mask)
            let everything = try LedgerIndex.open(
                disk: try copy.copy(folders), group: 7, stamp: 99, heights: model.heights, verification: .everything)
            #expect(everything.report.dropped.count == 1)
            if try !answers(copy, model) { found += 1 } else { dropped += 1 }
            #expect(try answers(copy, model))
        }
        // Rows are checked when they are read, the rest when the run is opened.
        #expect(found == model.rowCount * 16 && dropped == size - found)
    }

    @Test func `every truncation and addition drops the run`() throws {
        let (disk, model, path) = try smallRun()
        let size = try disk.contents(path).count
        for length in stride(from: 0, to: size, by: 3) {
            let copy = try disk.copy(folders)
            try copy.cut(path, to: length)
            #expect(try LedgerIndex.open(disk: copy, group: 7, stamp: 99, heights: model.heights).report.runCount == 0)
        }
        let copy = try disk.copy(folders)
        try copy.open(path, .existing).write([0], at: size)
        #expect(try answers(copy, model))
    }

    @Test func `a damaged run is not merged, and its file goes`() throws {
        let (disk, model) = (MemoryDisk(), model(blocks: 12, rows: 30))
        let index = try LedgerIndex.rebuilt(disk, NaiveIndex()).index
        for height in 1...4 as ClosedRange<UInt64> {
            index.append(height: height, rows: model.rows(of: height))
            index.seal(upTo: height)
            #expect(try index.maintain())
        }
        let names = try disk.list("index/7")
        #expect(names.count == 4)
        try disk.flip("index/7/\(names[1])", at: 5, mask: 4)
        #expect(throws: StorageError.self) { try index.maintain() }
        #expect(index.statistics.damagedHeights == [2...2])
        for height in 5...12 as ClosedRange<UInt64> {
            index.append(height: height, rows: model.rows(of: height))
            index.seal(upTo: height)
            while try index.maintain() {}
        }
        #expect(!(try disk.list("index/7")).contains(names[1]))
        var generator = SeededGenerator(seed: 3)
        let (again, report) = try LedgerIndex.rebuilt(disk, model)
        #expect(report.heights == 1...1)
        #expect(try again.difference(from: model, maker, count: 50, &generator) == nil)
    }

    @Test func `hostile bytes are refused or found, never a trap`() throws {
        let (disk, model, path) = try smallRun()
        let size = try disk.contents(path).count
        for seed in 0..<1500 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let copy = try disk.copy(folders)
            let bytes = generator.bytes(Int.random(in: 1...60, using: &generator))
            let start = seed % 2 == 0 ? 0 : size - 100
            try copy.open(path, .existing).write(bytes, at: Int.random(in: start...size, using: &generator))
            if try !answers(copy, model) { #expect(try answers(copy, model)) }
        }
    }
}
