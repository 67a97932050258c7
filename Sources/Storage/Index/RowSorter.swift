/// Sorts rows by key. Rows of one key keep their order: they come in that of their positions.
///
/// One pass spreads the rows over the buckets of a directory; a bucket is then sorted by insertion, or, where
/// many rows share it, by its keys' remaining bytes (least significant digit first), so that no choice of keys makes
/// it slow.
enum RowSorter {
    private static let insertionRowsMax = 48

    @discardableResult
    static func sort(_ rows: inout [IndexRow]) -> RowDirectory {
        let directory = RowDirectory(rows)
        var sorted = [IndexRow](repeating: .zero, count: rows.count)
        var target = sorted.mutableSpan
        spread(rows.span, over: directory, into: &target)
        var other = rows.mutableSpan
        for bucket in 0..<directory.bucketCount {
            let range = directory.range(ofBucket: bucket)
            if range.count <= insertionRowsMax {
                sortByInsertion(&target, range)
            } else {
                sortByDigits(&target, &other, range)
            }
        }
        rows = sorted
        return directory
    }

    private static func spread(
        _ source: Span<IndexRow>, over directory: RowDirectory, into target: inout MutableSpan<IndexRow>
    ) {
        var starts = directory.starts
        var next = starts.mutableSpan
        for index in source.indices {
            let row = source[index]
            let bucket = directory.bucket(of: row.key)
            let place = next[bucket]
            target[Int(place)] = row
            next[bucket] = place &+ 1
        }
    }

    @inline(__always)
    private static func sortByInsertion(_ rows: inout MutableSpan<IndexRow>, _ range: Range<Int>) {
        var index = range.lowerBound + 1
        while index < range.upperBound {
            let row = rows[index]
            var place = index
            while place > range.lowerBound, row.key < rows[place - 1].key {
                rows[place] = rows[place - 1]
                place -= 1
            }
            rows[place] = row
            index += 1
        }
    }

    /// `other` serves as room for as many rows; what it held in the range is lost.
    private static func sortByDigits(
        _ rows: inout MutableSpan<IndexRow>, _ other: inout MutableSpan<IndexRow>, _ range: Range<Int>
    ) {
        let first = rows[range.lowerBound].key.rawValue
        var varying: UInt64 = 0
        for index in range { varying |= rows[index].key.rawValue ^ first }
        var isInOther = false
        for shift in stride(from: 0 as UInt64, to: 64, by: 8) where varying >> shift & 0xFF != 0 {
            if isInOther {
                spread(&other, into: &rows, range, byDigitAt: shift)
            } else {
                spread(&rows, into: &other, range, byDigitAt: shift)
            }
            isInOther.toggle()
        }
        guard isInOther else { return }
        for index in range { rows[index] = other[index] }
    }

    private static func spread(
        _ source: inout MutableSpan<IndexRow>, into target: inout MutableSpan<IndexRow>, _ range: Range<Int>,
        byDigitAt shift: UInt64
    ) {
        var next = [Int](repeating: 0, count: 257)
        for index in range { next[Int(source[index].key.rawValue >> shift & 0xFF) + 1] += 1 }
        next[0] = range.lowerBound
        for digit in 1...256 { next[digit] += next[digit - 1] }
        for index in range {
            let row = source[index]
            let digit = Int(row.key.rawValue >> shift & 0xFF)
            target[next[digit]] = row
            next[digit] += 1
        }
    }
}
