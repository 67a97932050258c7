internal import HTTP
internal import Ledger
internal import Node
internal import Primitives

/// What the publisher knows of one connection. Used on the publisher's thread.
final class Feed {
    let session: ClientSession
    private var subscriptions: [Subscription] = []
    /// Which subscription is told first in the next slice.
    private var turn = 0
    private var own = OwnTransactions()
    /// Whether a slice is on its way to the loop: the next one is made when it has arrived.
    var isDelivering = false
    /// Whether the client is so slow that it is told nothing for now.
    var isCongested = false
    /// Whether it waits for its turn.
    var isQueued = false

    init(_ session: ClientSession) { self.session = session }

    func mayBeTold(upTo height: UInt64) -> Bool {
        !isDelivering && !isCongested && !isQueued && hasWork(upTo: height)
    }

    func hasWork(upTo height: UInt64) -> Bool { subscriptions.contains { $0.height <= height } }

    func subscribe(_ number: SubscriptionNumber, _ request: SubscriptionRequest, after height: UInt64) {
        subscriptions.append(
            Subscription(number: number, kind: request.kind, height: request.from ?? height + 1))
    }

    /// - Returns: how many own transactions are no longer awaited.
    func unsubscribe(_ number: SubscriptionNumber) -> Int {
        guard let index = subscriptions.firstIndex(where: { $0.number == number }) else { return 0 }
        let removed = subscriptions.remove(at: index)
        guard case .ownReceipts = removed.kind else { return 0 }
        let count = own.count + removed.untoldCount
        own = OwnTransactions()
        return count
    }

    // MARK: - Own transactions

    /// Takes in what became of a submission at the door.
    /// - Returns: how many transactions are not awaited: those that were refused, or all if nobody asked.
    func take(_ transactions: [SignedTransaction], _ rejections: [Rejection?]) -> Int {
        guard awaitsOwn else { return transactions.count }
        var count = 0
        for index in transactions.indices {
            if rejections[index] == nil {
                own.insert(transactions[index].identity, expiry: transactions[index].expiry)
            } else {
                count += 1
            }
        }
        return count
    }

    private var awaitsOwn: Bool {
        subscriptions.contains { if case .ownReceipts = $0.kind { true } else { false } }
    }

    func passedExpiry(at now: Timestamp) -> Timestamp? { own.count == 0 ? nil : own.passedExpiry(at: now) }

    // MARK: - Slices

    /// Makes what comes next: some blocks for each subscription, in turn.
    func makeSlice(upTo height: UInt64, _ views: inout BlockViews) throws(QuestionError) -> Slice {
        var slice = Slice()
        let count = subscriptions.count
        for step in 0..<count {
            let index = (turn + step) % count
            let end = subscriptions[index].height + UInt64(SubscriptionLimits.sliceBlocksMax)
            while subscriptions[index].height <= height, subscriptions[index].height < end, !slice.isFull {
                guard let view = try views.view(at: subscriptions[index].height) else {
                    throw .storage("block \(subscriptions[index].height) is not there")
                }
                subscriptions[index].tell(of: view, &own, into: &slice)
            }
        }
        turn = count == 0 ? 0 : (turn + 1) % count
        return slice
    }
}
