/// Gives the bytes of a range that lies within what is read.
package typealias RangeRead = (Range<Int>) throws(StorageError) -> [UInt8]

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
    private let name: String
    private let disk: any Disk
    private(set) var writer: SegmentWriter
    /// Ascending and without gaps; the last one is written to.
    private(set) var segments: [Segment]
    /// Where each buffered record starts in the writer's buffer.
    private var bufferedOffsets: [Int] = []

    init(group: UInt32, name: String, disk: any Disk, writer: SegmentWriter, segments: [Segment]) {
        (self.group, self.name, self.disk, self.writer, self.segments) = (group, name, disk, writer, segments)
    }

    /// The folder of blocks, unless the log is of something else that is counted.
    package static let blocks = "log"

    static func folder(_ group: UInt32, name: String = blocks) -> String { "\(name)/\(group)" }

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
        // Damage may leave a log without a block that still says where it goes on.
        guard height == writer.nextNumber else {
            throw .damaged(
                path: Self.folder(group, name: name), offset: 0, height: height,
                what: "the log goes on with block \(writer.nextNumber), not with this one")
        }
        bufferedOffsets.append(try writer.append(payload, group: group, kind: 0).bufferOffset)
    }

    /// Makes all buffered blocks durable. If there is no room on the disk (`noSpace`), nothing has changed, and it may be
    /// called again. After any other failure the log refuses every later append and sync and the process must end.
    package func sync() throws(StorageError) {
        guard let start = try writer.sync(), let file = writer.file else { return }
        if segments.last?.first != writer.fileFirst {
            if let sealed = segments.last {
                try SegmentIndex.write(sealed, folder: Self.folder(group, name: name), group: group, disk: disk)
            }
            segments.append(Segment(first: writer.fileFirst, file: file, offsets: [], end: 0))
        }
        segments[segments.count - 1].offsets += bufferedOffsets.map { UInt32(start + $0) }
        segments[segments.count - 1].end = writer.fileEnd
        bufferedOffsets = []
    }

    /// The block of a height, nil outside `heights`. Its checksum is verified at every read.
    package func read(height: UInt64) throws(StorageError) -> [UInt8]? {
        guard let heights, heights.contains(height) else { return nil }
        if height >= writer.durableNext { return Array(writer.buffer[bufferedPayload(height)]) }
        var window = ReadWindow(readAheadBytes: 0)
        return try read(height, in: segments[segmentIndex(of: height)], through: &window)
    }

    /// How long the block of a height is; nil outside `heights`.
    package func byteCount(height: UInt64) throws(StorageError) -> Int? {
        guard let heights, heights.contains(height) else { return nil }
        guard height < writer.durableNext else { return bufferedPayload(height).count }
        return try payload(height, in: segments[segmentIndex(of: height)]).count
    }

    /// A part of the block of a height, `range` lying within its `byteCount`; nil outside `heights`.
    ///
    /// The record's checksum is not verified, as it covers the whole: the caller's parts must have their own.
    package func read(height: UInt64, range: Range<Int>) throws(StorageError) -> [UInt8]? {
        guard let heights, heights.contains(height) else { return nil }
        if height >= writer.durableNext {
            let payload = bufferedPayload(height)
            precondition(range.lowerBound >= 0 && range.upperBound <= payload.count, "a part lies within the block")
            return Array(writer.buffer[payload.lowerBound + range.lowerBound..<payload.lowerBound + range.upperBound])
        }
        let segment = segments[segmentIndex(of: height)]
        let payload = try payload(height, in: segment)
        precondition(range.lowerBound >= 0 && range.upperBound <= payload.count, "a part lies within the block")
        let bytes = try segment.file.read(at: payload.lowerBound + range.lowerBound, count: range.count)
        guard bytes.count == range.count else {
            throw .damaged(
                path: segment.file.path, offset: payload.lowerBound, height: height, what: "the file became shorter")
        }
        return bytes
    }

    /// Where a block that waits for a sync lies in the writer's buffer.
    private func bufferedPayload(_ height: UInt64) -> Range<Int> {
        let index = Int(height - writer.durableNext)
        let end = index + 1 < bufferedOffsets.count ? bufferedOffsets[index + 1] : writer.buffer.count
        return bufferedOffsets[index] + RecordHeader.byteCount..<end
    }

    /// Where a durable block lies in its segment's file.
    private func payload(_ height: UInt64, in segment: Segment) throws(StorageError) -> Range<Int> {
        let index = Int(height - segment.first)
        let (start, end) = (
            Int(segment.offsets[index]),
            index + 1 < segment.offsets.count ? Int(segment.offsets[index + 1]) : segment.end
        )
        guard end - start >= RecordHeader.byteCount else {
            throw .damaged(path: segment.file.path, offset: start, height: height, what: "the record is too short")
        }
        return start + RecordHeader.byteCount..<end
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
        let place = try self.payload(height, in: segment)
        let (start, end) = (place.lowerBound - RecordHeader.byteCount, place.upperBound)
        func damaged(_ what: String) -> StorageError {
            .damaged(path: segment.file.path, offset: start, height: height, what: what)
        }
        let at = try window.load(segment.file, start..<end)
        let (header, isWhole) = RecordHeader.read(window.bytes, at: at)
        let payload = at + RecordHeader.byteCount..<at + (end - start)
        guard isWhole, header.number == height, header.group == group, header.length == payload.count,
            Checksum.crc32c(window.bytes, in: payload) == header.payloadChecksum
        else { throw damaged("the record's checksum does not match") }
        return Array(window.bytes[payload])
    }
}
