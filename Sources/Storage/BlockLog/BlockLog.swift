/// A group's blocks, append-only, by height: the truth of which all state is a cache.
///
/// The files are `log/<group>/<first height>.segment`, laid out as `SegmentHeader` and `RecordHeader` say; payloads
/// are opaque. Beside a sealed segment stands an index of its offsets, rebuilt whenever it is missing or damaged.
///
/// Not thread-safe: one thread at a time owns a log.
package final class BlockLog {
    /// One segment's records: where each starts in the file.
    struct Segment {
        let first: UInt64
        let file: any DiskFile
        var offsets: [UInt32]
        /// Where the last record ends.
        var end: Int

        var next: UInt64 { first + UInt64(offsets.count) }
    }

    package let group: UInt32
    private let disk: any Disk
    private(set) var writer: SegmentWriter
    /// Ascending and without gaps; the last one is written to.
    private(set) var segments: [Segment]
    /// Where each buffered record starts in the writer's buffer.
    private var bufferedOffsets: [Int] = []

    init(group: UInt32, disk: any Disk, writer: SegmentWriter, segments: [Segment]) {
        (self.group, self.disk, self.writer, self.segments) = (group, disk, writer, segments)
    }

    static func folder(_ group: UInt32) -> String { "log/\(group)" }

    /// The heights that can be read, buffered ones included; nil if there are none.
    package var heights: ClosedRange<UInt64>? {
        let first = segments.first?.first ?? writer.durableNext
        return first < writer.nextNumber ? first...writer.nextNumber - 1 : nil
    }

    /// The highest block that survives a crash; nil if none does.
    package var durableHeight: UInt64? {
        guard let last = segments.last, last.next > segments[0].first else { return nil }
        return last.next - 1
    }

    /// How many bytes wait for a sync.
    package var bufferedByteCount: Int { writer.buffer.count }

    package var segmentCount: Int { segments.count }

    /// Buffers a block. Heights are consecutive; an empty log starts at any height.
    package func append(height: UInt64, payload: [UInt8]) throws(StorageError) {
        if segments.isEmpty, writer.buffer.isEmpty { writer.start(at: height) }
        precondition(height == writer.nextNumber, "heights are consecutive")
        bufferedOffsets.append(try writer.append(payload, group: group, kind: 0).bufferOffset)
    }

    /// Makes all buffered blocks durable. If there is no room on the disk (`noSpace`), nothing has changed, and it may be
    /// called again. After any other failure the log refuses every later append and sync and the process must end.
    package func sync() throws(StorageError) {
        guard let start = try writer.sync(), let file = writer.file else { return }
        if segments.last?.first != writer.fileFirst {
            if let sealed = segments.last { try SegmentIndex.write(sealed, group: group, disk: disk) }
            segments.append(Segment(first: writer.fileFirst, file: file, offsets: [], end: 0))
        }
        segments[segments.count - 1].offsets += bufferedOffsets.map { UInt32(start + $0) }
        segments[segments.count - 1].end = writer.fileEnd
        bufferedOffsets = []
    }

    /// The block of a height, nil outside `heights`. Its checksum is verified at every read.
    package func read(height: UInt64) throws(StorageError) -> [UInt8]? {
        guard let heights, heights.contains(height) else { return nil }
        if height >= writer.durableNext {
            let index = Int(height - writer.durableNext)
            let end = index + 1 < bufferedOffsets.count ? bufferedOffsets[index + 1] : writer.buffer.count
            return Array(writer.buffer[bufferedOffsets[index] + RecordHeader.byteCount..<end])
        }
        var window = ReadWindow(readAheadBytes: 0)
        return try read(height, in: segments[segmentIndex(of: height)], through: &window)
    }

    func segmentIndex(of height: UInt64) -> Int {
        var range = 0..<segments.count
        while range.count > 1 {
            let middle = range.lowerBound + range.count / 2
            range = segments[middle].first <= height ? middle..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    func read(
        _ height: UInt64, in segment: Segment, through window: inout ReadWindow
    ) throws(StorageError) -> [UInt8] {
        let index = Int(height - segment.first)
        let start = Int(segment.offsets[index])
        let end = index + 1 < segment.offsets.count ? Int(segment.offsets[index + 1]) : segment.end
        func damaged(_ what: String) -> StorageError {
            .damaged(path: segment.file.path, offset: start, height: height, what: what)
        }
        guard end - start >= RecordHeader.byteCount else { throw damaged("the record is too short") }
        let at = try window.load(segment.file, start..<end)
        let (header, isWhole) = RecordHeader.read(window.bytes, at: at)
        let payload = at + RecordHeader.byteCount..<at + (end - start)
        guard isWhole, header.number == height, header.group == group, header.length == payload.count,
            Checksum.crc32c(window.bytes, in: payload) == header.payloadChecksum
        else { throw damaged("the record's checksum does not match") }
        return Array(window.bytes[payload])
    }
}
