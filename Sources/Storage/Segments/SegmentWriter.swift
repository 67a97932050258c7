/// Appends records to the newest segment of a folder: buffers them, and writes each group with one write and one
/// fdatasync. After a failed write or sync it refuses everything, since nobody knows what the disk holds.
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
            return try writeGroup()
        } catch {
            poison = error.cause
            throw error
        }
    }

    private mutating func writeGroup() throws(StorageError) -> Int {
        let isNew = startsSegment
        if isNew {
            let path = DiskPath.join(folder, SegmentName.name(first: durableNext))
            file = try disk.open(path, .new)
            fileFirst = durableNext
            fileEnd = 0
            buffer.insert(contentsOf: SegmentHeader(kind: kind, group: group, first: fileFirst).bytes, at: 0)
        }
        guard let file else { preconditionFailure("a segment is open") }
        try file.write(buffer, at: fileEnd)
        try file.sync()
        if isNew { try disk.sync(folder: folder) }
        let start = fileEnd + (isNew ? SegmentHeader.byteCount : 0)
        fileEnd += buffer.count
        buffer.removeAll(keepingCapacity: buffer.count <= StorageLimits.readChunkBytes)
        durableNext = nextNumber
        return start
    }
}
