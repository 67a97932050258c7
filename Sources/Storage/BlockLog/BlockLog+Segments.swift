// What the index of a log needs: which blocks change no more, and all blocks in a row.
extension BlockLog {
    /// The highest block in a segment that gets no further records; nil if there is none. Ascends as blocks are
    /// synced, and all blocks up to it are durable.
    package var sealedHeight: UInt64? {
        guard let newest = segments.last else { return nil }
        if writer.startsSegment { return durableHeight }
        return segments.count > 1 ? newest.first - 1 : nil
    }

    /// What `read(height:through:)` has read ahead. Begin with an empty one; it serves one log.
    package struct Window {
        fileprivate var segment: Int?
        fileprivate var bytes = ReadWindow()

        package init() {}
    }

    /// As `read(height:)`, for who goes through many heights in order: reads ahead in large pieces.
    package func read(height: UInt64, through window: inout Window) throws(StorageError) -> [UInt8]? {
        guard let heights, heights.contains(height), height < writer.durableNext else {
            return try read(height: height)
        }
        let index = segmentIndex(of: height)
        if window.segment != index {
            window = Window()
            window.segment = index
        }
        return try read(height, in: segments[index], through: &window.bytes)
    }
}
