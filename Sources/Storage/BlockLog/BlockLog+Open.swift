/// How much of a block log is checked when it opens. Reading a block always checks it.
package enum LogVerification: Sendable {
    /// Every record's checksum.
    case everything
    /// Those of the newest segment; sealed segments are taken at their index's word where it is whole.
    case newestSegment
}

/// What opening a block log found and did.
package struct BlockLogReport: Hashable, Sendable {
    package fileprivate(set) var segmentCount = 0
    /// How many bytes were read and checked.
    package fileprivate(set) var verifiedByteCount = 0
    /// How many index files were missing or wrong and made again.
    package fileprivate(set) var rebuiltIndexCount = 0
    /// What a crash left incomplete and opening cut off.
    package fileprivate(set) var torn: TornTail?
}

extension BlockLog {
    /// What opening gives back.
    package struct Opened {
        package let log: BlockLog
        package let report: BlockLogReport
    }

    /// Opens a group's log, or starts one.
    ///
    /// A torn tail of the newest segment is cut off; the rule stands at `SegmentScanner`. Any other damage throws,
    /// naming file, offset and height, and changes nothing. A flipped bit in the very last record looks like a torn
    /// write; only who knows what had been synced can tell. `requiredHeight` is that knowledge: the highest height
    /// that was durable, by the journal. If the log, after the cut, would end below it, opening throws
    /// `heightsMissing` and changes nothing.
    package static func open(
        disk: any Disk, group: UInt32, name: String = blocks, requiredHeight: UInt64? = nil,
        verification: LogVerification = .everything,
        segmentBytes: Int = StorageLimits.logSegmentBytes
    ) throws(StorageError) -> Opened {
        let folder = folder(group, name: name)
        try disk.makeFolder(name)
        try disk.makeFolder(folder)
        let files = SegmentFolder(disk: disk, folder: folder, kind: .log, group: group)
        let (found, unfinished) = try files.open()
        var recovery = LogRecovery(disk: disk, folder: folder, names: Set(try disk.list(folder)))
        recovery.report.torn = unfinished
        try recovery.read(found, verification)
        if let requiredHeight, recovery.next <= requiredHeight {
            throw .heightsMissing(
                path: folder, endsBefore: recovery.next, required: requiredHeight, cut: recovery.report.torn)
        }
        if let torn = recovery.report.torn {
            try files.cut(torn, of: unfinished == nil ? found.last : nil)
            if unfinished == nil, torn.leavesNothing { recovery.segments.removeLast() }
        }
        try files.sync(newest: recovery.report.torn?.leavesNothing == true ? nil : found.last)
        for segment in recovery.segments.dropLast() where recovery.unindexed.contains(segment.first) {
            try SegmentIndex.write(segment, folder: folder, group: group, disk: disk)
        }
        let newest = recovery.segments.last.map { (file: $0.file, first: $0.first, end: $0.end) }
        let writesNewest = recovery.report.torn?.leavesNothing != true
        let writer = SegmentWriter(
            disk: disk, folder: folder, kind: .log, group: group, segmentBytes: segmentBytes,
            newest: writesNewest ? newest : nil, nextNumber: recovery.next)
        let log = BlockLog(group: group, name: name, disk: disk, writer: writer, segments: recovery.segments)
        return Opened(log: log, report: recovery.report)
    }
}

/// Reads a log's segments from the oldest to the newest.
private struct LogRecovery {
    let disk: any Disk
    let folder: String
    let names: Set<String>
    var report = BlockLogReport()
    var segments: [BlockLog.Segment] = []
    /// The sealed segments whose index must be written.
    var unindexed: Set<UInt64> = []
    /// The height after the last whole record.
    var next: UInt64 = 0

    init(disk: any Disk, folder: String, names: Set<String>) {
        (self.disk, self.folder, self.names) = (disk, folder, names)
    }

    mutating func read(_ found: [SegmentFolder.Segment], _ verification: LogVerification) throws(StorageError) {
        for (index, segment) in found.enumerated() {
            guard index == 0 || segment.first == next else {
                throw damaged(segment, at: 0, "the segment before it ends before height \(next)")
            }
            let successor = index + 1 < found.count ? found[index + 1].first : report.torn?.number
            try read(segment, successor: successor, verification)
        }
        if let torn = report.torn, torn.offset == 0, !found.isEmpty, torn.number != next {
            throw .damaged(
                path: torn.path, offset: 0, height: torn.number, what: "the segment before it ends before \(next)")
        }
        report.segmentCount = segments.count
        report.rebuiltIndexCount = segments.dropLast().filter { unindexed.contains($0.first) }.count
    }

    /// Reads one segment; `successor` is the first height of the one after it, nil for the newest.
    private mutating func read(
        _ segment: SegmentFolder.Segment, successor: UInt64?, _ verification: LogVerification
    ) throws(StorageError) {
        let indexed: BlockLog.Segment? =
            if let successor, successor > segment.first {
                try SegmentIndex.read(segment, folder: folder, next: successor, names: names, disk: disk)
            } else { nil }
        if indexed == nil { unindexed.insert(segment.first) }
        if let indexed, verification == .newestSegment {
            next = indexed.next
            segments.append(indexed)
            return
        }
        let scanned = try scan(segment, isNewest: successor == nil)
        if let indexed, indexed.offsets != scanned.offsets { unindexed.insert(segment.first) }
        next = scanned.next
        segments.append(scanned)
    }

    private mutating func scan(
        _ segment: SegmentFolder.Segment, isNewest: Bool
    ) throws(StorageError) -> BlockLog.Segment {
        var offsets: [UInt32] = []
        var scanner = try SegmentScanner(segment.file, segment.header)
        let outcome = try scanner.scan { _, offset, _, _ throws(StorageError) in
            guard let small = UInt32(exactly: offset) else { throw damaged(segment, at: offset, "it is too long") }
            offsets.append(small)
        }
        if let torn = outcome.torn {
            guard isNewest else {
                throw .damaged(path: torn.path, offset: torn.offset, height: torn.number, what: torn.what)
            }
            report.torn = torn
        }
        report.verifiedByteCount += outcome.end
        return BlockLog.Segment(first: segment.first, file: segment.file, offsets: offsets, end: outcome.end)
    }

    private func damaged(_ segment: SegmentFolder.Segment, at offset: Int, _ what: String) -> StorageError {
        .damaged(path: segment.file.path, offset: offset, height: segment.first, what: what)
    }
}
