/// How long to wait before a peer is called again: doubled after each failure, with a random part, so that nodes that
/// failed together do not come back together. A value.
package struct DialBackoff: Sendable {
    package let firstMilliseconds, lastMilliseconds: UInt64
    package private(set) var failures = 0

    package init(firstMilliseconds: UInt64, lastMilliseconds: UInt64) {
        precondition(firstMilliseconds > 0 && firstMilliseconds <= lastMilliseconds)
        (self.firstMilliseconds, self.lastMilliseconds) = (firstMilliseconds, lastMilliseconds)
    }

    /// After a failure: the wait, between half of the full one and all of it.
    package mutating func fail(using generator: inout some RandomNumberGenerator) -> UInt64 {
        let doublings = min(failures, 30)
        failures += 1
        let full = min(firstMilliseconds << UInt64(doublings), lastMilliseconds)
        return UInt64.random(in: (full + 1) / 2...full, using: &generator)
    }

    /// A connection has held: the next failure is a first one.
    package mutating func reset() { failures = 0 }
}
