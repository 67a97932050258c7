internal import HTTP
internal import Ledger
internal import Networking
internal import Node
internal import Primitives
internal import Synchronization

/// One client's WebSocket: the common methods, its subscriptions, and submissions in bulk.
///
/// It is `@unchecked Sendable` because what changes in it is used on the loop's thread only, but for the atomics.
final class ClientSession: JSONRPCSessionMethods, @unchecked Sendable {
    let connection: WebSocketConnection
    let node: Node
    let publisher: Publisher
    /// What all sessions have waiting at the door.
    let door: DoorBudget
    /// Who calls; nil where anybody may.
    let access: SessionAccess?
    private var methods: CairnMethods
    private var subscriptions: [SubscriptionNumber: SubscriptionKind] = [:]
    private var nextSubscription: SubscriptionNumber = 1
    /// How many bulk submissions have no answer yet.
    var unansweredCount = 0
    /// How many transactions were sent whose end is not known.
    private let openCount = Atomic<Int>(0)

    init(
        _ connection: WebSocketConnection, node: Node, publisher: Publisher, door: DoorBudget, access: SessionAccess?
    ) {
        self.connection = connection
        self.node = node
        self.publisher = publisher
        self.door = door
        self.access = access
        methods = CairnMethods(node: node)
        methods.watch = SubmissionWatch(
            begin: { [weak self] count in
                guard let self else { return false }
                guard open(count) else {
                    release(count)
                    return false
                }
                return true
            },
            answered: { [weak self] transactions, rejections in
                guard let self else { return }
                publisher.send(.answered(self, transactions, rejections, nil))
            })
        access?.doorkeeper.began(self)
    }

    func call(_ method: String, _ parameters: JSON?, _ reply: JSONRPCReply) {
        do throws(JSONRPCError) {
            methods.rights = try rights()
            let known = CairnMethod(rawValue: method)
            try known?.require(methods.rights)
            switch known {
            case .subscribe: try subscribe(try Parameters(parameters, of: .subscribe), reply)
            case .unsubscribe: try unsubscribe(try Parameters(parameters, of: .unsubscribe), reply)
            default: methods.call(method, parameters, reply)
            }
        } catch {
            reply.fail(error)
        }
    }

    private func subscribe(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let request = try SubscriptionRequest(parameters)
        guard subscriptions.count < SubscriptionLimits.subscriptionsMax else {
            throw JSONRPCError(
                .overloaded, "a connection may have \(SubscriptionLimits.subscriptionsMax) subscriptions at most")
        }
        if case .ownReceipts = request.kind, subscriptions.values.contains(where: \.isOwnReceipts) {
            throw .invalidParameters("the connection's own receipts are subscribed to already")
        }
        let number = nextSubscription
        nextSubscription += 1
        subscriptions[number] = request.kind
        reply.succeed(.string(Notification.identifier(number)))
        publisher.send(.subscribe(self, number, request))
    }

    private func unsubscribe(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let number = try parameters.required(
            "subscription", "a subscription's identifier"
        ) { $0.stringValue.flatMap(Notification.subscription) }
        let isThere = subscriptions.removeValue(forKey: number) != nil
        if isThere { publisher.send(.unsubscribe(self, number)) }
        reply.succeed(.bool(isThere))
    }

    // MARK: - What the connection reports

    func congested(_ connection: WebSocketConnection) { publisher.send(.congested(self, true)) }
    func drained(_ connection: WebSocketConnection) { publisher.send(.congested(self, false)) }

    func received(calls: Int, byteCount: Int, on connection: WebSocketConnection) {
        access?.charge(calls: calls, byteCount: byteCount, on: connection)
    }

    func closed(_ closure: WebSocketClosure) {
        access?.doorkeeper.ended(self)
        publisher.send(.closed(self))
    }

    // MARK: - From the publisher's thread

    /// Has the loop send a slice.
    func deliver(_ slice: Slice) {
        connection.loop.post { [self] in
            for message in slice.messages { connection.send(message) }
            publisher.send(.delivered(self))
        }
    }

    /// The subscriptions can't go on.
    func fail(_ error: QuestionError) {
        connection.close(.internalError, reason: JSONRPCError(error).message)
    }

    // MARK: - Open transactions

    /// Counts transactions that are sent, until they are released; false if those are too many. From any thread.
    func open(_ count: Int) -> Bool {
        openCount.add(count, ordering: .relaxed).newValue <= SubscriptionLimits.ownTransactionsMax
    }

    /// The end of so many transactions is known, or not awaited. From any thread.
    func release(_ count: Int) { openCount.subtract(count, ordering: .relaxed) }
}

// MARK: - What the caller may do

extension ClientSession {
    /// What the caller may do now.
    func rights() throws(JSONRPCError) -> Rights {
        do throws(EndpointRefusal) { return try access?.caller().rights ?? .all } catch { throw error.error }
    }

    /// Leaves a caller that may do less than when the connection began: what it has subscribed to must end too.
    func look() {
        guard let reason = access?.loss() else { return }
        connection.close(.policyViolation, reason: reason)
    }

    func charge(byteCount: Int) { access?.charge(calls: 1, byteCount: byteCount, on: connection) }
}

extension SubscriptionKind {
    var isOwnReceipts: Bool { if case .ownReceipts = self { true } else { false } }
}
