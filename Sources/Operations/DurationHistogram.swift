internal import Synchronization

/// How long something took, each time: how often in all and below certain bounds, from any thread.
package final class DurationHistogram: Sendable {
    /// What was counted up to a moment.
    package struct Counts: Hashable, Sendable {
        /// For each bound how many took as long or less, but longer than the bound before; last those above all bounds.
        package var buckets = [UInt64](repeating: 0, count: DurationHistogram.boundsMicroseconds.count + 1)
        package var nanoseconds: UInt64 = 0

        package var count: UInt64 { buckets.reduce(0, +) }
    }

    /// From a tenth of a millisecond to ten seconds.
    package static let boundsMicroseconds: [UInt64] = [
        100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000, 10_000_000,
    ]

    private let state = Mutex(Counts())

    package init() {}

    package var counts: Counts { state.withLock { $0 } }

    package func record(nanoseconds: UInt64) {
        let bucket =
            Self.boundsMicroseconds.firstIndex { nanoseconds <= $0 * 1000 } ?? Self.boundsMicroseconds.count
        state.withLock { counts in
            counts.buckets[bucket] += 1
            counts.nanoseconds &+= nanoseconds
        }
    }
}
