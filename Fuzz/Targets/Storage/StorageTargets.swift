internal import Primitives
internal import Replica
internal import Storage

extension FuzzTarget {
    /// A journal found on a disk that may have been damaged: it opens, or is left as it is; what opens goes on.
    static let journal = FuzzTarget("journal", seeds: { SegmentForge.seeds }) { bytes throws(FuzzFailure) in
        let disk = MemoryDisk()
        forge(SegmentForge(magic: "CairnJnl", group: 0, folder: "journal"), bytes, disk)
        let before = disk.contents(of: "journal")
        guard let opened = try? Journal.open(disk: disk) else {
            return try demand(disk.contents(of: "journal") == before, "what is refused was changed")
        }
        _ = try? JournalContents(group: 0, records: opened.records)
        let record = JournalRecord(group: 2, kind: 3, payload: [9, 9])
        guard let sequence = try? opened.journal.append(record), (try? opened.journal.sync()) != nil else { return }
        let expected = opened.records + [RecoveredRecord(sequence: sequence, record: record)]
        guard let again = try? Journal.open(disk: disk) else { throw FuzzFailure("it does not open a second time") }
        try demand(again.records == expected, "a second start finds other records")
    }

    /// A block log found on a disk that may have been damaged.
    static let blockLog = FuzzTarget("block-log", seeds: { SegmentForge.seeds }) { bytes throws(FuzzFailure) in
        let disk = MemoryDisk()
        forge(SegmentForge(magic: "CairnLog", group: 3, folder: "log/3"), bytes, disk)
        let before = disk.contents(of: "log/3")
        guard let opened = try? BlockLog.open(disk: disk, group: 3) else {
            return try demand(disk.contents(of: "log/3") == before, "what is refused was changed")
        }
        let found = try blocks(of: opened.log)
        // A segment without any record fixes the next height too: another one is refused.
        let next = opened.log.heights.map { $0.upperBound + 1 } ?? 7
        guard (try? opened.log.append(height: next, payload: [5])) != nil, (try? opened.log.sync()) != nil else {
            return
        }
        for verification in [LogVerification.newestSegment, .everything] {
            guard let again = try? BlockLog.open(disk: disk, group: 3, verification: verification) else {
                throw FuzzFailure("it does not open a second time")
            }
            try demand(try blocks(of: again.log) == found + [[5]], "a second start finds other blocks")
        }
    }

    private static func blocks(of log: BlockLog) throws(FuzzFailure) -> [[UInt8]] {
        guard let heights = log.heights else { return [] }
        var blocks: [[UInt8]] = []
        for height in heights {
            guard let block = try? log.read(height: height) else { throw FuzzFailure("block \(height) can't be read") }
            blocks.append(block)
        }
        return blocks
    }

    private static func forge(_ forge: SegmentForge, _ bytes: [UInt8], _ disk: MemoryDisk) {
        var folder = ""
        for name in forge.folder.split(separator: "/") {
            folder += folder.isEmpty ? "\(name)" : "/\(name)"
            try? disk.makeFolder(folder)
        }
        var input = FuzzInput(bytes)
        try? forge.files(from: &input, to: disk)
    }

    static let dataFolder = FuzzTarget(
        "data-folder", seeds: { [Array("cairn data folder\nversion 1\ncreated by cairn 0.1.0\n".utf8), []] }
    ) { bytes throws(FuzzFailure) in
        let disk = MemoryDisk()
        guard let file = try? disk.open("FORMAT", .new), (try? file.write(bytes, at: 0)) != nil,
            let stamp = try? DataFolder.open(disk, program: "fuzz 1")
        else { return }
        let text = "cairn data folder\nversion \(stamp.version)\ncreated by \(stamp.creator)\n"
        try demand(Array(text.utf8) == bytes, "another stamp is taken for one")
    }
}
