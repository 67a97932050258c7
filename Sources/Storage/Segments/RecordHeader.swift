/// The 28 bytes before each record's payload.
///
/// | bytes | |
/// |---|---|
/// | 4 | length of the payload |
/// | 4 | CRC-32C of the payload |
/// | 8 | number: sequence or height, one more than the record before |
/// | 4 | group |
/// | 1 | kind, as the caller named it |
/// | 1 | role: 0 for a caller's record, 1 for the journal's release mark |
/// | 2 | zero |
/// | 4 | CRC-32C of the above |
///
/// All integers are little-endian. The header has a checksum of its own so that its length can be trusted: where a
/// payload is damaged, it is known where the next record must start, and nothing has to be guessed from bytes that
/// clients may have chosen.
struct RecordHeader: Hashable {
    static let byteCount = 28

    var length: Int
    var payloadChecksum: UInt32
    var number: UInt64
    var group: UInt32
    var kind: UInt8
    var role: UInt8

    static let callersRole: UInt8 = 0
    static let releaseRole: UInt8 = 1

    init(payload: [UInt8], number: UInt64, group: UInt32, kind: UInt8, role: UInt8 = callersRole) {
        length = payload.count
        payloadChecksum = Checksum.crc32c(payload)
        (self.number, self.group, self.kind, self.role) = (number, group, kind, role)
    }

    /// The header at `offset`, whether or not its checksum holds; the caller has checked that the bytes are there.
    private init(unchecked bytes: [UInt8], at offset: Int) {
        length = Int(loadLittleEndian(bytes, at: offset, as: UInt32.self))
        payloadChecksum = loadLittleEndian(bytes, at: offset + 4)
        number = loadLittleEndian(bytes, at: offset + 8)
        group = loadLittleEndian(bytes, at: offset + 16)
        kind = bytes[offset + 20]
        role = bytes[offset + 21]
    }

    /// The header at `offset`, and whether its own checksum holds.
    static func read(_ bytes: [UInt8], at offset: Int) -> (header: RecordHeader, isWhole: Bool) {
        let stored: UInt32 = loadLittleEndian(bytes, at: offset + 24)
        let isWhole = Checksum.crc32c(bytes, in: offset..<offset + 24) == stored
        return (RecordHeader(unchecked: bytes, at: offset), isWhole)
    }

    func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        appendLittleEndian(UInt32(length), to: &bytes)
        appendLittleEndian(payloadChecksum, to: &bytes)
        appendLittleEndian(number, to: &bytes)
        appendLittleEndian(group, to: &bytes)
        bytes.append(kind)
        bytes.append(role)
        appendLittleEndian(UInt16(0), to: &bytes)
        appendLittleEndian(Checksum.crc32c(bytes, in: start..<bytes.count), to: &bytes)
    }
}
