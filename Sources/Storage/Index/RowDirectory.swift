/// Where the rows of each stretch of keys stand in a sorted array: the stretches, or buckets, divide the range of the
/// keys into equal parts.
struct RowDirectory: Sendable {
    private let lowestKey: UInt64
    /// By how much a key's distance from the lowest one is shifted to give its bucket.
    private let shift: UInt64
    /// Where each bucket starts, and at last where the last one ends.
    private(set) var starts: [UInt32]

    /// Of rows in any order. About eight to sixteen evenly spread ones share a bucket.
    init(_ rows: [IndexRow]) {
        let source = rows.span
        var (lowest, highest) = (rows.first?.key.rawValue ?? 0, rows.first?.key.rawValue ?? 0)
        for index in source.indices {
            lowest = min(lowest, source[index].key.rawValue)
            highest = max(highest, source[index].key.rawValue)
        }
        lowestKey = lowest
        let wantedBits = max(1, min(StorageLimits.indexDirectoryBitsMax, Self.bitCount(of: rows.count / 8)))
        shift = UInt64(max(0, Self.bitCount(of: highest - lowest) - wantedBits))
        starts = [UInt32](repeating: 0, count: Int((highest - lowest) >> shift) + 2)
        for index in source.indices { starts[bucket(of: source[index].key) + 1] &+= 1 }
        for bucket in 1..<starts.count { starts[bucket] &+= starts[bucket - 1] }
    }

    private static func bitCount(of value: some FixedWidthInteger) -> Int {
        type(of: value).bitWidth - value.leadingZeroBitCount
    }

    var bucketCount: Int { starts.count - 1 }

    /// The bucket of a key that is one of the rows'.
    @inline(__always)
    func bucket(of key: IndexKey) -> Int { Int(truncatingIfNeeded: (key.rawValue &- lowestKey) &>> shift) }

    @inline(__always)
    func range(ofBucket bucket: Int) -> Range<Int> { Int(starts[bucket])..<Int(starts[bucket + 1]) }

    /// Where rows with any key stand, if there are some.
    func range(of key: IndexKey) -> Range<Int> {
        guard key.rawValue >= lowestKey, (key.rawValue - lowestKey) &>> shift < UInt64(bucketCount) else {
            return 0..<0
        }
        return range(ofBucket: bucket(of: key))
    }
}
