/// The first row of each block of a run, and each block's checksum: what is held in memory to find a block.
struct IndexFences: Sendable {
    private(set) var firsts: [IndexRow] = []
    private(set) var checksums: [UInt32] = []

    init() {}

    mutating func append(first row: IndexRow) { firsts.append(row) }
    mutating func append(checksum: UInt32) { checksums.append(checksum) }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(firsts.count * IndexRunLayout.fenceByteCount)
        IndexRowCoding.append(firsts, to: &bytes)
        for checksum in checksums { appendLittleEndian(checksum, to: &bytes) }
        return bytes
    }

    init(bytes: [UInt8], blockCount: Int) {
        let end = blockCount * IndexRowCoding.byteCount
        IndexRowCoding.append(bytes, in: 0..<end, to: &firsts)
        checksums = (0..<blockCount).map { loadLittleEndian(bytes, at: end + 4 * $0) }
    }

    /// The last block that starts at or before `row`; nil if all start after it.
    func block(before row: IndexRow) -> Int? {
        let after = firsts.upperBound(of: row, in: firsts.indices)
        return after == 0 ? nil : after - 1
    }
}
