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
