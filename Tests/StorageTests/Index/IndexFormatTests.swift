import Storage
import Primitives
import TestSupport
import Testing

@Suite struct IndexFormatTests {
    @Test func `the format of runs`() throws {
        let disk = MemoryDisk()
        let index = try LedgerIndex.open(disk: disk, group: 0x0102_0304, stamp: 0x1112, heights: nil).index
        let position = IndexPosition(height: 9, index: 2)
        index.append(height: 9, rows: [IndexRow(key: IndexKey(rawValue: 0xA1A2), position: position)])
        index.append(height: 10, rows: [])
        index.seal(upTo: 10)
        #expect(try index.maintain())
        let bytes = try disk.contents("index/16909060/00000000000000000009-00000000000000000010.run")
        #expect(
            bytes.hexadecimal
                == "0xa2a10000000000000200900000000000a2a10000000000000200900000000000090505f40000000000080000000010"
                + "000000000040000000000000000000001000000000000000000000010000000000040000000000000000040000010000"
                + "0000000000436169726e52756e010000000403020109000000000000000a000000000000001211000000000000010000"
                + "000000000001000000000000000100000000000000c74b674834630236000000003059d52e")
    }

    @Test func `the bytes of a large run`() throws {
        let disk = MemoryDisk()
        let index = try LedgerIndex.open(disk: disk, group: 1, stamp: 1, heights: nil).index
        var generator = SeededGenerator(seed: 77)
        for height in 1...5 as ClosedRange<UInt64> {
            let rows = RowMaker(keyCount: 400, areKeysSmall: false).rows(of: height, count: 300, &generator)
            index.append(height: height, rows: rows)
        }
        index.seal(upTo: 5)
        #expect(try index.maintain())
        let bytes = try disk.contents("index/1/00000000000000000001-00000000000000000005.run")
        #expect(bytes.count == 24_728)
        #expect(Checksum.crc32c(bytes) == 0xd9acb715)
    }

    @Test func `merging gives the same rows as writing at once`() throws {
        let maker = RowMaker(keyCount: 1 << 40, areKeysSmall: false)
        var files: [[UInt8]] = []
        for seals in [[4], [1, 2, 3, 4]] as [[UInt64]] {
            let disk = MemoryDisk()
            let index = try LedgerIndex.open(disk: disk, group: 1, stamp: 1, heights: nil).index
            var generator = SeededGenerator(seed: 5)
            for height in 1...4 as ClosedRange<UInt64> {
                index.append(height: height, rows: maker.rows(of: height, count: 500, &generator))
                if seals.contains(height) { index.seal(upTo: height) }
            }
            while try index.maintain() {}
            files.append(try disk.contents("index/1/00000000000000000001-00000000000000000004.run"))
        }
        #expect(files[0] == files[1])
    }

    @Test func `positions are heights and places in them`() {
        let position = IndexPosition(height: 77, index: 5)
        #expect(position.height == 77 && position.index == 5 && position.rawValue == 77 << 20 | 5)
        let block = IndexPosition(height: 77, index: nil)
        #expect(block.height == 77 && block.index == nil && block.rawValue == 77 << 20 | 0xF_FFFF)
        #expect(position < block && block < IndexPosition(height: 78, index: 0))
        #expect(block.successor == IndexPosition(height: 78, index: 0))
        #expect(IndexPosition(height: 78, index: 0).predecessor == block)
        #expect(IndexPosition.highest.successor == nil && IndexPosition.lowest.predecessor == nil)
        #expect(
            IndexPosition.all(in: 3...4) == IndexPosition(height: 3, index: 0)...IndexPosition(height: 4, index: nil))
        #expect(IndexPosition.all(in: 0...(.max)) == IndexPosition.lowest ... .highest)
    }

    @Test func `a filter errs seldom, and memory for a row is as planned`() throws {
        let disk = MemoryDisk()
        var limits = LedgerIndexLimits()
        let index = try LedgerIndex.open(disk: disk, group: 1, stamp: 1, heights: nil, limits: limits).index
        var generator = SeededGenerator(seed: 5)
        let rows = RowMaker(keyCount: 1 << 60, areKeysSmall: false).rows(of: 1, count: 100_000, &generator)
        index.append(height: 1, rows: rows)
        index.seal(upTo: 1)
        #expect(try index.maintain())
        let bytes = index.statistics.runMemoryByteCount
        #expect(bytes < 1_600 * 101)
        // Only a filter's error makes a look-up read the rows, which now are damaged.
        let path = "index/1/00000000000000000001-00000000000000000001.run"
        for block in 0..<(100_000 / 256) { try disk.flip(path, at: block * 4096, mask: 1) }
        var errors = 0
        for _ in 0..<20_000 {
            do { #expect(try index.positions(of: IndexKey(rawValue: generator.next())) == []) } catch { errors += 1 }
        }
        #expect(errors > 20 && errors < 400)
        limits.filterBytesMax = 0
        let lean = try LedgerIndex.open(disk: disk, group: 1, stamp: 1, heights: 1...1, limits: limits).index
        #expect(lean.statistics.runMemoryByteCount < 100 * 100)
        #expect(throws: StorageError.self) { try lean.positions(of: IndexKey(rawValue: generator.next())) }
    }

    @Test func `limits fit each other`() {
        #expect(StorageLimits.indexRunRowsMax < Int(UInt32.max))
        #expect(StorageLimits.indexChunkRowsMax < StorageLimits.indexRowsToSeal)
        #expect(StorageLimits.indexRowsToSeal * StorageLimits.indexRowsFactorMax <= StorageLimits.indexRunRowsMax)
    }
}
