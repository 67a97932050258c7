/// A record that recovery found, with its sequence.
package struct RecoveredRecord: Hashable, Sendable {
    package let sequence: UInt64
    package let record: JournalRecord

    package init(sequence: UInt64, record: JournalRecord) { (self.sequence, self.record) = (sequence, record) }
}

/// What opening a journal found and did.
package struct JournalReport: Hashable, Sendable {
    package fileprivate(set) var segmentCount = 0
    /// Of the segments that were read.
    package fileprivate(set) var byteCount = 0
    /// What a crash left incomplete and opening cut off.
    package fileprivate(set) var torn: TornTail?
}

extension Journal {
    /// What opening gives back.
    package struct Opened {
        package let journal: Journal
        /// All records after the last release, in sequence.
        package let records: [RecoveredRecord]
        package let report: JournalReport
    }

    /// Opens the journal on `disk`, or starts one. A torn tail of the newest segment is cut off (the rule stands at
    /// `SegmentScanner`); any other damage throws, naming file, offset and sequence, and changes nothing.
    package static func open(
        disk: any Disk, segmentBytes: Int = StorageLimits.journalSegmentBytes
    ) throws(StorageError) -> Opened {
        try disk.makeFolder(folder)
        let files = SegmentFolder(disk: disk, folder: folder, kind: .journal, group: 0)
        var (segments, unfinished) = try files.open()
        var recovery = JournalRecovery()
        recovery.report.torn = unfinished
        try recovery.read(segments)
        if let unfinished, recovery.nextSequence != unfinished.number {
            throw .damaged(
                path: unfinished.path, offset: 0, height: unfinished.number,
                what: "the segment before it ends at \(recovery.nextSequence)")
        }
        if let torn = recovery.report.torn {
            try files.cut(torn, of: unfinished == nil ? segments.last : nil)
            if unfinished == nil, torn.leavesNothing { segments.removeLast() }
        }
        try files.sync(newest: segments.last)
        let newest = segments.last.map { (file: $0.file, first: $0.first, end: recovery.newestEnd) }
        let writesNewest = recovery.report.torn?.leavesNothing != true
        let writer = SegmentWriter(
            disk: disk, folder: folder, kind: .journal, group: 0, segmentBytes: segmentBytes,
            newest: writesNewest ? newest : nil, nextNumber: recovery.nextSequence)
        let journal = Journal(
            disk: disk, writer: writer, segments: segments.map(\.first), releasedSequence: recovery.released)
        try journal.removeDeadSegments()
        return Opened(journal: journal, records: recovery.records, report: recovery.report)
    }
}

/// Reads segments from the newest to the oldest that holds a live record.
private struct JournalRecovery {
    var report = JournalReport()
    var records: [RecoveredRecord] = []
    /// The highest release mark.
    var released: UInt64 = 0
    var nextSequence: UInt64 = 1
    var newestEnd = 0
    /// The first sequence of the segment read last; the one before it must end there.
    private var successor: SegmentFolder.Segment?

    mutating func read(_ segments: [SegmentFolder.Segment]) throws(StorageError) {
        var newestFirst: [[RecoveredRecord]] = []
        for segment in segments.reversed() where successor.map({ $0.first > released + 1 }) ?? true {
            newestFirst.append(try read(segment))
        }
        if let oldest = successor, oldest.first > released + 1 {
            throw .damaged(
                path: oldest.file.path, offset: 0, height: oldest.first,
                what: "the records from \(released + 1) to \(oldest.first - 1) are missing")
        }
        records = newestFirst.reversed().flatMap { $0 }.filter { $0.sequence > released }
    }

    private mutating func read(_ segment: SegmentFolder.Segment) throws(StorageError) -> [RecoveredRecord] {
        var found: [RecoveredRecord] = []
        var mark = released
        var scanner = try SegmentScanner(segment.file, segment.header)
        let outcome = try scanner.scan { header, offset, bytes, payload throws(StorageError) in
            switch header.role {
            case RecordHeader.callersRole:
                let record = JournalRecord(group: header.group, kind: header.kind, payload: Array(bytes[payload]))
                found.append(RecoveredRecord(sequence: header.number, record: record))
            case RecordHeader.releaseRole where payload.count == 8:
                let sequence: UInt64 = loadLittleEndian(bytes, at: payload.lowerBound)
                guard sequence < header.number else {
                    throw .damaged(
                        path: segment.file.path, offset: offset, height: header.number,
                        what: "a mark releases up to \(sequence), which comes after it")
                }
                mark = max(mark, sequence)
            default:
                throw .damaged(
                    path: segment.file.path, offset: offset, height: header.number,
                    what: "a record has the unknown role \(header.role)")
            }
        }
        released = mark
        try place(segment, outcome)
        return found
    }

    /// Checks that the segment ends where its successor starts, and keeps what only the newest one knows.
    private mutating func place(_ segment: SegmentFolder.Segment, _ outcome: SegmentScanner.Outcome)
        throws(StorageError)
    {
        report.segmentCount += 1
        report.byteCount += outcome.end
        defer { successor = segment }
        guard let successor else {
            (nextSequence, newestEnd) = (outcome.nextNumber, outcome.end)
            if let torn = outcome.torn {
                guard report.torn == nil else {
                    throw .damaged(path: torn.path, offset: torn.offset, height: torn.number, what: torn.what)
                }
                report.torn = torn
            }
            return
        }
        if let torn = outcome.torn {
            throw .damaged(path: torn.path, offset: torn.offset, height: torn.number, what: torn.what)
        }
        guard outcome.nextNumber == successor.first else {
            throw .damaged(
                path: segment.file.path, offset: outcome.end, height: outcome.nextNumber,
                what: "the next segment starts at \(successor.first)")
        }
    }
}
