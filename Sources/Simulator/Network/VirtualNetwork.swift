internal import Primitives

/// The links between places: how long messages take, and which never arrive.
struct VirtualNetwork {
    private struct Link {
        var extraNanoseconds: UInt64 = 0
        var slowUntil: UInt64 = 0
        var blockedUntil: UInt64 = 0
        /// Blocked and open by turns of this length.
        var flapNanoseconds: UInt64 = 1
        var flapsUntil: UInt64 = 0
    }

    private let count: Int
    private let latency: LatencyModel
    private(set) var lossPermille: UInt64
    private(set) var repeatPermille: UInt64
    private var links: [Link]
    private(set) var lostCount = 0
    private(set) var repeatedCount = 0
    private(set) var blockedCount = 0

    init(count: Int, latency: LatencyModel, lossPermille: UInt64, repeatPermille: UInt64) {
        self.count = count
        self.latency = latency
        self.lossPermille = lossPermille
        self.repeatPermille = repeatPermille
        links = Array(repeating: Link(), count: count * count)
    }

    /// When a message that is sent now arrives: never, once, or twice.
    mutating func deliveries(
        from sender: Int, to receiver: Int, at now: UInt64, _ generator: inout SeededGenerator
    ) -> (first: UInt64?, second: UInt64?) {
        let link = links[sender * count + receiver]
        let isFlapped = now < link.flapsUntil && now / link.flapNanoseconds % 2 == 1
        let extra = now < link.slowUntil ? link.extraNanoseconds : 0
        guard now >= link.blockedUntil, !isFlapped else {
            blockedCount += 1
            return (nil, nil)
        }
        if lossPermille > 0, generator.next() % 1000 < lossPermille {
            lostCount += 1
            return (nil, nil)
        }
        let first = now + latency.draw(&generator) + extra
        guard repeatPermille > 0, generator.next() % 1000 < repeatPermille else { return (first, nil) }
        repeatedCount += 1
        return (first, now + 3 * latency.draw(&generator) + extra)
    }

    // MARK: Faults

    mutating func block(from sender: Int, to receiver: Int, until end: UInt64) {
        links[sender * count + receiver].blockedUntil = end
    }

    mutating func flap(from sender: Int, to receiver: Int, period: UInt64, until end: UInt64) {
        links[sender * count + receiver].flapNanoseconds = max(1, period)
        links[sender * count + receiver].flapsUntil = end
    }

    mutating func slow(from sender: Int, to receiver: Int, by extra: UInt64, until end: UInt64) {
        links[sender * count + receiver].extraNanoseconds = extra
        links[sender * count + receiver].slowUntil = end
    }

    /// From now on every message arrives once.
    mutating func heal() {
        links = Array(repeating: Link(), count: count * count)
        (lossPermille, repeatPermille) = (0, 0)
    }
}
