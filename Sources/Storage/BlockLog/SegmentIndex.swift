/// The index file of a sealed segment, `<first height>.index`: a segment header of its own kind, then the segment's
/// size (8 bytes), the number of records (4), their offsets (4 each) and the CRC-32C of all that.
///
/// It is a cache: it is neither synced nor trusted without its checksum, and rebuilt from the segment at need.
enum SegmentIndex {
    /// Writes the index of a segment, unless there is no room on the disk: then the log does without.
    static func write(
        _ segment: BlockLog.Segment, folder: String, group: UInt32, disk: any Disk
    ) throws(StorageError) {
        do throws(StorageError) {
            try writeWhole(segment, folder, group: group, disk: disk)
        } catch {
            guard case .noSpace = error else { throw error }
        }
    }

    private static func writeWhole(
        _ segment: BlockLog.Segment, _ folder: String, group: UInt32, disk: any Disk
    ) throws(StorageError) {
        let file = try disk.open(path(segment, folder), .either)
        let bytes = bytes(of: segment, group: group)
        try file.truncate(to: bytes.count)
        try file.write(bytes, at: 0)
    }

    static func bytes(of segment: BlockLog.Segment, group: UInt32) -> [UInt8] {
        var bytes = SegmentHeader(kind: .index, group: group, first: segment.first).bytes
        appendLittleEndian(UInt64(segment.end), to: &bytes)
        appendLittleEndian(UInt32(segment.offsets.count), to: &bytes)
        for offset in segment.offsets { appendLittleEndian(offset, to: &bytes) }
        appendLittleEndian(Checksum.crc32c(bytes), to: &bytes)
        return bytes
    }

    /// The segment as its index describes it; nil if the index is missing, damaged, or not of this segment.
    static func read(
        _ segment: SegmentFolder.Segment, folder: String, next: UInt64, names: Set<String>, disk: any Disk
    ) throws(StorageError) -> BlockLog.Segment? {
        let group = segment.header.group
        let name = SegmentName.name(first: segment.first, SegmentName.index)
        guard names.contains(name) else { return nil }
        let file = try disk.open(DiskPath.join(folder, name), .existing)
        let size = try file.size()
        let segmentSize = try segment.file.size()
        let count = next - segment.first
        // Every record takes its header's bytes at least, so a longer index is not of this segment.
        guard count <= UInt64(segmentSize / RecordHeader.byteCount),
            size == SegmentHeader.byteCount + 16 + 4 * Int(count)
        else { return nil }
        let bytes = try file.read(at: 0, count: size)
        guard bytes.count == size else { return nil }
        let start = SegmentHeader.byteCount + 12
        let offsets = (0..<Int(count)).map { loadLittleEndian(bytes, at: start + 4 * $0, as: UInt32.self) }
        let described = BlockLog.Segment(first: segment.first, file: segment.file, offsets: offsets, end: segmentSize)
        return self.bytes(of: described, group: group) == bytes && isAscending(described) ? described : nil
    }

    /// Whether every record has room for its header: so that no checksum's accident can make a read trap.
    private static func isAscending(_ segment: BlockLog.Segment) -> Bool {
        let ends = segment.offsets.dropFirst().map(Int.init) + [segment.end]
        return zip(segment.offsets, ends).allSatisfy { Int($0) + RecordHeader.byteCount <= $1 }
    }

    private static func path(_ segment: BlockLog.Segment, _ folder: String) -> String {
        DiskPath.join(folder, SegmentName.name(first: segment.first, SegmentName.index))
    }
}
