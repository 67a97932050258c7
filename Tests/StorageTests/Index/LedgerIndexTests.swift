import Dispatch
import Storage
import Primitives
import TestSupport
import Testing

@Suite struct LedgerIndexTests {
    /// Appends, seals, merges and reopens at random; gives back what differs from the model.
    private func run(seed: UInt64) throws -> String? {
        var generator = SeededGenerator(seed: seed)
        let maker = RowMaker(keyCount: .random(in: 1...60, using: &generator), areKeysSmall: seed % 3 == 0)
        var limits = LedgerIndexLimits.small
        limits.runRowsMax = [500, 1 << 20].randomElement(using: &generator) ?? 500
        limits.filterBytesMax = [0, 256, 1 << 20].randomElement(using: &generator) ?? 0
        var model = NaiveIndex(first: .random(in: 0...3, using: &generator))
        let disk = MemoryDisk()
        var index = try LedgerIndex.rebuilt(disk, model, limits: limits).index
        for step in 0..<80 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<6:
                let count = [0, 1, 10, 90].randomElement(using: &generator) ?? 0
                let rows = maker.rows(of: model.next, count: count, &generator)
                index.append(height: model.next, rows: rows)
                model.append(rows)
            case 6:
                guard let heights = model.heights else { continue }
                index.seal(upTo: .random(in: heights, using: &generator))
            case 7, 8:
                _ = try index.maintain()
            default:
                let durable = index.durableHeight
                let (again, report) = try LedgerIndex.rebuilt(disk, model, limits: limits)
                index = again
                guard report.heights?.upperBound == durable, report.dropped.isEmpty, report.leftoverCount == 0 else {
                    return "step \(step): \(report)"
                }
            }
            if let difference = try index.difference(from: model, maker, count: 8, &generator) {
                return "step \(step): \(difference)"
            }
        }
        let statistics = index.statistics
        guard statistics.runRowCount + statistics.chunkRowCount == model.rowCount else { return "rows are missing" }
        return nil
    }

    @Test func `finds what a model finds, whatever is appended, sealed, merged and reopened`() throws {
        for seed in 0..<1500 as Range<UInt64> {
            let difference = try run(seed: seed)
            #expect(difference == nil, "seed \(seed): \(difference ?? "")")
        }
    }

    /// Many rows in a piece: buckets of one key, of many, and of few that are close together.
    @Test(arguments: [1, 5, 300, 1 << 40] as [UInt64], [false, true]) func `large blocks are sorted`(
        _ keyCount: UInt64, _ areKeysSmall: Bool
    ) throws {
        var generator = SeededGenerator(seed: keyCount)
        let maker = RowMaker(keyCount: keyCount, areKeysSmall: areKeysSmall)
        var model = NaiveIndex()
        let disk = MemoryDisk()
        var limits = LedgerIndexLimits()
        limits.mergeWindowRows = 3000
        let index = try LedgerIndex.rebuilt(disk, model, limits: limits).index
        var sample: [IndexRow] = []
        for _ in 0..<6 {
            let rows = maker.rows(of: model.next, count: 40_000, &generator)
            index.append(height: model.next, rows: rows)
            model.append(rows)
            sample += rows.prefix(50)
        }
        for _ in 0..<3 {
            #expect(try index.difference(from: model, maker, count: 20, &generator) == nil)
            for row in sample {
                let found = try index.positions(of: row.key, in: row.position...row.position)
                #expect(found == [row.position])
            }
            index.seal(upTo: model.next / 2)
            index.seal(upTo: model.next - 1)
            while try index.maintain() {}
        }
        #expect(index.statistics.runCount == 2 && index.statistics.runRowCount == model.rowCount)
    }

    @Test func `pages follow each other by cursors`() throws {
        var model = NaiveIndex()
        var generator = SeededGenerator(seed: 4)
        let maker = RowMaker(keyCount: 2, areKeysSmall: false)
        let index = try LedgerIndex.rebuilt(MemoryDisk(), model).index
        for height in 1...60 as ClosedRange<UInt64> {
            let rows = maker.rows(of: height, count: 20, &generator)
            index.append(height: height, rows: rows)
            model.append(rows)
            if height % 9 == 0 { index.seal(upTo: height - 3) }
            _ = try index.maintain()
        }
        let whole = IndexPosition.lowest ... .highest
        for order in [IndexOrder.ascending, .descending] {
            var (range, found): (ClosedRange<IndexPosition>?, [IndexPosition]) = (whole, [])
            while let part = range {
                let page = try index.positions(of: maker.key(0), in: part, order: order, limit: 7)
                found += page
                guard let last = page.last else { break }
                switch order {
                case .ascending: range = last.successor.map { $0 ... .highest }
                case .descending: range = last.predecessor.map { .lowest...$0 }
                }
            }
            #expect(found == model.positions(of: maker.key(0), in: whole, order: order, limit: .max))
            #expect(found.count > 500)
        }
    }

    @Test func `few runs stay, each row written about once a level`() throws {
        let disk = MemoryDisk()
        let index = try LedgerIndex.open(disk: disk, group: 7, stamp: 1, heights: nil).index
        var generator = SeededGenerator(seed: 1)
        let maker = RowMaker(keyCount: 1 << 40, areKeysSmall: false)
        var merges = 0
        for height in 1...256 as ClosedRange<UInt64> {
            index.append(height: height, rows: maker.rows(of: height, count: 16, &generator))
            index.seal(upTo: height)
            #expect(try index.maintain())
            while try index.maintain() { merges += 1 }
            #expect(index.statistics.runCount <= 12)
            #expect(index.durableHeight == height && index.memoryRowCount == 0)
        }
        #expect(merges == 64 + 16 + 4 + 1)
        #expect(try disk.list("index/7").count == 1)
        let chunks = try LedgerIndex.open(disk: MemoryDisk(), group: 7, stamp: 1, heights: nil).index
        for height in 1...1000 as ClosedRange<UInt64> {
            chunks.append(height: height, rows: maker.rows(of: height, count: 16, &generator))
            #expect(chunks.statistics.chunkCount <= 3 * 6)
        }
    }

    @Test func `a merge that is stopped leaves everything as it was`() throws {
        var model = NaiveIndex()
        let (disk, maker) = (MemoryDisk(), RowMaker(keyCount: 9, areKeysSmall: false))
        let index = try LedgerIndex.rebuilt(disk, model).index
        var generator = SeededGenerator(seed: 2)
        for height in 1...4 as ClosedRange<UInt64> {
            let rows = maker.rows(of: height, count: 20, &generator)
            index.append(height: height, rows: rows)
            model.append(rows)
            index.seal(upTo: height)
            #expect(try !index.maintain(while: { false }))
            #expect(try index.maintain())
        }
        #expect(try !index.maintain(while: { false }))
        #expect(try disk.list("index/7").count == 4 && index.statistics.runCount == 4)
        #expect(try index.maintain())
        #expect(try disk.list("index/7").count == 1 && index.statistics.runCount == 1)
        #expect(try index.difference(from: model, maker, count: 50, &generator) == nil)
    }

    /// While a writer appends and a maintainer writes and merges, readers find what was there when they began.
    @Test func `readers need not wait`() throws {
        let index = try LedgerIndex.open(disk: MemoryDisk(), group: 7, stamp: 1, heights: nil, limits: .small).index
        let key = IndexKey(rawValue: 1 << 63)
        let last: UInt64 = 3000
        DispatchQueue.concurrentPerform(iterations: 4) { role in
            switch role {
            case 0:
                for height in 1...last {
                    let rows = (0..<5).map { IndexRow(key: key, position: IndexPosition(height: height, index: $0)) }
                    index.append(height: height, rows: rows)
                    if height % 50 == 0 { index.seal(upTo: height - 10) }
                }
                index.seal(upTo: last)
            case 1:
                while index.durableHeight != last {
                    do { while try index.maintain() {} } catch { Issue.record("\(error)") }
                }
            default:
                while index.durableHeight != last {
                    let height = index.nextHeight.map { $0 - 1 } ?? 0
                    do {
                        let newest = try index.positions(of: key, order: .descending, limit: 8)
                        #expect(newest.first?.height ?? 0 >= height)
                        let all = try index.positions(of: key, limit: 10_000)
                        #expect(all.count >= min(10_000, Int(height) * 5) && all == all.sorted())
                        #expect(Set(all).count == all.count)
                    } catch { Issue.record("\(error)") }
                }
            }
        }
        #expect(index.memoryRowCount == 0)
        while try index.maintain() {}
        #expect(index.statistics.runRowCount == Int(last) * 5)
    }
}
