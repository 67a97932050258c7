internal import Ledger
internal import Primitives

/// The transactions that were sent on one connection and taken, until a block holds them or they have expired.
struct OwnTransactions {
    /// With their expiries.
    private var open: [Digest: Timestamp] = [:]
    /// No open one expires earlier.
    private var earliest = Self.never

    private static let never = Timestamp(milliseconds: .max)

    var count: Int { open.count }

    mutating func insert(_ transaction: Digest, expiry: Timestamp) {
        open[transaction] = expiry
        earliest = min(earliest, expiry)
    }

    /// Lets go of those that a block holds, and gives their indices there, ascending.
    mutating func take(in view: BlockView) -> [UInt32] {
        var indices: [UInt32] = []
        // Whichever set is smaller is gone through. The view's index is made once for all connections.
        if open.count < view.transactionCount / SubscriptionLimits.ownScanRatio {
            indices = open.keys.compactMap(view.place)
            indices.sort()
            for index in indices { open[view.block.receipts.transaction(at: Int(index))] = nil }
        } else {
            for index in view.block.receipts.indices
            where open.removeValue(forKey: view.block.receipts.transaction(at: index)) != nil {
                indices.append(UInt32(index))
            }
        }
        return indices
    }

    /// Lets go of those that have expired by block time.
    mutating func takeExpired(at time: Timestamp) -> [Digest] {
        guard time >= earliest else { return [] }
        let expired = open.filter { $0.value <= time }.map(\.key)
        for transaction in expired { open[transaction] = nil }
        earliest = open.values.min() ?? Self.never
        return expired
    }

    /// The first expiry that the clock has passed, if one has.
    mutating func passedExpiry(at now: Timestamp) -> Timestamp? {
        guard earliest < now else { return nil }
        // What expired first may be in a block meanwhile.
        earliest = open.values.min() ?? Self.never
        return earliest < now ? earliest : nil
    }
}
