/// A reading of a monotonic clock, in nanoseconds since an arbitrary start. Never hashed, voted or stored.
package struct Instant: Hashable, Comparable, Sendable {
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The reading after so many milliseconds; the last one that there is if that lies beyond it, so that a delay of
    /// any length never ends in the past.
    package func advanced(byMilliseconds milliseconds: UInt64) -> Instant {
        let (delay, isDelayTooLong) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, isSumTooLarge) = nanoseconds.addingReportingOverflow(delay)
        return Instant(nanoseconds: isDelayTooLong || isSumTooLarge ? .max : sum)
    }
}

/// Milliseconds since the Unix epoch: block times and expiries.
package struct Timestamp: Hashable, Comparable, Sendable, CanonicalCodable, CustomStringConvertible {
    /// The latest time there is: what every JSON reader can hold exactly, and far from any overflow.
    package static let millisecondsMax: UInt64 = 1 << 53

    package let milliseconds: UInt64

    /// A later time than there is becomes the latest.
    package init(milliseconds: UInt64) { self.milliseconds = min(milliseconds, Self.millisecondsMax) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    package var description: String { "\(milliseconds) ms" }

    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(milliseconds) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        milliseconds = try decoder.decode()
        guard milliseconds <= Self.millisecondsMax else {
            throw CodingError(.invalid("a time of \(milliseconds) ms"), at: start)
        }
    }
}

/// A reading of the node's clocks, given with every input.
package struct ClockReading: Sendable {
    package let monotonic: Instant
    package let wall: Timestamp

    package init(monotonic: Instant, wall: Timestamp) {
        self.monotonic = monotonic
        self.wall = wall
    }
}
