/// Reads a segment from its start to its end, and judges what is not as it was written.
///
/// **The rule.** A record is *torn*, the trace of a write that never finished, only if nothing but it follows up to
/// the end of the file. These are torn:
/// - fewer bytes are left than a record's header has, or than a whole header's length demands;
/// - a whole header's payload fails its checksum, and the record ends where the file does or only zeros follow (a
///   file may have grown before its bytes came);
/// - a header fails its checksum, and all bytes from its end on are zeros;
/// - a header fails its checksum, but by its length or by its payload's checksum the record ends where the file does.
///
/// Everything else is *damage*: whole bytes follow it, so it had been synced. A flipped bit within the very last
/// record cannot be told from a torn one; the caller who knows that the record must be there refuses the cut.
///
/// Nothing is searched for in bytes that might be a client's, each byte is read once or twice, and no more memory is
/// reserved than the file is long.
struct SegmentScanner {
    let file: any DiskFile
    let header: SegmentHeader
    private let fileSize: Int
    private var window = ReadWindow()
    private var offset: Int
    private var number: UInt64

    /// What a scan found: the end of the whole records, and what is cut off there.
    struct Outcome {
        let end: Int
        let nextNumber: UInt64
        let torn: TornTail?
    }

    init(_ file: any DiskFile, _ header: SegmentHeader) throws(StorageError) {
        self.file = file
        self.header = header
        fileSize = try file.size()
        offset = SegmentHeader.byteCount
        number = header.first
    }

    /// Whether the file's own header was never completed: it is short or zero, and nothing follows.
    static func isUnfinished(_ file: any DiskFile) throws(StorageError) -> Bool {
        let size = try file.size()
        if size < SegmentHeader.byteCount { return true }
        var window = ReadWindow()
        let start = try file.read(at: 0, count: SegmentHeader.byteCount)
        guard start.last == 0 || size == SegmentHeader.byteCount else { return false }
        guard Checksum.crc32c(start, in: 0..<28) != loadLittleEndian(start, at: 28, as: UInt32.self) else {
            return false
        }
        return try window.isZero(file, SegmentHeader.byteCount..<size)
    }

    /// Hands every whole record to `visit`: its header, where it starts, and where its payload lies in `bytes`.
    mutating func scan(
        _ visit: (_ header: RecordHeader, _ offset: Int, _ bytes: [UInt8], _ payload: Range<Int>) throws(StorageError)
            -> Void
    ) throws(StorageError) -> Outcome {
        try header.check(file.read(at: 0, count: SegmentHeader.byteCount), path: file.path)
        while offset < fileSize {
            if let torn = try step(visit) { return Outcome(end: offset, nextNumber: number, torn: torn) }
        }
        return Outcome(end: offset, nextNumber: number, torn: nil)
    }

    /// Takes one record, or says what is torn.
    private mutating func step(
        _ visit: (RecordHeader, Int, [UInt8], Range<Int>) throws(StorageError) -> Void
    ) throws(StorageError) -> TornTail? {
        let bodyStart = offset + RecordHeader.byteCount
        guard bodyStart <= fileSize else { return torn("the file ends within a record's header") }
        let at = try window.load(file, offset..<bodyStart)
        let (record, isWhole) = RecordHeader.read(window.bytes, at: at)
        guard isWhole else { return try judgeDamagedHeader(record) }
        guard record.number == number, header.kind == .journal || record.group == header.group else {
            throw damaged("a record of number \(record.number), group \(record.group) stands here")
        }
        guard record.length <= StorageLimits.recordBytesMax else {
            throw damaged("a record's length of \(record.length) bytes is above the limit")
        }
        let end = bodyStart + record.length
        guard end <= fileSize else { return torn("the file ends within a record") }
        let payloadStart = try window.load(file, bodyStart..<end)
        let payload = payloadStart..<payloadStart + record.length
        guard Checksum.crc32c(window.bytes, in: payload) == record.payloadChecksum else {
            if try window.isZero(file, end..<fileSize) { return torn("the last record's checksum does not match") }
            throw damaged("a record's checksum does not match")
        }
        try visit(record, offset, window.bytes, payload)
        offset = end
        number += 1
        return nil
    }

    private mutating func judgeDamagedHeader(_ record: RecordHeader) throws(StorageError) -> TornTail? {
        let body = offset + RecordHeader.byteCount..<fileSize
        let what = "the last record's header does not match its checksum"
        if record.length == body.count { return torn(what) }
        if try window.isZero(file, body) { return torn(what) }
        if body.count <= StorageLimits.recordBytesMax {
            let start = try window.load(file, body)
            let checksum = Checksum.crc32c(window.bytes, in: start..<start + body.count)
            if checksum == record.payloadChecksum { return torn(what) }
        }
        throw damaged("a record's header does not match its checksum")
    }

    private func torn(_ what: String) -> TornTail {
        TornTail(path: file.path, offset: offset, byteCount: fileSize - offset, number: number, what: what)
    }

    private func damaged(_ what: String) -> StorageError {
        .damaged(path: file.path, offset: offset, height: number, what: what)
    }
}

/// A piece of a file in memory, read ahead in large chunks.
struct ReadWindow {
    private(set) var bytes: [UInt8] = []
    private var start = 0
    private let readAheadBytes: Int

    init(readAheadBytes: Int = StorageLimits.readChunkBytes) { self.readAheadBytes = readAheadBytes }

    /// Makes `range`, which lies within the file, part of `bytes`; gives back where it starts there.
    mutating func load(_ file: any DiskFile, _ range: Range<Int>) throws(StorageError) -> Int {
        if range.lowerBound < start || range.upperBound > start + bytes.count {
            bytes = try file.read(at: range.lowerBound, count: max(range.count, readAheadBytes))
            start = range.lowerBound
            guard bytes.count >= range.count else {
                throw .damaged(path: file.path, offset: range.lowerBound, height: nil, what: "the file became shorter")
            }
        }
        return range.lowerBound - start
    }

    /// Whether all bytes of the file's range are zero.
    mutating func isZero(_ file: any DiskFile, _ range: Range<Int>) throws(StorageError) -> Bool {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let end = min(range.upperBound, offset + StorageLimits.readChunkBytes)
            let at = try load(file, offset..<end)
            guard bytes[at..<at + (end - offset)].allSatisfy({ $0 == 0 }) else { return false }
            offset = end
        }
        return true
    }
}
