/// Sorted rows of consecutive blocks in memory.
final class IndexChunk: Sendable {
    let heights: ClosedRange<UInt64>
    /// Ascending, each once.
    let rows: [IndexRow]
    private let directory: RowDirectory

    /// Takes the rows of `heights`, those of one key in the order of their positions.
    init(heights: ClosedRange<UInt64>, rows unsorted: [IndexRow]) {
        self.heights = heights
        var rows = unsorted
        var directory = RowSorter.sort(&rows)
        if Self.removeRepeated(&rows) { directory = RowDirectory(rows) }
        self.rows = rows
        self.directory = directory
    }

    /// Joins neighbouring chunks, at least one, oldest first.
    convenience init(merging chunks: ArraySlice<IndexChunk>) {
        var rows: [IndexRow] = []
        rows.reserveCapacity(chunks.reduce(0) { $0 + $1.rows.count })
        for chunk in chunks { rows.append(contentsOf: chunk.rows) }
        let first = chunks[chunks.startIndex].heights.lowerBound
        self.init(heights: first...chunks[chunks.endIndex - 1].heights.upperBound, rows: rows)
    }

    /// How many distinct keys there are. Counts them.
    var keyCount: Int {
        var count = 0
        for index in rows.indices where index == 0 || rows[index].key != rows[index - 1].key { count += 1 }
        return count
    }

    private init(heights: ClosedRange<UInt64>, ascending rows: [IndexRow]) {
        self.heights = heights
        self.rows = rows
        directory = RowDirectory(rows)
    }

    /// The parts up to `height` and after it, if it holds both; else itself.
    func divided(after height: UInt64) -> [IndexChunk] {
        guard heights.contains(height), height < heights.upperBound else { return [self] }
        let end = IndexPosition(height: height, index: nil)
        return [
            IndexChunk(heights: heights.lowerBound...height, ascending: rows.filter { $0.position <= end }),
            IndexChunk(heights: height + 1...heights.upperBound, ascending: rows.filter { $0.position > end }),
        ]
    }

    func find(_ query: IndexQuery, into result: inout [IndexPosition]) {
        query.take(from: rows, in: directory.range(of: query.key), into: &result)
    }

    /// Whether there were any.
    private static func removeRepeated(_ rows: inout [IndexRow]) -> Bool {
        var kept = 0
        for index in rows.indices where index == 0 || rows[index] != rows[kept - 1] {
            if kept != index { rows[kept] = rows[index] }
            kept += 1
        }
        let removes = kept < rows.count
        rows.removeLast(rows.count - kept)
        return removes
    }
}
