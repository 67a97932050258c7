internal import Primitives

/// Finds out when this machine's clock and the time of the chain are apart, which others' clocks make.
struct ClockWatch {
    /// Since when blocks come whose time is not now; nil if the last one's was.
    private var since: Instant?
    private var toldAt: Instant?

    /// A block is committed. Gives back by how many milliseconds this clock is ahead, if its operator should hear of it.
    ///
    /// One old block may be what this node had missed. So blocks must have come for a while that are not of now, to a node
    /// that lacks few.
    mutating func look(_ blockTime: Timestamp, isLevel: Bool, _ now: ClockReading) -> Int64? {
        let ahead = Int64(clamping: now.wall.milliseconds) - Int64(clamping: blockTime.milliseconds)
        guard isLevel, ahead.magnitude > NodeLimits.clockDifferenceMilliseconds else {
            since = nil
            return nil
        }
        guard let since else {
            since = now.monotonic
            return nil
        }
        guard now.monotonic >= since.advanced(byMilliseconds: NodeLimits.clockLookMilliseconds) else { return nil }
        let pause = NodeLimits.clockNoticePauseMilliseconds
        if let toldAt, now.monotonic < toldAt.advanced(byMilliseconds: pause) { return nil }
        toldAt = now.monotonic
        return ahead
    }
}
