/// Whether those who are behind when the network is well hold in time what others held then: only observes.
struct CatchUpChecker {
    /// How far behind a node is.
    struct Lag: Hashable {
        let process: Int
        let place: Int
        let since: UInt64
        /// Up to where it must have blocks.
        let height: UInt64
        let blockCount: UInt64
        let epochCount: UInt64
        /// Whether it has no state yet, and joins.
        let joins: Bool
        let deadline: UInt64
    }

    private var lags: [Lag] = []
    /// When the first of them is late.
    private var soonest = UInt64.max
    /// Of those who had a state, and of those who joined.
    private(set) var longestNanoseconds: UInt64 = 0
    private(set) var longestJoiningNanoseconds: UInt64 = 0

    mutating func begin(_ lag: Lag) {
        lags.append(lag)
        noteSoonest()
    }

    /// A process has blocks up to a height in its log.
    mutating func holds(_ height: UInt64, by process: Int, at nanoseconds: UInt64) {
        guard !lags.isEmpty else { return }
        for lag in lags where lag.process == process && height >= lag.height {
            let duration = nanoseconds - lag.since
            if lag.joins {
                longestJoiningNanoseconds = max(longestJoiningNanoseconds, duration)
            } else {
                longestNanoseconds = max(longestNanoseconds, duration)
            }
        }
        lags.removeAll { $0.process == process && height >= $0.height }
        noteSoonest()
    }

    /// A process is gone for good.
    mutating func forget(_ process: Int) {
        lags.removeAll { $0.process == process }
        noteSoonest()
    }

    private mutating func noteSoonest() { soonest = lags.lazy.map(\.deadline).min() ?? .max }

    /// Who is late by now.
    func late(at nanoseconds: UInt64) -> Lag? {
        guard nanoseconds > soonest else { return nil }
        return lags.first { nanoseconds > $0.deadline }
    }
}
