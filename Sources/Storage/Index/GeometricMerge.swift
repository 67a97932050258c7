/// Which neighbours in a list of sorted pieces, oldest first, are merged next.
///
/// Pieces have levels, each holding four times the rows of the one below. Four pieces of one level in a row become
/// one of the next; a piece takes up the smaller ones that stand before it. So levels never ascend along the list, at
/// most three pieces share one, and a row is written about once a level.
enum GeometricMerge {
    private static let factor = 4

    /// The first range that is due; nil if none is. What would have more than `rowsMax` rows stays as it is.
    static func next(_ rowCounts: [Int], rowsMax: Int) -> Range<Int>? {
        let levels = rowCounts.map(level)
        for end in levels.indices {
            guard let start = start(ofMergeEndingAt: end, levels) else { continue }
            if rowCounts[start...end].reduce(0, +) <= rowsMax { return start..<end + 1 }
        }
        return nil
    }

    private static func start(ofMergeEndingAt end: Int, _ levels: [Int]) -> Int? {
        var start = end
        while start > 0, levels[start - 1] < levels[end] { start -= 1 }
        if start < end { return start }
        while start > 0, levels[start - 1] == levels[end], end - start + 1 < factor { start -= 1 }
        return end - start + 1 == factor ? start : nil
    }

    /// The logarithm of the number of rows to the base four.
    private static func level(_ rowCount: Int) -> Int {
        (Int.bitWidth - 1 - max(rowCount, 1).leadingZeroBitCount) / 2
    }
}
