internal import Replica

/// How long a node that is behind may take on a seed until it holds what others held when the network was well again.
///
/// It is made of what a node may have to wait for by its own rules, and of what links, disks and execution cost. What
/// comes first is also asked for, executed and logged first: what others do meanwhile does not count.
struct CatchUpBound {
    private let plan: SimulationPlan

    init(_ plan: SimulationPlan) { self.plan = plan }

    func nanoseconds(blockCount: UInt64, epochCount: UInt64, joins: Bool) -> UInt64 {
        var waiting = waitingMilliseconds + epochMilliseconds * epochCount + repeatingMilliseconds(for: blockCount)
        if joins { waiting += joiningMilliseconds }
        // Clocks go a tenth too slowly at most.
        return waiting * 1_000_000 * 10 / 9 + costs * (1 + epochCount) + blockCosts * blockCount
    }

    /// That it is behind it hears from a peer that it asks now and then, or from its engine, for which two views may have
    /// to end. Two peers, one after the other, may be late; and all may be left alone for having been silent while links
    /// were cut, which lasts some seconds, so that the pause has doubled twice.
    private var waitingMilliseconds: UInt64 {
        ReplicaLimits.pollMilliseconds + ReplicaLimits.tickMilliseconds + 2 * ReplicaLimits.lateMilliseconds
            + 4 * ReplicaLimits.silentPeerMilliseconds + 2 * plan.viewTimeoutMilliseconds
    }

    /// Where decisions come without certificates it says its results again, so many at a time.
    private func repeatingMilliseconds(for blockCount: UInt64) -> UInt64 {
        min(blockCount, UInt64(ReplicaLimits.decisionsInFlightMax))
            * (ReplicaLimits.lateMilliseconds + ReplicaLimits.tickMilliseconds)
            / UInt64(ReplicaLimits.repeatedResultsMax)
    }

    /// To be shown an epoch's end who orders in it says that it starts; who can't decide up to there by itself waits a
    /// while before it follows, and then asks.
    private var epochMilliseconds: UInt64 {
        2 * ReplicaLimits.lateMilliseconds + ReplicaLimits.tickMilliseconds + ReplicaLimits.pollMilliseconds
    }

    /// Peers may be silent, those who have a snapshot be asked too early, and nobody have one: then it waits for that,
    /// and begins with the genesis.
    private var joiningMilliseconds: UInt64 {
        ReplicaLimits.joinerLateMilliseconds + ReplicaLimits.joinerOffersMilliseconds
            + ReplicaLimits.joinerPollMilliseconds + ReplicaLimits.joinerNothingMilliseconds
    }

    /// A few questions and answers, and what must be durable before it is told, and be in the logs before it counts.
    private var costs: UInt64 {
        8 * plan.latency.nanosecondsMax + 4 * (plan.syncNanoseconds + plan.verificationNanoseconds)
            + 2 * plan.logNanoseconds
    }

    /// Blocks come several at once, and are executed one after another.
    private var blockCosts: UInt64 {
        plan.executionNanoseconds + plan.syncNanoseconds
            + (2 * plan.latency.nanosecondsMax + plan.verificationNanoseconds) / UInt64(ReplicaLimits.servedBlocksMax)
    }
}

extension SimulationPlan {
    /// How long it takes until logs are durable.
    var logNanoseconds: UInt64 { 20 * syncNanoseconds }
}

extension LatencyModel {
    /// The longest that is drawn.
    var nanosecondsMax: UInt64 {
        switch self {
        case .zero: 0
        case .fixed(let microseconds): microseconds * 1000
        case .uniform(let range): range.upperBound * 1000
        case .longTailed(let microseconds): microseconds * 1000 << Self.doublingsMax
        }
    }
}
