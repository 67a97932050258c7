internal import Glibc
package import Primitives

/// The clocks of the machine.
package enum SystemClock {
    package static var now: ClockReading { ClockReading(monotonic: monotonic, wall: wall) }

    package static var monotonic: Instant {
        let time = reading(of: CLOCK_MONOTONIC)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    package static var wall: Timestamp {
        let time = reading(of: CLOCK_REALTIME)
        return Timestamp(milliseconds: UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec) / 1_000_000)
    }

    private static func reading(of clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
