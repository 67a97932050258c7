import TestSupport
import Testing

@testable import Storage

/// The bytes of the files that a node keeps. A line that has to change is a change of format, which needs a new version.
/// Runs of the index have theirs in `IndexFormatTests`.
@Suite struct GoldenTests {
    @Test(arguments: [
        (SegmentHeader.Kind.journal, "0x436169726e4a6e6c01000000040302011817161514131211000000006091b8d6"),
        (.log, "0x436169726e4c6f670100000004030201181716151413121100000000ea40e4cc"),
        (.index, "0x436169726e496478010000000403020118171615141312110000000066ed1eff"),
    ])
    func `headers of segments`(_ kind: SegmentHeader.Kind, _ digits: String) {
        let header = SegmentHeader(kind: kind, group: 0x0102_0304, first: 0x1112_1314_1516_1718)
        #expect(header.bytes.hexadecimal == digits)
    }

    @Test func `headers of records`() {
        var bytes: [UInt8] = []
        RecordHeader(payload: [1, 2, 3], number: 0x1112, group: 0x0102_0304, kind: 7, role: 1).append(to: &bytes)
        #expect(bytes.hexadecimal == "0x030000001ef230f1121100000000000004030201070100005ad5f95c")
    }

    @Test func `a journal with a release`() throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk).journal
        _ = try journal.append(JournalRecord(group: 3, kind: 1, payload: [1, 2, 3]))
        _ = try journal.append(JournalRecord(group: 4, kind: 2, payload: []))
        try journal.sync()
        try journal.release(upTo: 1, live: [])
        #expect(try disk.list("journal") == ["00000000000000000001.segment"])
        let bytes = try disk.contents("journal/00000000000000000001.segment").hexadecimal
        #expect(
            bytes
                == "0x436169726e4a6e6c01000000000000000100000000000000000000002faddc7e030000001ef230f101000000000000"
                + "0003000000010000001eb9ea9a0102030000000000000000020000000000000004000000020000000f2075fb08000000"
                + "adcf14c50300000000000000000000000001000045bd781b0100000000000000")
    }

    @Test func `a log with a sealed segment and its index`() throws {
        let disk = MemoryDisk()
        let log = try BlockLog.open(disk: disk, group: 3, segmentBytes: 100).log
        for height in 7...8 as ClosedRange<UInt64> {
            try log.append(height: height, payload: [UInt8](repeating: UInt8(height), count: 80))
            try log.sync()
        }
        let names = ["00000000000000000007.index", "00000000000000000007.segment", "00000000000000000008.segment"]
        #expect(try disk.list("log/3") == names)
        let (index, segment) = (try disk.contents("log/3/" + names[0]), try disk.contents("log/3/" + names[1]))
        #expect(
            index.hexadecimal
                == "0x436169726e49647801000000030000000700000000000000000000007a49a6e38c0000000000000001000000200000"
                + "00a6f90cdc")
        #expect(
            segment.hexadecimal
                == "0x436169726e4c6f670100000003000000070000000000000000000000f6e45cd050000000e6d12e2907000000000000"
                + "00030000000000000036ef42ee0707070707070707070707070707070707070707070707070707070707070707070707"
                + "070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707")
    }

    @Test func `the stamp of a data folder`() throws {
        let disk = MemoryDisk()
        _ = try DataFolder.open(disk, program: "cairn 0.1.0")
        let text = "cairn data folder\nversion 2\ncreated by cairn 0.1.0\n"
        #expect(try disk.contents("FORMAT") == Array(text.utf8))
    }
}
