/// What this node has signed of its executions, ascending by height, one of each.
package struct OwnResults: Sendable {
    private struct Entry: Sendable {
        let result: OwnResult
        var isDurable: Bool
    }

    private var entries: [Entry] = []

    package init() {}

    package var all: [OwnResult] { entries.map(\.result) }

    package subscript(height: UInt64) -> OwnResult? { entries.first { $0.result.height == height }?.result }

    /// What may be told.
    func durable(at height: UInt64) -> OwnResult? {
        entries.first { $0.result.height == height && $0.isDurable }?.result
    }

    /// The first one of a height stays.
    mutating func insert(_ result: OwnResult, isDurable: Bool) {
        let index = entries.firstIndex { $0.result.height >= result.height } ?? entries.endIndex
        if index < entries.endIndex, entries[index].result.height == result.height { return }
        entries.insert(Entry(result: result, isDurable: isDurable), at: index)
    }

    mutating func markDurable(at height: UInt64) {
        if let index = entries.firstIndex(where: { $0.result.height == height }) { entries[index].isDurable = true }
    }

    mutating func forget(upTo height: UInt64) { entries.removeAll { $0.result.height <= height } }
}
