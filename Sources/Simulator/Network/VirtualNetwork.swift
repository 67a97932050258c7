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
    /// How many bytes a millisecond carries, up and down, of each node's line; nil if lines take no time.
    private let bandwidth: UInt64?
    private var links: [Link]
    /// By place.
    private var linesUp: [Line]
    private var linesDown: [Line]
    /// By receiver, of what arrives.
    private(set) var arrivedByteCounts: [UInt64]
    private(set) var lostCount = 0
    private(set) var repeatedCount = 0
    private(set) var blockedCount = 0

    init(
        count: Int, latency: LatencyModel, lossPermille: UInt64, repeatPermille: UInt64, bandwidth: UInt64? = nil
    ) {
        self.count = count
        self.bandwidth = bandwidth.map { max(1, $0) }
        self.latency = latency
        self.lossPermille = lossPermille
        self.repeatPermille = repeatPermille
        links = Array(repeating: Link(), count: count * count)
        linesUp = Array(repeating: Line(), count: count)
        linesDown = linesUp
        arrivedByteCounts = Array(repeating: 0, count: count)
    }

    /// When a message of so many bytes that is sent now arrives: never, once, or twice.
    ///
    /// It goes over its sender's line, then takes as long as the link does, then goes over its receiver's line.
    mutating func deliveries(
        of byteCount: Int, from sender: Int, to receiver: Int, at now: UInt64, _ generator: inout SeededGenerator
    ) -> (first: UInt64?, second: UInt64?) {
        let link = links[sender * count + receiver]
        let isFlapped = now < link.flapsUntil && now / link.flapNanoseconds % 2 == 1
        let extra = now < link.slowUntil ? link.extraNanoseconds : 0
        guard now >= link.blockedUntil, !isFlapped else {
            blockedCount += 1
            return (nil, nil)
        }
        let isLost = lossPermille > 0 && generator.next() % 1000 < lossPermille
        let sent = carry(byteCount, on: &linesUp[sender], from: now, at: now)
        guard !isLost else {
            lostCount += 1
            return (nil, nil)
        }
        let first = arrive(byteCount, at: receiver, from: sent + latency.draw(&generator) + extra, now)
        guard repeatPermille > 0, generator.next() % 1000 < repeatPermille else { return (first, nil) }
        repeatedCount += 1
        let again = carry(byteCount, on: &linesUp[sender], from: sent, at: now)
        return (first, arrive(byteCount, at: receiver, from: again + 3 * latency.draw(&generator) + extra, now))
    }

    private mutating func arrive(_ byteCount: Int, at receiver: Int, from start: UInt64, _ now: UInt64) -> UInt64 {
        arrivedByteCounts[receiver] += UInt64(byteCount)
        return carry(byteCount, on: &linesDown[receiver], from: start, at: now)
    }

    /// When a message is over a line that it comes to at `start`.
    private func carry(_ byteCount: Int, on line: inout Line, from start: UInt64, at now: UInt64) -> UInt64 {
        guard let bandwidth else { return start }
        let nanoseconds = (UInt64(byteCount) * 1_000_000 + bandwidth - 1) / bandwidth
        return line.carry(for: nanoseconds, from: start, at: now)
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
