/// What will happen, by virtual time; of the same time in the order in which it was asked for.
///
/// A binary heap of small keys; what they stand for lies still in slots.
struct EventQueue<Event> {
    private struct Key {
        let nanoseconds: UInt64
        let order: UInt64
        let slot: Int

        func precedes(_ other: Key) -> Bool {
            nanoseconds == other.nanoseconds ? order < other.order : nanoseconds < other.nanoseconds
        }
    }

    private var heap: [Key] = []
    private var slots: [Event?] = []
    private var free: [Int] = []
    private var nextOrder: UInt64 = 0

    var count: Int { heap.count }

    mutating func insert(_ event: Event, at nanoseconds: UInt64) {
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            slots[slot] = event
        } else {
            slot = slots.count
            slots.append(event)
        }
        heap.append(Key(nanoseconds: nanoseconds, order: nextOrder, slot: slot))
        nextOrder += 1
        siftUp(heap.count - 1)
    }

    var firstNanoseconds: UInt64? { heap.first?.nanoseconds }

    mutating func popFirst() -> (nanoseconds: UInt64, event: Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        guard let event = slots[first.slot].take() else { preconditionFailure("an event is in its slot") }
        free.append(first.slot)
        return (first.nanoseconds, event)
    }

    private mutating func siftUp(_ start: Int) {
        let key = heap[start]
        var index = start
        while index > 0, key.precedes(heap[(index - 1) / 2]) {
            heap[index] = heap[(index - 1) / 2]
            index = (index - 1) / 2
        }
        heap[index] = key
    }

    private mutating func siftDown() {
        let key = heap[0]
        var index = 0
        while 2 * index + 1 < heap.count {
            var child = 2 * index + 1
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(key) else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = key
    }
}
