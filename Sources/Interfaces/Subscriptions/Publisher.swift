internal import HTTP
internal import Ledger
internal import Networking
internal import Node
internal import Primitives

/// Tells subscribers of blocks, on a thread of its own.
///
/// It goes from connection to connection and makes a *slice* for each: what the next blocks mean for its subscriptions.
/// The next slice for a connection is made when the loop has taken the last one and the client is not congested, so a
/// slow client falls behind in the chain instead of filling memory, and costs the others nothing.
///
/// It is `@unchecked Sendable` because all but the mailbox is used on its thread only, once `start` has returned.
final class Publisher: @unchecked Sendable {
    enum Message: Sendable {
        case subscribe(ClientSession, SubscriptionNumber, SubscriptionRequest)
        case unsubscribe(ClientSession, SubscriptionNumber)
        /// What became of transactions at the door. It is sent before the commit of any block that holds them.
        case answered(ClientSession, [SignedTransaction], [Rejection?], BulkRequest?)
        case committed(UInt64)
        /// The loop has taken a slice.
        case delivered(ClientSession)
        case congested(ClientSession, Bool)
        case closed(ClientSession)
    }

    private let node: Node
    private let mailbox = Mailbox<Message>(capacity: SubscriptionLimits.publisherMessagesMax)
    private var thread: DedicatedThread?
    private var views: BlockViews
    private var feeds: [ObjectIdentifier: Feed] = [:]
    /// Those whose turn comes, in this order.
    private var queue: [Feed] = []
    /// The newest block that subscribers may be told of: taken from messages only, in whose order it has its meaning.
    private var height: UInt64 = 0
    private var nextLook = Instant(nanoseconds: 0)

    init(node: Node) {
        self.node = node
        views = BlockViews(node: node)
    }

    func start() throws(NetworkingError) {
        node.onCommit { [mailbox] height in _ = mailbox.send(.committed(height)) }
        _ = mailbox.send(.committed(node.committedHeight))
        thread = try DedicatedThread(name: "publisher") { [self] in run() }
    }

    /// Ends the thread. Once, from another thread.
    func stop() {
        mailbox.close()
        thread?.join()
    }

    /// From any thread. What does not fit is dropped, which the limits keep from happening.
    func send(_ message: Message) { _ = mailbox.send(message) }

    // MARK: - On its thread

    private func run() {
        while true {
            let wait = queue.isEmpty ? SubscriptionLimits.publisherTickMilliseconds : 0
            guard let messages = mailbox.takeAll(waitMilliseconds: wait) else { return }
            for message in messages { handle(message) }
            publish()
            lookForExpired()
        }
    }

    private func handle(_ message: Message) {
        switch message {
        case .committed(let committed):
            height = max(height, committed)
            for feed in feeds.values { enqueue(feed) }
        case .answered(let session, let transactions, let rejections, let request):
            answered(session, transactions, rejections, request)
        case .subscribe(let session, let number, let request):
            let feed = feeds[ObjectIdentifier(session)] ?? Feed(session)
            feeds[ObjectIdentifier(session)] = feed
            feed.subscribe(number, request, after: height)
            enqueue(feed)
        case .unsubscribe(let session, let number):
            guard let feed = feeds[ObjectIdentifier(session)] else { return }
            session.release(feed.unsubscribe(number))
        case .delivered(let session): change(session) { $0.isDelivering = false }
        case .congested(let session, let isCongested): change(session) { $0.isCongested = isCongested }
        case .closed(let session): feeds[ObjectIdentifier(session)] = nil
        }
    }

    private func change(_ session: ClientSession, _ body: (Feed) -> Void) {
        guard let feed = feeds[ObjectIdentifier(session)] else { return }
        body(feed)
        enqueue(feed)
    }

    private func enqueue(_ feed: Feed) {
        guard feed.mayBeTold(upTo: height) else { return }
        feed.isQueued = true
        queue.append(feed)
    }

    private func answered(
        _ session: ClientSession, _ transactions: [SignedTransaction], _ rejections: [Rejection?],
        _ request: BulkRequest?
    ) {
        let feed = feeds[ObjectIdentifier(session)]
        session.release(feed?.take(transactions, rejections) ?? transactions.count)
        if let request { session.deliver(request.answer(rejections)) }
    }

    /// Gives those in the queue their turns, for a while.
    private func publish() {
        let turns = queue.prefix(SubscriptionLimits.slicesTogetherMax)
        queue.removeFirst(turns.count)
        for feed in turns {
            feed.isQueued = false
            // It may have closed, or have become congested, while it waited.
            guard feeds[ObjectIdentifier(feed.session)] === feed, feed.mayBeTold(upTo: height) else { continue }
            publish(feed)
        }
    }

    private func publish(_ feed: Feed) {
        do throws(QuestionError) {
            let slice = try feed.makeSlice(upTo: height, &views)
            if slice.messages.isEmpty { return enqueue(feed) }
            feed.isDelivering = true
            feed.session.release(slice.settledCount)
            feed.session.deliver(slice)
        } catch {
            feeds[ObjectIdentifier(feed.session)] = nil
            feed.session.fail(error)
        }
    }

    /// Block time must pass what has expired by the clock, so that whoever waits for it learns that.
    private func lookForExpired() {
        let now = SystemClock.now
        guard now.monotonic >= nextLook else { return }
        nextLook = now.monotonic.advanced(byMilliseconds: SubscriptionLimits.publisherTickMilliseconds)
        guard let first = feeds.values.compactMap({ $0.passedExpiry(at: now.wall) }).min() else { return }
        node.awaitBlockTime(first)
    }
}
