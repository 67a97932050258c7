import TestSupport
import Testing

@testable import Storage

/// The bytes of the files that a node keeps. A line that has to change is a change of format, which needs a new version.
/// Runs of the index have theirs in `IndexFormatTests`.
@Suite struct GoldenTests {
    @Test(arguments: [
        (SegmentHeader.Kind.journal, ""), (.log, ""), (.index, ""),
    ])
    func `headers of segments`(_ kind: SegmentHeader.Kind, _ digits: String) {
        let header = SegmentHeader(kind: kind, group: 0x0102_0304, first: 0x1112_1314_1516_1718)
        #expect(header.bytes.hexadecimal == digits)
    }

    @Test func `headers of records`() {
        var bytes: [UInt8] = []
        RecordHeader(payload: [1, 2, 3], number: 0x1112, group: 0x0102_0304, kind: 7, role: 1).append(to: &bytes)
        #expect(bytes.hexadecimal == "")
    }

    @Test func `a journal with a release`() throws {
        let disk = MemoryDisk()
        let journal = try Journal.open(disk: disk).journal
        _ = try journal.append(JournalRecord(group: 3, kind: 1, payload: [1, 2, 3]))
        _ = try journal.append(JournalRecord(group: 4, kind: 2, payload: []))
        try journal.sync()
        try journal.release(upTo: 1, live: [])
        #expect(try disk.list("journal") == ["00000000000000000001.segment"])
        #expect(try disk.contents("journal/00000000000000000001.segment").hexadecimal == "")
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
        #expect(try disk.contents("log/3/" + names[0]).hexadecimal == "")
        #expect(try disk.contents("log/3/" + names[1]).hexadecimal == "")
    }

    @Test func `the stamp of a data folder`() throws {
        let disk = MemoryDisk()
        _ = try DataFolder.open(disk, program: "cairn 0.1.0")
        let text = "cairn data folder\nversion 1\ncreated by cairn 0.1.0\n"
        #expect(try disk.contents("FORMAT") == Array(text.utf8))
    }
}
