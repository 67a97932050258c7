/// What a run covers, and what its keys depend on.
struct IndexRunIdentity: Hashable, Sendable {
    let group: UInt32
    /// Of the caller: a run with another stamp is of no use to it.
    let stamp: UInt64
    let heights: ClosedRange<UInt64>
}

/// The last 80 bytes of a run.
///
/// | bytes | |
/// |---|---|
/// | 8 | magic: `CairnRun` |
/// | 4 | format version |
/// | 4 | group |
/// | 8, 8 | first and last height |
/// | 8 | stamp |
/// | 8 | number of rows |
/// | 8 | number of distinct keys |
/// | 8 | number of the filter's lines |
/// | 4 | CRC-32C of the fences |
/// | 4 | CRC-32C of the filter |
/// | 4 | zero |
/// | 4 | CRC-32C of the above |
///
/// All integers are little-endian.
struct IndexRunFooter: Hashable, Sendable {
    static let byteCount = 80
    static let version: UInt32 = 1
    private static let magic = Array("CairnRun".utf8)

    let identity: IndexRunIdentity
    var rowCount: Int
    var keyCount = 0
    var filterLineCount: Int
    var fencesChecksum: UInt32 = 0
    var filterChecksum: UInt32 = 0

    init(identity: IndexRunIdentity, rowCount: Int, filterLineCount: Int) {
        (self.identity, self.rowCount, self.filterLineCount) = (identity, rowCount, filterLineCount)
    }

    var blockCount: Int { (rowCount + IndexRunLayout.rowsPerBlock - 1) / IndexRunLayout.rowsPerBlock }
    var fencesOffset: Int { rowCount * IndexRowCoding.byteCount }
    var fencesByteCount: Int { blockCount * IndexRunLayout.fenceByteCount }
    var filterOffset: Int { fencesOffset + fencesByteCount }
    var filterByteCount: Int { filterLineCount * BlockedBloomFilter.bytesPerLine }
    var offset: Int { filterOffset + filterByteCount }

    var bytes: [UInt8] {
        var bytes = Self.magic
        appendLittleEndian(Self.version, to: &bytes)
        appendLittleEndian(identity.group, to: &bytes)
        appendLittleEndian(identity.heights.lowerBound, to: &bytes)
        appendLittleEndian(identity.heights.upperBound, to: &bytes)
        appendLittleEndian(identity.stamp, to: &bytes)
        for count in [rowCount, keyCount, filterLineCount] { appendLittleEndian(UInt64(count), to: &bytes) }
        appendLittleEndian(fencesChecksum, to: &bytes)
        appendLittleEndian(filterChecksum, to: &bytes)
        appendLittleEndian(UInt32(0), to: &bytes)
        appendLittleEndian(Checksum.crc32c(bytes), to: &bytes)
        return bytes
    }

    /// The footer of a file that must be the run `identity`.
    static func read(_ file: any DiskFile, _ identity: IndexRunIdentity) throws(StorageError) -> IndexRunFooter {
        let size = try file.size()
        let start = max(0, size - byteCount)
        func damaged(_ what: String) -> StorageError { .indexDamaged(path: file.path, offset: start, what: what) }
        let bytes = try file.read(at: start, count: byteCount)
        guard bytes.count == byteCount,
            Checksum.crc32c(bytes, in: 0..<byteCount - 4) == loadLittleEndian(bytes, at: byteCount - 4)
        else { throw damaged("the footer's checksum does not match") }
        guard Array(bytes[0..<8]) == magic else { throw damaged("this is no such file") }
        let version: UInt32 = loadLittleEndian(bytes, at: 8)
        guard version == Self.version else {
            throw .unknownFormat(path: file.path, found: "version \(version)", supported: "version \(Self.version)")
        }
        guard let footer = IndexRunFooter(unchecked: bytes, identity), footer.offset == start else {
            throw damaged("the footer's numbers do not fit the file")
        }
        guard footer.bytes == bytes else { throw damaged("the footer names another group, stamp or heights") }
        return footer
    }

    /// nil if a number is above its limit.
    private init?(unchecked bytes: [UInt8], _ identity: IndexRunIdentity) {
        func number(_ offset: Int, _ maximum: Int) -> Int? {
            let value: UInt64 = loadLittleEndian(bytes, at: offset)
            return value <= UInt64(maximum) ? Int(value) : nil
        }
        let rowsMax = StorageLimits.indexRunRowsMax
        guard let rowCount = number(40, rowsMax), let keyCount = number(48, rowCount),
            let lines = number(56, BlockedBloomFilter.lineCount(forKeys: rowsMax)), keyCount == 0 || lines > 0
        else { return nil }
        self.init(identity: identity, rowCount: rowCount, filterLineCount: lines)
        self.keyCount = keyCount
        fencesChecksum = loadLittleEndian(bytes, at: 64)
        filterChecksum = loadLittleEndian(bytes, at: 68)
    }
}
