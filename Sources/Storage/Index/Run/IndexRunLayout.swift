/// A run is `<first height>-<last height>.run`: its rows, ascending, in blocks of 4 KiB; the fences, which are each
/// block's first row and then each block's CRC-32C; the filter; the footer. So every byte is under a checksum, and a
/// block can be read and checked alone.
enum IndexRunLayout {
    static let blockByteCount = 4096
    static let rowsPerBlock = blockByteCount / IndexRowCoding.byteCount
    static let fenceByteCount = IndexRowCoding.byteCount + 4

    private static let suffix = ".run"
    /// What is being written has this after its name.
    static let unfinishedSuffix = ".new"

    static func name(_ heights: ClosedRange<UInt64>) -> String {
        SegmentName.name(first: heights.lowerBound, "-")
            + SegmentName.name(first: heights.upperBound, suffix)
    }

    /// The heights that a run's name holds; nil for other files.
    static func heights(of name: String) -> ClosedRange<UInt64>? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, name.hasSuffix(suffix), let first = UInt64(parts[0]),
            let last = UInt64(parts[1].dropLast(suffix.count)), first <= last, self.name(first...last) == name
        else { return nil }
        return first...last
    }
}
