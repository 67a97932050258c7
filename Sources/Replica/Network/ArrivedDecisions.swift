/// Decisions that peers, or this node's own log, gave and whose turn has not come. Nobody has checked them.
struct ArrivedDecisions: Sendable {
    private struct Entry: Sendable {
        let record: DecisionRecord
        /// 0 for the own log's.
        let byteCount: Int
    }

    /// Ascending by number, each once.
    private var entries: [Entry] = []
    private var byteCount = 0

    /// Of this node's log, ascending.
    init(logged records: [DecisionRecord]) { entries = records.map { Entry(record: $0, byteCount: 0) } }

    var isEmpty: Bool { entries.isEmpty }

    subscript(number: UInt64) -> DecisionRecord? { entries.first { $0.record.number == number }?.record }

    /// Takes a peer's in, unless there is no room; the next decision has room always.
    mutating func insert(_ record: DecisionRecord, byteCount: Int, isNext: Bool) {
        let index = entries.firstIndex { $0.record.number >= record.number } ?? entries.endIndex
        if index < entries.endIndex, entries[index].record.number == record.number {
            guard entries[index].byteCount > 0 else { return }
            self.byteCount -= entries.remove(at: index).byteCount
        }
        guard isNext || self.byteCount + byteCount <= ReplicaLimits.arrivedByteCountMax else { return }
        entries.insert(Entry(record: record, byteCount: max(1, byteCount)), at: index)
        self.byteCount += max(1, byteCount)
    }

    mutating func remove(_ number: UInt64) -> DecisionRecord? {
        guard let index = entries.firstIndex(where: { $0.record.number == number }) else { return nil }
        let entry = entries.remove(at: index)
        byteCount -= entry.byteCount
        return entry.record
    }

    /// Lets go of what peers gave: others are asked now, as those may have lied.
    mutating func forgetPeers() {
        entries.removeAll { $0.byteCount > 0 }
        byteCount = 0
    }
}
