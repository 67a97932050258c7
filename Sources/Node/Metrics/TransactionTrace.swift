internal import Ledger
internal import Primitives
internal import Replica

/// Follows some transactions from the door to their blocks, to find out what takes how long: the last one of each
/// submission, a few at a time.
struct TransactionTrace {
    private struct Followed {
        let identity: Digest
        /// When it came to the stage that it is in.
        var since: Instant
        var decision: UInt64 = 0
    }

    private let metrics: NodeMetrics
    private var admitting: [Ticket: Followed] = [:]
    private var ordering: [Digest: Followed] = [:]
    private var executing: [Followed] = []
    private var certifying: [Followed] = []

    init(_ metrics: NodeMetrics) { self.metrics = metrics }

    /// Transactions wait at the door since `begun`.
    mutating func submitted(_ transactions: [SignedTransaction], _ ticket: Ticket, begun: Instant) {
        let count = admitting.count + ordering.count + executing.count + certifying.count
        if count >= NodeLimits.followedTransactionsMax { forget(before: begun) }
        guard count < NodeLimits.followedTransactionsMax, let last = transactions.last else { return }
        admitting[ticket] = Followed(identity: last.identity, since: begun)
    }

    mutating func answered(_ ticket: Ticket, _ rejections: [Rejection?], at now: Instant) {
        guard !admitting.isEmpty, let followed = admitting.removeValue(forKey: ticket), let last = rejections.last,
            last == nil
        else { return }
        ordering[followed.identity] = pass(followed, .admission, at: now)
    }

    mutating func ordered(_ decision: Decision, at now: Instant) {
        guard !ordering.isEmpty else { return }
        for signed in decision.transactions {
            guard var followed = ordering.removeValue(forKey: signed.identity) else { continue }
            followed.decision = decision.number
            executing.append(pass(followed, .ordering, at: now))
        }
    }

    mutating func executed(_ decision: UInt64, at now: Instant) {
        certifying += Self.take(decision, from: &executing).map { pass($0, .execution, at: now) }
    }

    mutating func committed(_ decision: UInt64, at now: Instant) {
        for followed in Self.take(decision, from: &certifying) { _ = pass(followed, .certification, at: now) }
    }

    /// The end of a stage.
    private func pass(_ followed: Followed, _ stage: NodeMetrics.Stage, at now: Instant) -> Followed {
        let nanoseconds = now.nanoseconds - min(followed.since.nanoseconds, now.nanoseconds)
        metrics[stage].record(nanoseconds: nanoseconds)
        var followed = followed
        followed.since = now
        return followed
    }

    private static func take(_ decision: UInt64, from list: inout [Followed]) -> [Followed] {
        guard list.contains(where: { $0.decision <= decision }) else { return [] }
        let taken = list.filter { $0.decision <= decision }
        list.removeAll { $0.decision <= decision }
        return taken
    }

    /// Lets go of what never came to its end.
    private mutating func forget(before now: Instant) {
        let isOld = { (followed: Followed) in
            followed.since.advanced(byMilliseconds: NodeLimits.followedTransactionMilliseconds) < now
        }
        admitting = admitting.filter { !isOld($0.value) }
        ordering = ordering.filter { !isOld($0.value) }
        executing.removeAll(where: isOld)
        certifying.removeAll(where: isOld)
    }
}
