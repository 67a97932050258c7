/// How much each of many clients may do: a token bucket for each, in bounded room. A value, with the time as an input.
///
/// A client whose bucket is full again is forgotten, which changes nothing for it. Where there is no room even so, those
/// who come anew share one bucket.
package struct RateTable: Sendable {
    private let perSecond, capacity, clientsMax: Int
    private var buckets: [String: TokenBucket] = [:]
    private var shared: TokenBucket
    private var sweepDueMilliseconds: UInt64 = 0

    /// - Parameter capacity: how much a client may take at once after a rest.
    package init(perSecond: Int, capacity: Int, clientsMax: Int, nowMilliseconds: UInt64) {
        precondition(clientsMax > 0)
        (self.perSecond, self.capacity, self.clientsMax) = (perSecond, capacity, clientsMax)
        shared = TokenBucket(perSecond: perSecond, capacity: capacity, nowMilliseconds: nowMilliseconds)
    }

    package var clientCount: Int { buckets.count }

    /// How long a client must wait before it may take again; 0 if it need not.
    package mutating func waitMilliseconds(_ client: String, nowMilliseconds now: UInt64) -> UInt64 {
        if buckets[client] != nil { return buckets[client]?.waitMilliseconds(nowMilliseconds: now) ?? 0 }
        return hasRoom(now) ? 0 : shared.waitMilliseconds(nowMilliseconds: now)
    }

    /// Counts what a client has done, even if that is more than it may: then it must wait the longer.
    package mutating func take(_ count: Int, by client: String, nowMilliseconds now: UInt64) {
        guard buckets[client] != nil || hasRoom(now) else { return shared.take(count, nowMilliseconds: now) }
        let new = TokenBucket(perSecond: perSecond, capacity: capacity, nowMilliseconds: now)
        buckets[client, default: new].take(count, nowMilliseconds: now)
    }

    /// Whether one more client can be remembered. To look through all of them is due once in a while only.
    private mutating func hasRoom(_ now: UInt64) -> Bool {
        guard buckets.count >= clientsMax else { return true }
        guard now >= sweepDueMilliseconds else { return false }
        sweepDueMilliseconds = now + RateLimits.sweepMilliseconds
        for (client, bucket) in buckets {
            var bucket = bucket
            if bucket.isFull(nowMilliseconds: now) { buckets[client] = nil }
        }
        return buckets.count < clientsMax
    }
}
