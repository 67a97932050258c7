/// Rows as files hold them: key and position, eight little-endian bytes each.
enum IndexRowCoding {
    static let byteCount = 16

    static func append(_ rows: some Collection<IndexRow>, to bytes: inout [UInt8]) {
        let count = rows.count
        let encoded = [UInt8](unsafeUninitializedCapacity: count * byteCount) { buffer, initialized in
            // Each row has its own sixteen bytes of the buffer, and all of them are written.
            let raw = UnsafeMutableRawBufferPointer(buffer)
            var offset = 0
            for row in rows {
                raw.storeBytes(of: row.key.rawValue.littleEndian, toByteOffset: offset, as: UInt64.self)
                raw.storeBytes(of: row.position.rawValue.littleEndian, toByteOffset: offset + 8, as: UInt64.self)
                offset += byteCount
            }
            initialized = offset
        }
        bytes.append(contentsOf: encoded)
    }

    /// The rows in `bytes[range]`, which is a multiple of a row's length.
    static func append(_ bytes: [UInt8], in range: Range<Int>, to rows: inout [IndexRow]) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count && range.count % byteCount == 0)
        rows.reserveCapacity(rows.count + range.count / byteCount)
        bytes.withUnsafeBytes { raw in
            // The range lies within the array, and each load within the range.
            for offset in stride(from: range.lowerBound, to: range.upperBound, by: byteCount) {
                let key = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let position = raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
                rows.append(
                    IndexRow(
                        key: IndexKey(rawValue: UInt64(littleEndian: key)),
                        position: IndexPosition(rawValue: UInt64(littleEndian: position))))
            }
        }
    }
}
