internal import Primitives

/// A deadline that moves, kept by timers that can't be taken back: one is set only if none fires in time, and those that
/// a sooner one has replaced are passed over.
struct MovingDeadline: Sendable {
    /// Nil if nothing is waited for.
    private(set) var instant: Instant?
    private var timer: (token: EngineToken, firesAt: Instant)?

    enum Firing {
        /// A timer of before.
        case stale
        /// The deadline has moved on.
        case early
        case due
    }

    mutating func clear() { instant = nil }

    /// Moves the deadline; gives after how many milliseconds a timer must fire, unless one does by then.
    mutating func move(to deadline: Instant, at now: Instant) -> UInt64? {
        instant = deadline
        if let timer, timer.firesAt <= deadline { return nil }
        return (deadline.nanoseconds - min(deadline.nanoseconds, now.nanoseconds) + 999_999) / 1_000_000
    }

    /// Takes note of the timer that `move` demanded.
    mutating func set(_ token: EngineToken, afterMilliseconds milliseconds: UInt64, at now: Instant) {
        timer = (token, now.advanced(byMilliseconds: milliseconds))
    }

    mutating func fired(_ token: EngineToken, at now: Instant) -> Firing {
        guard timer?.token == token else { return .stale }
        timer = nil
        guard let instant else { return .stale }
        return now < instant ? .early : .due
    }
}
