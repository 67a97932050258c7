/// How long a node that has ended rests before it is started again: twice as long each time, as at first once it has
/// run for long enough. A value.
struct RestartBackoff: Hashable, Sendable {
    private(set) var failures: UInt64 = 0

    /// After the end of a node that has run for so long: the rest, in milliseconds.
    mutating func end(afterMilliseconds run: UInt64) -> UInt64 {
        if run >= NetworkLimits.restartForgivenMilliseconds { failures = 0 }
        // Beyond so many doublings the limit counts in any case.
        let doublings = min(failures, 30)
        failures += 1
        return min(NetworkLimits.restartMilliseconds << doublings, NetworkLimits.restartMillisecondsMax)
    }
}
