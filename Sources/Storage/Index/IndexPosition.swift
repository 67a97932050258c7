/// A place in a group's chain: a transaction in a block, or a block as a whole. Ascending is chronological.
///
/// The height stands in the upper 44 bits, the transaction's index in the lower 20; all ones there, the last place of
/// its height, is the block as a whole.
package struct IndexPosition: RawRepresentable, Hashable, Comparable, Sendable {
    package static let indexBitCount = 20
    /// The highest transaction's index in a block.
    package static let indexMax = UInt32(1) << indexBitCount - 2
    package static let heightMax = UInt64(1) << (64 - indexBitCount) - 1
    private static let wholeBlock = UInt64(1) << indexBitCount - 1

    package static let lowest = IndexPosition(rawValue: 0)
    package static let highest = IndexPosition(rawValue: .max)

    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Parameter index: the transaction's; nil for the block as a whole.
    package init(height: UInt64, index: UInt32?) {
        precondition(height <= Self.heightMax && index ?? 0 <= Self.indexMax)
        rawValue = height << UInt64(Self.indexBitCount) | (index.map(UInt64.init) ?? Self.wholeBlock)
    }

    package var height: UInt64 { rawValue >> UInt64(Self.indexBitCount) }

    /// The transaction's index in its block; nil for the block as a whole.
    package var index: UInt32? {
        let index = rawValue & Self.wholeBlock
        return index == Self.wholeBlock ? nil : UInt32(index)
    }

    /// The next place, where an ascending look-up goes on after this one.
    package var successor: IndexPosition? { rawValue == .max ? nil : IndexPosition(rawValue: rawValue + 1) }

    /// The place before, where a descending look-up goes on after this one.
    package var predecessor: IndexPosition? { rawValue == 0 ? nil : IndexPosition(rawValue: rawValue - 1) }

    /// All places in these blocks. Heights above the highest possible one count as that.
    package static func all(in heights: ClosedRange<UInt64>) -> ClosedRange<IndexPosition> {
        let lower = IndexPosition(rawValue: min(heights.lowerBound, heightMax) << UInt64(indexBitCount))
        return lower...IndexPosition(height: min(heights.upperBound, heightMax), index: nil)
    }

    package static func < (left: IndexPosition, right: IndexPosition) -> Bool { left.rawValue < right.rawValue }
}
