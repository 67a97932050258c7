internal import Primitives

/// Blocks of digests within one array, so that pages come, grow and go without an allocation each.
struct DigestBlocks: Sendable {
    /// All blocks. A block's digests are at and above its start. The first digests belong to none and are zero.
    var digests: [Digest] = Array(repeating: .zero, count: step)
    /// The starts of free blocks, by size.
    private var free: [[UInt32]] = Array(repeating: [], count: sizeMax + 1)

    /// Sizes are multiples of this many digests.
    private static let step = 4
    /// Where a zero digest stands.
    static let zeroPlace: UInt32 = 0
    private static let sizeMax = (TreePageShape.digestCountMax + step - 1) / step

    private static func size(_ count: Int) -> Int { (count + step - 1) / step }

    /// The start of a block for so many digests. What stands in it is left from before.
    mutating func allocate(_ count: Int) -> UInt32 {
        let size = Self.size(count)
        if let start = free[size].popLast() { return start }
        let start = UInt32(digests.count)
        for _ in 0..<size * Self.step { digests.append(.zero) }
        return start
    }

    mutating func release(_ start: UInt32, _ count: Int) { free[Self.size(count)].append(start) }
}
