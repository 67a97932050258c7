/// Appends records to the newest segment of a folder: buffers them, and writes each group with one write and one
/// fdatasync.
///
/// Where the disk has no room, everything is left as it was: the records stay in the buffer, what was written of them is
/// cut off, and `sync` may be called again. After any other failure, above all that of a sync, it refuses everything,
/// since nobody knows what the disk holds.
struct SegmentWriter {
    let disk: any Disk
    let folder: String
    let kind: SegmentHeader.Kind
    let group: UInt32
    let segmentBytes: Int

    /// The newest segment; nil until the first sync of an empty folder.
    private(set) var file: (any DiskFile)?
    private(set) var fileFirst: UInt64
    /// Where the newest segment ends, as far as it is synced.
    private(set) var fileEnd: Int
    /// How far room is set aside in the newest segment, or in `begun`.
    private var reservedEnd = 0
    /// The next segment, which was made but could not be filled, as there was no room.
    private var begun: (any DiskFile)?
    private(set) var nextNumber: UInt64
    private(set) var durableNext: UInt64
    private(set) var buffer: [UInt8] = []
    private var poison: String?

    init(
        disk: any Disk, folder: String, kind: SegmentHeader.Kind, group: UInt32, segmentBytes: Int,
        newest: (file: any DiskFile, first: UInt64, end: Int)?, nextNumber: UInt64
    ) {
        (self.disk, self.folder, self.kind, self.group) = (disk, folder, kind, group)
        self.segmentBytes = segmentBytes
        file = newest?.file
        fileFirst = newest?.first ?? nextNumber
        fileEnd = newest?.end ?? 0
        self.nextNumber = nextNumber
        durableNext = nextNumber
    }

    /// An empty folder's first number, which the caller names.
    mutating func start(at number: UInt64) {
        precondition(file == nil && buffer.isEmpty)
        (nextNumber, durableNext, fileFirst) = (number, number, number)
    }

    func checkUsable() throws(StorageError) {
        if let poison { throw .poisoned(path: folder, cause: poison) }
    }

    /// Buffers a record; gives back its number and where in the buffer it starts.
    mutating func append(
        _ payload: [UInt8], group: UInt32, kind: UInt8, role: UInt8 = RecordHeader.callersRole
    ) throws(StorageError) -> (number: UInt64, bufferOffset: Int) {
        try checkUsable()
        guard payload.count <= StorageLimits.recordBytesMax else {
            throw .aboveLimit(what: "a record", byteCount: payload.count, maximum: StorageLimits.recordBytesMax)
        }
        let total = buffer.count + RecordHeader.byteCount + payload.count
        guard total <= StorageLimits.bufferedBytesMax else {
            throw .aboveLimit(what: "unsynced data", byteCount: total, maximum: StorageLimits.bufferedBytesMax)
        }
        let place = (number: nextNumber, bufferOffset: buffer.count)
        RecordHeader(payload: payload, number: nextNumber, group: group, kind: kind, role: role).append(to: &buffer)
        buffer.append(contentsOf: payload)
        nextNumber += 1
        return place
    }

    /// Whether the next sync starts a new segment.
    var startsSegment: Bool { file == nil || (fileEnd >= segmentBytes && fileEnd > SegmentHeader.byteCount) }

    /// Writes and syncs what is buffered. Gives back where in the newest segment it now starts; nil if nothing was
    /// buffered.
    mutating func sync() throws(StorageError) -> Int? {
        try checkUsable()
        guard !buffer.isEmpty else { return nil }
        do throws(StorageError) {
            return startsSegment ? try writeFirstGroup() : try writeGroup()
        } catch {
            if case .noSpace(let operation, _) = error, operation != .sync, operation != .syncFolder { throw error }
            poison = error.cause
            throw error
        }
    }

    private mutating func writeGroup() throws(StorageError) -> Int {
        guard let file else { preconditionFailure("a segment is open") }
        try write(buffer, to: file, at: fileEnd)
        try file.sync()
        return finish(file, startingAt: fileEnd, byteCount: buffer.count)
    }

    /// Makes a segment with the group in it.
    private mutating func writeFirstGroup() throws(StorageError) -> Int {
        let next = try beginSegment()
        let bytes = SegmentHeader(kind: kind, group: group, first: durableNext).bytes + buffer
        try write(bytes, to: next, at: 0)
        try next.sync()
        try disk.sync(folder: folder)
        // The one before gets no more, and gives back the room set aside for it.
        try file?.truncate(to: fileEnd)
        (begun, fileFirst, fileEnd) = (nil, durableNext, 0)
        return finish(next, startingAt: SegmentHeader.byteCount, byteCount: bytes.count)
    }

    /// The next segment's file, which an earlier try may have made.
    private mutating func beginSegment() throws(StorageError) -> any DiskFile {
        if let begun { return begun }
        let file = try disk.open(DiskPath.join(folder, SegmentName.name(first: durableNext)), .new)
        reservedEnd = 0
        begun = file
        return file
    }

    private mutating func finish(_ file: any DiskFile, startingAt start: Int, byteCount: Int) -> Int {
        self.file = file
        fileEnd += byteCount
        buffer.removeAll(keepingCapacity: buffer.count <= StorageLimits.readChunkBytes)
        durableNext = nextNumber
        return start
    }

    /// Writes at the end of a segment, or leaves it as it was if there is no room.
    private mutating func write(_ bytes: [UInt8], to file: any DiskFile, at offset: Int) throws(StorageError) {
        let end = offset + bytes.count
        do throws(StorageError) {
            if reservedEnd < end { try reserve(offset..<end, in: file) }
            try file.write(bytes, at: offset)
        } catch {
            guard case .noSpace = error else { throw error }
            // This gives back what was reserved, too: others may need it more.
            reservedEnd = 0
            try file.truncate(to: offset)
            throw error
        }
    }

    /// Sets room aside in steps. Where there is less than a step, just what is needed.
    private mutating func reserve(_ range: Range<Int>, in file: any DiskFile) throws(StorageError) {
        let ahead = range.upperBound + segmentBytes / StorageLimits.segmentStepsCount
        do throws(StorageError) {
            try file.reserve(range.lowerBound..<ahead)
            reservedEnd = ahead
        } catch {
            guard case .noSpace = error else { throw error }
            try file.reserve(range)
            reservedEnd = range.upperBound
        }
    }
}
