/// A node's line in one direction, on which messages are carried one at a time, at one speed.
///
/// One that comes while nothing is on the line goes first, even if a later one has its time already: that one has not
/// arrived yet.
struct Line {
    /// When it is taken, from now on: ascending.
    private var taken: [Range<UInt64>] = []

    init() {}

    /// Takes so much time of the line from `start` on, in all its gaps, and gives when that is done. Nobody asks for
    /// anything before `now` any more.
    mutating func carry(for duration: UInt64, from start: UInt64, at now: UInt64) -> UInt64 {
        taken.removeFirst(taken.prefix { $0.upperBound <= now }.count)
        guard duration > 0 else { return start }
        let first = taken.firstIndex { $0.upperBound >= start } ?? taken.endIndex
        var (end, rest, next) = (start, duration, first)
        while next < taken.endIndex, taken[next].lowerBound < end + rest {
            let gap = taken[next].lowerBound - min(end, taken[next].lowerBound)
            rest -= gap
            end = max(end, taken[next].upperBound)
            next += 1
        }
        end += rest
        // All of it is taken now.
        let begin = first < next ? min(start, taken[first].lowerBound) : start
        taken.replaceSubrange(first..<next, with: CollectionOfOne(begin..<end))
        return end
    }
}
