/// Which incoming connections are taken: bounded in all, by address, and while their handshakes are under way, so that
/// whoever only connects can't keep those away who are admitted. A value, with the time as an input.
package struct InboundGate: Sendable {
    package struct Bounds: Sendable {
        package var connectionsMax = 256
        package var connectionsPerAddressMax = 64
        package var handshakesMax = 64
        package var handshakesPerAddressMax = 16
        /// Of `handshakesMax`, how many are kept for the addresses of wanted peers.
        package var handshakesKept = 32
        /// How many handshakes of strangers are begun in a second: each costs a signature.
        package var handshakesPerSecond = 50

        package init() {}
    }

    private struct Count {
        var connections = 0
        var handshakes = 0
    }

    private let bounds: Bounds
    private var all = Count()
    private var byHost: [String: Count] = [:]
    private var begun: TokenBucket

    package init(_ bounds: Bounds, nowMilliseconds: UInt64) {
        precondition(bounds.handshakesKept < bounds.handshakesMax)
        self.bounds = bounds
        begun = TokenBucket(
            perSecond: bounds.handshakesPerSecond, capacity: bounds.handshakesPerSecond,
            nowMilliseconds: nowMilliseconds)
    }

    package var connections: Int { all.connections }
    package var handshakes: Int { all.handshakes }

    /// Counts a new connection, whose handshake begins; false if it is not taken.
    /// - Parameter isKnown: whether a wanted peer has this address.
    package mutating func enter(_ host: String, isKnown: Bool, nowMilliseconds now: UInt64) -> Bool {
        let own = byHost[host] ?? Count()
        let handshakesMax = isKnown ? bounds.handshakesMax : bounds.handshakesMax - bounds.handshakesKept
        guard all.connections < bounds.connectionsMax, all.handshakes < handshakesMax,
            own.connections < bounds.connectionsPerAddressMax, own.handshakes < bounds.handshakesPerAddressMax
        else { return false }
        if !isKnown {
            guard begun.waitMilliseconds(nowMilliseconds: now) == 0 else { return false }
            begun.take(1, nowMilliseconds: now)
        }
        change(host) { count in
            count.connections += 1
            count.handshakes += 1
        }
        return true
    }

    /// The handshake of a connection has succeeded.
    package mutating func admit(_ host: String) { change(host) { $0.handshakes -= 1 } }

    /// A connection has ended.
    package mutating func leave(_ host: String, wasAdmitted: Bool) {
        change(host) { count in
            count.connections -= 1
            if !wasAdmitted { count.handshakes -= 1 }
        }
    }

    private mutating func change(_ host: String, _ body: (inout Count) -> Void) {
        body(&all)
        var own = byHost[host] ?? Count()
        body(&own)
        precondition(all.connections >= 0 && own.connections >= 0 && own.handshakes >= 0, "each one enters and leaves")
        byHost[host] = own.connections == 0 ? nil : own
    }
}
