import Storage
import Primitives
import TestSupport
import Testing

@Suite struct BlockLogTests {
    private func block(_ height: UInt64) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: height), count: Int(height) * 3)
    }

    private let folders = ["log", "log/7"]

    /// Heights 1...count, one sync each.
    private func log(_ disk: MemoryDisk, count: UInt64, segmentBytes: Int = 150) throws -> BlockLog {
        let log = try BlockLog.open(disk: disk, group: 7, segmentBytes: segmentBytes).log
        for height in 1...count {
            try log.append(height: height, payload: block(height))
            try log.sync()
        }
        return log
    }

    @Test func `the format of records, segments and indexes`() throws {
        let disk = MemoryDisk()
        let log = try BlockLog.open(disk: disk, group: 0x0102_0304, segmentBytes: 40).log
        try log.append(height: 9, payload: [1, 2, 3])
        try log.sync()
        try log.append(height: 10, payload: [])
        try log.sync()
        #expect(
            try disk.contents("log/16909060/00000000000000000009.segment").hexadecimal
                == "0x436169726e4c6f670100000004030201090000000000000000000000d592a91c030000001ef230f109000000000000"
                + "000403020100000000b2838b6f010203")
        #expect(
            try disk.contents("log/16909060/00000000000000000009.index").hexadecimal
                == "0x436169726e4964780100000004030201090000000000000000000000593f532f3f0000000000000001000000200000"
                + "006ca5af44")
        #expect(try disk.list("log/16909060").count == 3)
    }

    @Test func `reads parts of buffered, synced and sealed blocks`() throws {
        func payload(_ height: UInt64) -> [UInt8] { (0..<UInt8(3 * height)).map { $0 ^ UInt8(height) } }
        let disk = MemoryDisk()
        let log = try BlockLog.open(disk: disk, group: 7, segmentBytes: 150).log
        for height: UInt64 in 1...22 {
            try log.append(height: height, payload: payload(height))
            if height <= 20 { try log.sync() }
        }
        let reopened = try BlockLog.open(disk: disk, group: 7).log
        #expect(reopened.segmentCount > 3)
        for (log, last) in [(log, UInt64(22)), (reopened, 20)] {
            for height in 1...last {
                let whole = payload(height)
                #expect(try log.byteCount(height: height) == whole.count)
                for range in [0..<0, 0..<1, 1..<3, 2..<whole.count, 0..<whole.count] {
                    #expect(try log.read(height: height, range: range) == Array(whole[range]))
                }
            }
            #expect(try log.byteCount(height: 0) == nil && log.byteCount(height: last + 1) == nil)
            #expect(try log.read(height: last + 1, range: 0..<1) == nil)
        }
    }

    @Test func `reads buffered, synced and reopened blocks`() throws {
        let disk = MemoryDisk()
        let log = try BlockLog.open(disk: disk, group: 7, segmentBytes: 150).log
        #expect(log.heights == nil && log.durableHeight == nil)
        for height in 5...30 as ClosedRange<UInt64> {
            try log.append(height: height, payload: block(height))
            if height % 4 == 0 {
                try log.sync()
                #expect(log.durableHeight == height)
            }
            #expect(log.heights == 5...height)
            for known in 5...height { #expect(try log.read(height: known) == block(known)) }
        }
        #expect(try log.read(height: 4) == nil)
        #expect(try log.read(height: 31) == nil)
        #expect(log.durableHeight == 28)
        let again = try BlockLog.open(disk: disk, group: 7, segmentBytes: 150)
        #expect(again.log.heights == 5...28)
        #expect(again.report.torn == nil && again.report.rebuiltIndexCount == 0)
        #expect(again.report.segmentCount == log.segmentCount)
        for height in 5...28 as ClosedRange<UInt64> { #expect(try again.log.read(height: height) == block(height)) }
    }

    @Test func `a missing or damaged index is rebuilt`() throws {
        let disk = MemoryDisk()
        _ = try log(disk, count: 12)
        let indexes = try disk.list("log/7").filter { $0.hasSuffix(".index") }
        #expect(indexes.count > 2)
        let whole = try indexes.map { try disk.contents("log/7/\($0)") }
        for verification in [LogVerification.everything, .newestSegment] {
            for offset in 0..<whole[0].count {
                try disk.flip("log/7/\(indexes[0])", at: offset, mask: 1)
                let opened = try BlockLog.open(disk: disk, group: 7, verification: verification)
                #expect(opened.report.rebuiltIndexCount == 1)
                #expect(try indexes.map { try disk.contents("log/7/\($0)") } == whole)
            }
            try disk.remove("log/7/\(indexes[1])")
            try disk.cut("log/7/\(indexes[0])", to: 5)
            let opened = try BlockLog.open(disk: disk, group: 7, verification: verification)
            #expect(opened.report.rebuiltIndexCount == 2)
            #expect(try indexes.map { try disk.contents("log/7/\($0)") } == whole)
            for height in 1...12 as ClosedRange<UInt64> {
                #expect(try opened.log.read(height: height) == block(height))
            }
        }
    }

    @Test func `reading finds what decayed after opening`() throws {
        let disk = MemoryDisk()
        _ = try log(disk, count: 12)
        let name = try #require(try disk.list("log/7").first { $0.hasSuffix(".segment") })
        try disk.flip("log/7/\(name)", at: 40, mask: 1)
        #expect(throws: StorageError.self) { try BlockLog.open(disk: disk, group: 7) }
        let trusting = try BlockLog.open(disk: disk, group: 7, verification: .newestSegment).log
        #expect(throws: StorageError.self) { try trusting.read(height: 1) }
        #expect(try trusting.read(height: 12) == block(12))
    }

    @Test func `a failed sync poisons it`() throws {
        let disk = MemoryDisk()
        let log = try log(disk, count: 3)
        try log.append(height: 4, payload: [1])
        disk.faults.failsSyncs = true
        #expect(throws: StorageError.self) { try log.sync() }
        disk.faults = .init()
        #expect(throws: StorageError.self) { try log.sync() }
        #expect(throws: StorageError.self) { try log.append(height: 5, payload: [1]) }
        #expect(log.durableHeight == 3)
    }

    @Test func `another group's segment is refused`() throws {
        let disk = MemoryDisk()
        _ = try log(disk, count: 1)
        let name = "00000000000000000001.segment"
        try disk.makeFolder("log/8")
        try disk.open("log/8/\(name)", .new).write(try disk.contents("log/7/\(name)"), at: 0)
        #expect(throws: StorageError.self) { try BlockLog.open(disk: disk, group: 8) }
    }

    /// Its header is whole, and says where the log goes on; nothing else does.
    @Test func `a segment without a record takes no other block than its first`() throws {
        let disk = MemoryDisk()
        let log = try BlockLog.open(disk: disk, group: 7).log
        try log.append(height: 12, payload: [1])
        try log.sync()
        let path = "log/7/00000000000000000012.segment"
        let header = try disk.contents(path).prefix(32)
        let file = try disk.open(path, .existing)
        try file.truncate(to: header.count)
        try file.sync()
        let empty = try BlockLog.open(disk: disk, group: 7).log
        #expect(empty.heights == nil && empty.durableHeight == nil && empty.segmentCount == 1)
        let error = #expect(throws: StorageError.self) { try empty.append(height: 7, payload: [5]) }
        guard case .damaged(path: "log/7", offset: 0, height: 7, let what)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(what.contains("goes on with block 12"))
        try empty.append(height: 12, payload: [5])
        try empty.sync()
        #expect(try BlockLog.open(disk: disk, group: 7).log.read(height: 12) == [5])
    }

    @Test func `says what is sealed, and reads on in large pieces`() throws {
        let disk = MemoryDisk()
        let log = try BlockLog.open(disk: disk, group: 7, segmentBytes: 150).log
        #expect(log.sealedHeight == nil)
        var sealed: UInt64 = 0
        for height in 1...30 as ClosedRange<UInt64> {
            try log.append(height: height, payload: block(height))
            if height % 3 == 0 { try log.sync() }
            #expect(log.sealedHeight ?? 0 >= sealed && log.sealedHeight ?? 0 <= log.durableHeight ?? 0)
            sealed = log.sealedHeight ?? 0
        }
        try log.append(height: 31, payload: block(31))
        #expect(sealed == 30, "the last segment is full")
        var window = BlockLog.Window()
        for height in Array(1...31) + [4, 31, 9] as [UInt64] {
            #expect(try log.read(height: height, through: &window) == block(height))
        }
        #expect(try log.read(height: 32, through: &window) == nil)
        #expect(try BlockLog.open(disk: disk, group: 7, segmentBytes: 1 << 20).log.sealedHeight ?? 0 < 30)
    }

    // MARK: - Damage

    @Test func `every flipped bit is refused with its height, or cuts the last block if it may be missing`() throws {
        let disk = MemoryDisk()
        _ = try log(disk, count: 9)
        let segments = try disk.list("log/7").filter { $0.hasSuffix(".segment") }
        #expect(segments.count >= 3)
        var cut = 0
        for name in segments {
            let path = "log/7/\(name)"
            for offset in 0..<(try disk.contents(path).count) {
                for mask in [1, 0x80, 0xFF] as [UInt8] {
                    let copy = try disk.copy(folders)
                    try copy.flip(path, at: offset, mask: mask)
                    let before = try copy.contents(path)
                    do {
                        let opened = try BlockLog.open(disk: try copy.copy(folders), group: 7, requiredHeight: 8)
                        #expect(opened.log.heights == 1...8)
                        #expect(opened.report.torn?.number == 9)
                        cut += 1
                    } catch {
                        guard case StorageError.damaged(path, let place, let height?, _) = error else {
                            Issue.record("\(name) \(offset): \(error)")
                            continue
                        }
                        #expect(place <= offset && (1...9).contains(height))
                    }
                    #expect(throws: StorageError.self) { try BlockLog.open(disk: copy, group: 7, requiredHeight: 9) }
                    #expect(try copy.contents(path) == before, "a refusal changes nothing")
                }
            }
        }
        #expect(cut == 3 * (28 + 27))
    }

    @Test func `every truncation is cut, or refused where a height is required`() throws {
        let disk = MemoryDisk()
        _ = try log(disk, count: 9)
        let segments = try disk.list("log/7").filter { $0.hasSuffix(".segment") }
        for name in segments {
            let path = "log/7/\(name)"
            for length in 0..<(try disk.contents(path).count) {
                let copy = try disk.copy(folders)
                try copy.cut(path, to: length)
                #expect(throws: StorageError.self) { try BlockLog.open(disk: copy, group: 7, requiredHeight: 9) }
                guard name == segments.last else {
                    #expect(throws: StorageError.self) { try BlockLog.open(disk: copy, group: 7) }
                    continue
                }
                let log = try BlockLog.open(disk: copy, group: 7).log
                let last = try #require(log.heights?.upperBound)
                #expect(last < 9)
                for height in last + 1...11 {
                    try log.append(height: height, payload: block(height))
                    try log.sync()
                }
                let again = try BlockLog.open(disk: copy, group: 7, requiredHeight: 11)
                #expect(again.report.torn == nil)
                for height in 1...11 as ClosedRange<UInt64> {
                    #expect(try again.log.read(height: height) == block(height))
                }
            }
        }
    }

    @Test func `the error says what is required and what is there`() throws {
        let disk = MemoryDisk()
        _ = try log(disk, count: 9)
        let error = #expect(throws: StorageError.self) { try BlockLog.open(disk: disk, group: 7, requiredHeight: 20) }
        #expect(
            error?.description
                == "log/7 ends before height 10, but 20 was stored; restore from a peer or a backup")
    }

    /// A length that was never written must not be allocated or followed.
    @Test func `hostile bytes are refused or cut, never a trap`() throws {
        for seed in 0..<2000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let disk = MemoryDisk()
            _ = try log(disk, count: 5)
            let names = try disk.list("log/7")
            let path = "log/7/\(names[Int.random(in: 0..<names.count, using: &generator)])"
            let size = try disk.contents(path).count
            let bytes = generator.bytes(Int.random(in: 1...40, using: &generator))
            try disk.open(path, .existing).write(bytes, at: Int.random(in: 0...size, using: &generator))
            guard let opened = try? BlockLog.open(disk: disk, group: 7, verification: .newestSegment) else { continue }
            for height in opened.log.heights ?? 0...0 { _ = try? opened.log.read(height: height) }
        }
    }

    // MARK: - Crashes

    private func crashRun(seed: UInt64, plant: Bool) throws -> String? {
        var generator = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        var written: [[UInt8]] = []
        var durable = 0
        for life in 0..<6 {
            let required = durable == 0 ? nil : UInt64(durable + 99)
            let log: BlockLog
            do {
                log = try BlockLog.open(disk: disk, group: 7, requiredHeight: required, segmentBytes: 200).log
            } catch { return "life \(life): \(error)" }
            let end = Int(log.heights.map { $0.upperBound - 99 } ?? 0)
            guard end >= durable, end <= written.count else { return "life \(life): \(durable) synced, \(end) there" }
            written.removeLast(written.count - end)
            durable = end
            for (index, payload) in written.enumerated() {
                guard try log.read(height: UInt64(100 + index)) == payload else { return "a block differs" }
            }
            disk.faults.ignoresSyncs = plant && life == 3
            for _ in 0..<Int.random(in: 0..<20, using: &generator) {
                if Bool.random(using: &generator) {
                    let payload = generator.bytes(Int.random(in: 0..<80, using: &generator))
                    try log.append(height: UInt64(100 + written.count), payload: payload)
                    written.append(payload)
                } else {
                    try log.sync()
                    durable = written.count
                }
            }
            disk.faults.ignoresSyncs = false
            disk.crash(using: &generator)
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
        #expect(try (0..<50 as Range<UInt64>).filter { try crashRun(seed: $0, plant: true) != nil }.count > 25)
    }
}
