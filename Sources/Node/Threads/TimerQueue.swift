internal import Primitives
internal import Replica

/// A replica's timers, by when they are due; of those that are due together the first that was set comes first.
struct TimerQueue {
    private struct Entry {
        let due: Instant
        let number: UInt64
        let token: WorkToken

        func isBefore(_ other: Entry) -> Bool { (due, number) < (other.due, other.number) }
    }

    /// A binary heap.
    private var heap: [Entry] = []
    private var count: UInt64 = 0

    /// When the next one is due.
    var next: Instant? { heap.first?.due }

    mutating func insert(_ token: WorkToken, at due: Instant) {
        count += 1
        heap.append(Entry(due: due, number: count, token: token))
        var index = heap.count - 1
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Takes out the next one, if it is due.
    mutating func popDue(at now: Instant) -> WorkToken? {
        guard let first = heap.first, first.due <= now, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first.token }
        heap[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
                if heap[child].isBefore(heap[least]) { least = child }
            }
            guard least != index else { return first.token }
            heap.swapAt(index, least)
            index = least
        }
    }
}
