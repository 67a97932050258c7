/// In which order positions are wanted.
package enum IndexOrder: Hashable, Sendable {
    /// Oldest first.
    case ascending
    /// Newest first.
    case descending
}

/// What a look-up asks for.
struct IndexQuery {
    let key: IndexKey
    let positions: ClosedRange<IndexPosition>
    let order: IndexOrder
    let limit: Int

    var lowest: IndexRow { IndexRow(key: key, position: positions.lowerBound) }
    var highest: IndexRow { IndexRow(key: key, position: positions.upperBound) }

    /// Whether rows of these heights can be among the answers.
    func meets(_ heights: ClosedRange<UInt64>) -> Bool { IndexPosition.all(in: heights).overlaps(positions) }

    /// Adds what `rows[range]`, which ascends, holds of the answer.
    func take(from rows: [IndexRow], in range: Range<Int>, into result: inout [IndexPosition]) {
        let start = rows.lowerBound(of: lowest, in: range)
        guard start < range.upperBound, rows[start].key == key else { return }
        let found = start..<rows.upperBound(of: highest, in: start..<range.upperBound)
        let count = min(found.count, limit - result.count)
        switch order {
        case .ascending: for index in found.prefix(count) { result.append(rows[index].position) }
        case .descending: for index in found.suffix(count).reversed() { result.append(rows[index].position) }
        }
    }
}
