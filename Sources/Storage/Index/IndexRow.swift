/// One line of the index: something with this key is at this position. Ordered by key, then position.
package struct IndexRow: Hashable, Comparable, Sendable {
    package let key: IndexKey
    package let position: IndexPosition

    package init(key: IndexKey, position: IndexPosition) { (self.key, self.position) = (key, position) }

    static let zero = IndexRow(key: IndexKey(rawValue: 0), position: .lowest)

    package static func < (left: IndexRow, right: IndexRow) -> Bool {
        left.key == right.key ? left.position < right.position : left.key < right.key
    }
}

extension [IndexRow] {
    /// The first place in `range`, whose rows ascend, with a row of at least `row`; the range's end if there is none.
    func lowerBound(of row: IndexRow, in range: Range<Int>) -> Int {
        var range = range
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = self[middle] < row ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    /// The first place in `range`, whose rows ascend, with a row above `row`; the range's end if there is none.
    func upperBound(of row: IndexRow, in range: Range<Int>) -> Int {
        var range = range
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = row < self[middle] ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }
}

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
