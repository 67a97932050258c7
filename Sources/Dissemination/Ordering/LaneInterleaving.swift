internal import Primitives

/// In what order a decision's batches are executed, and how many of them: a function of the cut, the chain's limits and
/// a number that all nodes draw alike.
///
/// Lanes take turns, a batch each, from a drawn lane on. A lane stops at its share; all stop at the first batch that does
/// not fit what the decision may take. What is left over is ordered by a later cut.
package struct LaneInterleaving: Sendable {
    /// What a decision may take.
    package struct Limits: Hashable, Sendable {
        package let gas: UInt64
        package let byteCount: UInt64
        package let transactionCount: UInt64
        /// Of one lane.
        package let laneByteCount: UInt64

        package init(gas: UInt64, byteCount: UInt64, transactionCount: UInt64, laneByteCount: UInt64) {
            self.gas = gas
            self.byteCount = byteCount
            self.transactionCount = transactionCount
            self.laneByteCount = laneByteCount
        }
    }

    /// A lane's batches behind the last ordered one, up to the cut's tip.
    package struct Lane: Hashable, Sendable {
        package let lane: LaneIdentifier
        package let batches: [BatchHeader]

        package init(lane: LaneIdentifier, batches: [BatchHeader]) {
            self.lane = lane
            self.batches = batches
        }
    }

    /// What is executed, in order.
    package private(set) var ordered: [BatchHeader] = []

    /// `lanes` ascend; `draw` chooses who is first.
    package init(_ lanes: [Lane], draw: UInt64, limits: Limits) {
        guard !lanes.isEmpty else { return }
        let first = Int(draw % UInt64(lanes.count))
        let turns = Array(lanes[first...] + lanes[..<first])
        var left = limits
        var shares = Array(repeating: limits.laneByteCount, count: turns.count)
        var round = 0
        while true {
            var hasTaken = false
            for (index, lane) in turns.enumerated() where round < lane.batches.count {
                let batch = lane.batches[round]
                // A lane's first batch fits its share whatever its size: else it would never be ordered.
                guard batch.byteCount <= shares[index] || round == 0 else {
                    shares[index] = 0
                    continue
                }
                // So does the first of all, as the chain's limits let a batch be that large.
                guard let rest = left.taking(batch) ?? (ordered.isEmpty ? left.emptied : nil) else { return }
                left = rest
                shares[index] -= min(shares[index], batch.byteCount)
                ordered.append(batch)
                hasTaken = true
            }
            guard hasTaken else { return }
            round += 1
        }
    }
}

extension LaneInterleaving.Limits {
    /// What is left after a batch; nil if it does not fit.
    fileprivate func taking(_ batch: BatchHeader) -> Self? {
        guard batch.gas <= gas, batch.byteCount <= byteCount, UInt64(batch.transactionCount) <= transactionCount else {
            return nil
        }
        return Self(
            gas: gas - batch.gas, byteCount: byteCount - batch.byteCount,
            transactionCount: transactionCount - UInt64(batch.transactionCount), laneByteCount: laneByteCount)
    }

    fileprivate var emptied: Self { Self(gas: 0, byteCount: 0, transactionCount: 0, laneByteCount: laneByteCount) }
}
