/// The segment files of a folder, and how the newest one's end is repaired.
struct SegmentFolder {
    let disk: any Disk
    let folder: String
    let kind: SegmentHeader.Kind
    let group: UInt32

    struct Segment {
        let first: UInt64
        let file: any DiskFile
        let header: SegmentHeader
    }

    func path(_ first: UInt64, _ suffix: String = SegmentName.segment) -> String {
        DiskPath.join(folder, SegmentName.name(first: first, suffix))
    }

    /// The segments, oldest first. A newest one whose creation a crash interrupted is removed and reported.
    func open() throws(StorageError) -> (segments: [Segment], torn: TornTail?) {
        var segments: [Segment] = []
        for name in try disk.list(folder) {
            guard let first = SegmentName.first(of: name) else { continue }
            let file = try disk.open(DiskPath.join(folder, name), .existing)
            // A file's name is nobody's promise; from here on numbers can be added to.
            guard kind.numbers.contains(first) else {
                throw .damaged(path: file.path, offset: 0, height: first, what: "no segment has this number")
            }
            let header = SegmentHeader(kind: kind, group: group, first: first)
            segments.append(Segment(first: first, file: file, header: header))
        }
        guard let newest = segments.last, try SegmentScanner.isUnfinished(newest.file) else { return (segments, nil) }
        let torn = TornTail(
            path: newest.file.path, offset: 0, byteCount: try newest.file.size(), number: newest.first,
            what: "the segment's creation was not finished")
        segments.removeLast()
        return (segments, torn)
    }

    /// Makes the newest segment durable. What a process wrote and was killed before it synced is read like everything
    /// else, and counts from now on: it must survive a loss of power as well.
    func sync(newest: Segment?) throws(StorageError) {
        guard let newest else { return }
        try newest.file.sync()
        try disk.sync(folder: folder)
    }

    /// Makes a torn tail disappear, durably. `segment` is the one that holds it; nil if that was never finished. A
    /// segment in which nothing whole is left is removed.
    func cut(_ torn: TornTail, of segment: Segment?) throws(StorageError) {
        if let segment, !torn.leavesNothing {
            try segment.file.truncate(to: torn.offset)
            try segment.file.sync()
        } else {
            try disk.remove(path(torn.number))
            try disk.sync(folder: folder)
        }
    }
}
