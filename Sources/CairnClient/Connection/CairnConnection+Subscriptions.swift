internal import HTTP

/// A subscription as its connection knows it.
struct SubscriptionState {
    let kind: String
    let options: JSON
    /// The block with which it begins; nil for the next one to come.
    var from: UInt64?
    /// What was told last.
    private(set) var last: NotificationPlace?
    /// The node's name for it; nil while the node does not know it.
    var name: String?
    /// Told and not taken yet, from `start` on.
    private var waiting: [JSON] = []
    private var start = 0
    private var taker: CheckedContinuation<Void, Never>?
    /// Whether the node told more than may wait: the rest is asked for again.
    private(set) var isBehind = false

    init(kind: String, options: JSON, from: UInt64?) {
        self.kind = kind
        self.options = options
        self.from = from
    }

    /// The parameters with which it begins or goes on.
    var parameters: JSON {
        var object = options.objectValue ?? JSONObject()
        object["from"] = (last?.height ?? from).map(JSON.unsigned)
        return [.string(kind), .object(object)]
    }

    /// - Returns: false if too much waits.
    mutating func take(_ result: JSON) -> Bool {
        // After a new beginning the node tells of the last block again.
        guard let place = NotificationPlace(result), last.map({ $0 < place }) ?? true, !isBehind else { return true }
        guard waiting.count - start < ClientLimits.waitingNotificationsMax else {
            isBehind = true
            return false
        }
        last = place
        waiting.append(result)
        wake()
        return true
    }

    mutating func popFirst() -> JSON? {
        guard start < waiting.count else { return nil }
        defer {
            start += 1
            if start == waiting.count {
                waiting.removeAll(keepingCapacity: true)
                start = 0
            }
        }
        return waiting[start]
    }

    mutating func wait(_ continuation: CheckedContinuation<Void, Never>) {
        precondition(taker == nil, "one task takes what a subscription tells")
        taker = continuation
    }

    mutating func wake() {
        taker?.resume()
        taker = nil
    }

    mutating func loseLink() {
        name = nil
        isBehind = false
        wake()
    }
}

/// Where on the chain something stands that a subscription told.
struct NotificationPlace: Comparable {
    let height, index, eventIndex: UInt64

    init?(_ result: JSON) {
        guard let height = result["height"]?.uint64Value else { return nil }
        self.height = height
        index = result["index"]?.uint64Value ?? 0
        eventIndex = result["eventIndex"]?.uint64Value ?? 0
    }

    static func < (left: NotificationPlace, right: NotificationPlace) -> Bool {
        (left.height, left.index, left.eventIndex) < (right.height, right.index, right.eventIndex)
    }
}

extension CairnConnection {
    func begin(_ kind: String, _ options: JSON, from: UInt64?) -> Int {
        defer { nextSubscription += 1 }
        subscriptions[nextSubscription] = SubscriptionState(kind: kind, options: options, from: from)
        return nextSubscription
    }

    /// Its user has let go of it.
    func end(_ subscription: Int) {
        guard let state = subscriptions.removeValue(forKey: subscription) else { return }
        forget(state.name)
    }

    /// The next thing that a subscription tells; nil if the task was cancelled.
    func next(_ subscription: Int) async throws(ClientError) -> JSON? {
        while !Task.isCancelled {
            if let result = subscriptions[subscription]?.popFirst() { return result }
            guard let state = subscriptions[subscription] else { return nil }
            guard state.name != nil else {
                try await subscribe(subscription)
                continue
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { subscriptions[subscription]?.wait($0) }
            } onCancel: {
                Task { await self.wake(subscription) }
            }
        }
        return nil
    }

    private func wake(_ subscription: Int) { subscriptions[subscription]?.wake() }

    private func subscribe(_ subscription: Int) async throws(ClientError) {
        if let state = subscriptions[subscription], state.last == nil, state.from == nil {
            // From the next block on, also if the connection is lost before that comes.
            let chain = try await call("cairn_chain", [])
            guard let height = chain["height"]?.uint64Value else { throw CairnClient.malformed("cairn_chain") }
            subscriptions[subscription]?.from = height + 1
        }
        guard let parameters = subscriptions[subscription]?.parameters else { return }
        do throws(ClientError) {
            _ = try await call("cairn_subscribe", parameters, subscribing: subscription)
        } catch {
            // A lost link is opened again by whoever asks next.
            guard case .connection = error, link == nil else { throw error }
            _ = try await open()
        }
    }

    // MARK: - From the node

    func named(_ subscription: Int, _ name: String) {
        guard subscriptions[subscription] != nil else { return forget(name) }
        subscriptions[subscription]?.name = name
        subscriptionsByName[name] = subscription
    }

    func notified(_ parameters: JSON?) {
        guard let name = parameters?["subscription"]?.stringValue, let result = parameters?["result"],
            let subscription = subscriptionsByName[name]
        else { return }
        guard subscriptions[subscription]?.take(result) == false else { return }
        // It begins again when its user has taken what waits.
        forget(name)
        subscriptions[subscription]?.loseLink()
    }

    private func forget(_ name: String?) {
        guard let name else { return }
        subscriptionsByName[name] = nil
        guard link != nil else { return }
        Task { try? await call("cairn_unsubscribe", [.string(name)]) }
    }
}
