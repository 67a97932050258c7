/// A rate with a reserve: what is taken comes back with time, up to a capacity. A value, with the time as an input.
///
/// It may be overdrawn, as what has come has come: whoever takes waits then until it is even again.
package struct TokenBucket: Sendable {
    package let perSecond: Int
    package let capacity: Int
    /// In thousandths. Invariant: at most the capacity.
    private var thousandths: Int
    private var readMilliseconds: UInt64

    package init(perSecond: Int, capacity: Int, nowMilliseconds: UInt64) {
        precondition(perSecond > 0 && capacity > 0 && perSecond <= 1 << 40 && capacity <= 1 << 40)
        self.perSecond = perSecond
        self.capacity = capacity
        thousandths = capacity * 1000
        readMilliseconds = nowMilliseconds
    }

    package mutating func take(_ count: Int, nowMilliseconds: UInt64) {
        refill(nowMilliseconds)
        thousandths -= min(count, 1 << 40) * 1000
    }

    /// How long it takes until nothing is overdrawn; 0 if nothing is.
    package mutating func waitMilliseconds(nowMilliseconds: UInt64) -> UInt64 {
        refill(nowMilliseconds)
        return thousandths >= 0 ? 0 : UInt64((-thousandths + perSecond - 1) / perSecond)
    }

    /// Whether nothing is missing, so that it is as a new one.
    package mutating func isFull(nowMilliseconds: UInt64) -> Bool {
        refill(nowMilliseconds)
        return thousandths == capacity * 1000
    }

    private mutating func refill(_ now: UInt64) {
        // Later than an hour after the last reading it is full in any case that is allowed to be.
        let passed = Int(min(now - min(now, readMilliseconds), 3_600_000))
        readMilliseconds = max(now, readMilliseconds)
        let (gained, isTooMuch) = passed.multipliedReportingOverflow(by: perSecond)
        thousandths = isTooMuch ? capacity * 1000 : min(thousandths + min(gained, capacity * 2000), capacity * 1000)
    }
}

/// How much a peer may send: bytes and frames of each class, and what the link itself says.
package struct PeerRates: Sendable {
    package struct Rate: Sendable {
        package var bytesPerSecond: Int
        package var framesPerSecond: Int

        package init(bytesPerSecond: Int, framesPerSecond: Int) {
            (self.bytesPerSecond, self.framesPerSecond) = (bytesPerSecond, framesPerSecond)
        }
    }

    package var consensus = Rate(bytesPerSecond: 128 << 20, framesPerSecond: 200_000)
    package var dissemination = Rate(bytesPerSecond: 256 << 20, framesPerSecond: 200_000)
    package var bulk = Rate(bytesPerSecond: 256 << 20, framesPerSecond: 100_000)
    package var control = Rate(bytesPerSecond: 64 << 10, framesPerSecond: 100)

    package init() {}
}

/// What a peer has sent, against its rates. Bytes count as they are after decompression.
struct PeerMeter {
    private var bytes: [TokenBucket]
    private var frames: [TokenBucket]

    init(_ rates: PeerRates, nowMilliseconds now: UInt64) {
        let all = [rates.consensus, rates.dissemination, rates.bulk, rates.control]
        // The reserve is that of two seconds.
        bytes = all.map {
            TokenBucket(perSecond: $0.bytesPerSecond, capacity: 2 * $0.bytesPerSecond, nowMilliseconds: now)
        }
        frames = all.map {
            TokenBucket(perSecond: $0.framesPerSecond, capacity: 2 * $0.framesPerSecond, nowMilliseconds: now)
        }
    }

    /// Counts a frame. Gives back for how long nothing more is to be read.
    mutating func take(_ frame: FrameDecoder.Frame, nowMilliseconds now: UInt64) -> UInt64 {
        let place = frame.kind.messageClass?.rawValue ?? 3
        bytes[place].take(max(frame.wireBytes, frame.plainBytes), nowMilliseconds: now)
        frames[place].take(1, nowMilliseconds: now)
        return max(
            bytes[place].waitMilliseconds(nowMilliseconds: now), frames[place].waitMilliseconds(nowMilliseconds: now))
    }
}
