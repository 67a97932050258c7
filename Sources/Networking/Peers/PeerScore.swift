/// What a peer may be accused of.
package enum PeerFault: Sendable, CaseIterable {
    /// What it sent is not of the protocol, or can't be decoded.
    case malformed
    /// It signed what is not true, or passed a wrong signature on.
    case wrongSignature
    /// It sent what nobody asked for, or what it should know to be useless.
    case useless
    /// It did not answer what it must answer.
    case unanswered

    /// Of `PeerLimits.pointsMax`, with which a peer is cut off.
    package var points: Int {
        switch self {
        case .malformed, .wrongSignature: 100
        case .useless: 5
        case .unanswered: 10
        }
    }
}

/// How badly a peer has behaved of late. A value, with the time as an input.
package struct PeerScore: Sendable {
    /// Invariant: not negative.
    private var points = 0
    private var countedMilliseconds: UInt64
    /// How often it was cut off: each time for twice as long.
    private var cuts = 0
    private var refusedUntilMilliseconds: UInt64 = 0

    package init(nowMilliseconds: UInt64) { countedMilliseconds = nowMilliseconds }

    /// Counts a fault. Gives back for how long the peer is refused from now on; nil if it is not.
    package mutating func add(_ fault: PeerFault, nowMilliseconds now: UInt64) -> UInt64? {
        decay(now)
        // What it sent before it was cut off may come to light later, and is paid for already.
        guard now >= refusedUntilMilliseconds else { return nil }
        points += fault.points
        guard points >= PeerLimits.pointsMax else { return nil }
        points = 0
        let milliseconds = min(PeerLimits.cutOffMilliseconds << UInt64(cuts), PeerLimits.cutOffMillisecondsMax)
        cuts = min(cuts + 1, 20)
        refusedUntilMilliseconds = now + milliseconds
        return milliseconds
    }

    /// For how long it is refused still; 0 if it is not.
    package func refusedMilliseconds(nowMilliseconds now: UInt64) -> UInt64 {
        refusedUntilMilliseconds - min(refusedUntilMilliseconds, now)
    }

    /// Whether nothing is left of it.
    package mutating func isForgotten(nowMilliseconds now: UInt64) -> Bool {
        decay(now)
        return points == 0 && cuts == 0 && refusedUntilMilliseconds <= now
    }

    /// A point is forgiven each second, and a cut each hour after its end.
    private mutating func decay(_ now: UInt64) {
        let seconds = (now - min(now, countedMilliseconds)) / 1000
        points -= min(points, Int(min(seconds, 1 << 30)))
        countedMilliseconds += seconds * 1000
        while cuts > 0, now >= refusedUntilMilliseconds + PeerLimits.cutForgivenMilliseconds {
            cuts -= 1
            refusedUntilMilliseconds += PeerLimits.cutForgivenMilliseconds
        }
    }
}
