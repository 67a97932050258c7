/// The first 32 bytes of a segment file of the journal or a block log.
///
/// | bytes | |
/// |---|---|
/// | 8 | magic: `CairnJnl` or `CairnLog` |
/// | 4 | format version |
/// | 4 | group (0 in the journal, which holds all groups) |
/// | 8 | number of the first record: sequence or height |
/// | 4 | zero |
/// | 4 | CRC-32C of the above |
///
/// All integers are little-endian.
struct SegmentHeader: Hashable {
    enum Kind: String {
        case journal = "CairnJnl"
        case log = "CairnLog"
        case index = "CairnIdx"

        /// The numbers that records may have. The journal's begin with 1, as 0 stands for none.
        var numbers: ClosedRange<UInt64> { (self == .journal ? 1 : 0)...StorageLimits.recordNumberMax }
    }

    static let byteCount = 32
    static let version: UInt32 = 1

    let kind: Kind
    let group: UInt32
    /// The number of the segment's first record.
    let first: UInt64

    var bytes: [UInt8] {
        var bytes = Array(kind.rawValue.utf8)
        appendLittleEndian(Self.version, to: &bytes)
        appendLittleEndian(group, to: &bytes)
        appendLittleEndian(first, to: &bytes)
        appendLittleEndian(UInt32(0), to: &bytes)
        appendLittleEndian(Checksum.crc32c(bytes), to: &bytes)
        return bytes
    }

    /// Checks that `bytes`, the start of the file `path`, are exactly this header.
    func check(_ bytes: [UInt8], path: String) throws(StorageError) {
        if bytes == self.bytes { return }
        func damaged(_ what: String) -> StorageError { .damaged(path: path, offset: 0, height: first, what: what) }
        guard bytes.count == Self.byteCount,
            Checksum.crc32c(bytes, in: 0..<28) == loadLittleEndian(bytes, at: 28, as: UInt32.self)
        else { throw damaged("the header's checksum does not match") }
        guard Array(bytes[0..<8]) == Array(kind.rawValue.utf8) else { throw damaged("this is no such file") }
        let version: UInt32 = loadLittleEndian(bytes, at: 8)
        guard version == Self.version else {
            throw .unknownFormat(path: path, found: "version \(version)", supported: "version \(Self.version)")
        }
        throw damaged("the header names another group or number than the file's name")
    }
}

/// The names of segment files: twenty digits, so that the order of the names is that of the numbers.
enum SegmentName {
    static let segment = ".segment"
    static let index = ".index"

    static func name(first: UInt64, _ suffix: String = segment) -> String {
        let digits = String(first)
        return String(repeating: "0", count: 20 - digits.count) + digits + suffix
    }

    /// The number that a segment's name holds; nil for other files.
    static func first(of name: String) -> UInt64? {
        guard name.utf8.count == 20 + segment.utf8.count, name.hasSuffix(segment) else { return nil }
        let digits = name.prefix(20)
        return digits.utf8.allSatisfy { (48...57).contains($0) } ? UInt64(digits) : nil
    }
}
