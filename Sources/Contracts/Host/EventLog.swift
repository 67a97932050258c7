internal import Ledger
internal import Primitives

/// The events of a transaction so far, coded one behind the other as its receipt will hold them.
struct EventLog {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    /// A point to which events can be undone.
    struct Mark { fileprivate let count, byteCount: Int }

    var mark: Mark { Mark(count: count, byteCount: bytes.count) }

    mutating func rollBack(to mark: Mark) {
        bytes.removeSubrange(mark.byteCount...)
        count = mark.count
    }

    /// Begins anew, in the same memory.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Appends what `Event` would be coded as.
    mutating func append(contract: Address, name: String, topics: Span<Digest>, data: [UInt8]) {
        // The encoder takes the array and gives it back, so that it grows in place.
        var encoder = CanonicalEncoder(continuing: bytes)
        bytes = []
        encoder.encode(contract)
        encoder.encode(name)
        encoder.encode(length: topics.count)
        for index in topics.indices { encoder.encode(topics[index]) }
        encoder.encode(bytes: data)
        swap(&bytes, &encoder.bytes)
        count += 1
    }
}
