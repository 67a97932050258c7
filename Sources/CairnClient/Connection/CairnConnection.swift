package import HTTP
internal import Ledger
internal import Networking
internal import Primitives

/// What happens to a connection that lasts.
package enum ConnectionNotice: Sendable {
    /// It is opened again when something waits for it.
    case lost(reason: String)
    case restored
}

/// A lasting connection to a node, over which it tells of new blocks, receipts and events as they come, and takes
/// transactions in bulk.
///
/// ```swift
/// let connection = CairnConnection(endpoint: "http://127.0.0.1:8545")
/// for try await event in connection.events(of: contract, name: "Transferred") { print(event.height) }
/// ```
/// It opens when it is first needed. When it is lost, subscriptions go on with what follows the last thing they told,
/// without gap or repeat, as soon as the node can be reached again.
public actor CairnConnection {
    /// An open WebSocket, and what it knows of us.
    struct Link {
        let client: WebSocketClient
        let number: Int
        /// Has the node tell of the receipts of what is sent on it; nil until somebody sends.
        var ownReceipts: Task<CallAnswer, Never>?
    }

    typealias CallAnswer = Result<JSON, ClientError>

    let endpoint: String
    private let access: NodeAccess
    private let triesMax: Int
    private let notice: @Sendable (ConnectionNotice) -> Void
    var link: Link?
    private var opening: Task<CallAnswer, Never>?
    private var linkCount = 0
    private var isClosed = false

    var calls: [Int64: CheckedContinuation<CallAnswer, Never>] = [:]
    private var nextCall: Int64 = 1

    var subscriptions: [Int: SubscriptionState] = [:]
    var nextSubscription = 1
    /// By the names that the node gave them on the present link.
    var subscriptionsByName: [String: Int] = [:]
    /// Calls whose answers are such names.
    var subscribingCalls: [Int64: Int] = [:]

    /// Transactions whose ends are awaited.
    var awaited: [Digest: (batch: SubmissionBatch, index: Int)] = [:]
    /// Submissions without answers.
    var unanswered: [UInt64: SubmissionFrame] = [:]
    var nextRequest: UInt64 = 1
    var submitters: [CheckedContinuation<Void, Never>] = []

    /// A connection to the node at `endpoint`, an address like `http://127.0.0.1:8545`. Nothing is sent yet.
    /// - Parameter access: what it shows to a node that asks who calls.
    public init(endpoint: String = CairnClient.defaultEndpoint, access: NodeAccess = NodeAccess()) {
        self.init(endpoint: endpoint, access: access, triesMax: ClientLimits.reconnectTriesMax) { _ in }
    }

    /// - Parameter triesMax: how often a connection that was lost is opened again before that is given up.
    /// - Parameter notice: told when it is lost, and when there is another; it must not wait.
    package init(
        endpoint: String, access: NodeAccess = NodeAccess(), triesMax: Int,
        notice: @escaping @Sendable (ConnectionNotice) -> Void
    ) {
        self.endpoint = endpoint
        self.access = access
        self.triesMax = triesMax
        self.notice = notice
    }

    /// Ends the connection; subscriptions end too.
    public func close() async {
        isClosed = true
        let client = link?.client
        lose(link?.number ?? 0, .connection("the connection was closed"))
        await client?.close()
    }

    // MARK: - Links

    /// The open link; opens one if there is none.
    func open() async throws(ClientError) -> Link {
        var wait = ClientLimits.reconnectMilliseconds
        for attempt in 1... {
            guard !isClosed else { throw .connection("the connection was closed") }
            if let link { return link }
            do throws(ClientError) {
                try await openOnce()
            } catch {
                // A node that was never reached is a wrong address; one that was may only be starting again.
                if case .refused = error { throw error }
                guard linkCount > 0, attempt < triesMax, !Task.isCancelled else { throw error }
                try? await Task.sleep(for: .milliseconds(wait))
                wait = min(2 * wait, ClientLimits.reconnectMillisecondsMax)
            }
        }
        throw .connection("the connection was closed")
    }

    /// Whoever needs the link waits for the same opening.
    private func openOnce() async throws(ClientError) {
        let task = opening ?? Task { await self.connect() }
        opening = task
        let answer = await task.value
        if opening == task { opening = nil }
        _ = try answer.get()
    }

    private func connect() async -> CallAnswer {
        do {
            let endpoint = try HTTPEndpoint(endpoint)
            var configuration = WebSocketClientConfiguration()
            (configuration.tls, configuration.headers) = try access.parts(for: endpoint)
            configuration.webSocket.messages.binaryBytesMax = ClientLimits.bulkReplyByteCountMax
            configuration.webSocket.messages.textBytesMax = ClientLimits.bulkReplyByteCountMax
            let client = try await WebSocketClient.connect(
                on: try CairnClient.sharedLoop(), to: endpoint, configuration: configuration)
            linkCount += 1
            let number = linkCount
            link = Link(client: client, number: number)
            if number > 1 { notice(.restored) }
            // It holds the connection until the link ends.
            Task { await self.receive(from: client, number) }
            return .success(.null)
        } catch let error as ClientError {
            return .failure(error)
        } catch HTTPClientError.upgradeRefused(let endpoint, let status) where status == 401 || status == 403 {
            // To ask again would not help.
            let error = HTTPClientError.upgradeRefused(endpoint, status: status)
            return .failure(.refused(code: status, reason: error.description))
        } catch {
            return .failure(.connection("\(error)"))
        }
    }

    private func receive(from client: WebSocketClient, _ number: Int) async {
        do throws(WebSocketClosure) {
            while link?.number == number {
                switch try await client.receive() {
                case .text(let bytes): received(text: bytes)
                case .binary(let bytes): received(binary: bytes)
                }
            }
        } catch {
            lose(number, .connection(error.description))
        }
    }

    /// A link has ended: what waits for it learns that.
    func lose(_ number: Int, _ error: ClientError) {
        guard link?.number == number else { return }
        link = nil
        if !isClosed { notice(.lost(reason: "\(error)")) }
        for call in calls.values { call.resume(returning: .failure(error)) }
        calls = [:]
        subscribingCalls = [:]
        subscriptionsByName = [:]
        for key in subscriptions.keys { subscriptions[key]?.loseLink() }
        let batches = unanswered.values.map(\.batch) + awaited.values.map(\.batch)
        unanswered = [:]
        awaited = [:]
        for batch in batches { batch.wake() }
        wakeSubmitters()
    }

    // MARK: - Calls

    /// Calls a method of the node's interface.
    package func call(_ method: String, _ parameters: JSON) async throws(ClientError) -> JSON {
        try await call(method, parameters, subscribing: nil)
    }

    /// - Parameter subscription: the subscription that the answer names.
    func call(_ method: String, _ parameters: JSON, subscribing subscription: Int?) async throws(ClientError) -> JSON {
        let link = try await open()
        let number = nextCall
        nextCall += 1
        if let subscription { subscribingCalls[number] = subscription }
        let call: JSON = ["jsonrpc": "2.0", "id": .integer(number), "method": .string(method), "params": parameters]
        let answer: CallAnswer = await withCheckedContinuation { continuation in
            calls[number] = continuation
            Task { await send(.text(call.text), on: link) }
        }
        return try answer.get()
    }

    func send(_ message: WebSocketMessage, on link: Link) async {
        do throws(WebSocketClosure) {
            try await link.client.send(message)
        } catch {
            lose(link.number, .connection(error.description))
        }
    }

    // MARK: - Messages

    private func received(text: [UInt8]) {
        guard let json = try? JSON(parsing: text) else { return }
        if json["method"] == "cairn_subscription" { return notified(json["params"]) }
        guard let number = json["id"]?.int64Value, let call = calls.removeValue(forKey: number) else { return }
        let subscription = subscribingCalls.removeValue(forKey: number)
        if let error = json["error"] {
            let reason = error["message"]?.stringValue ?? "no reason given"
            return call.resume(
                returning: .failure(.refused(code: Int(error["code"]?.int64Value ?? 0), reason: reason)))
        }
        let result = json["result"] ?? .null
        // At once, as its first notification may be the next message.
        if let subscription, let name = result.stringValue { named(subscription, name) }
        call.resume(returning: .success(result))
    }

    private func received(binary: [UInt8]) {
        do throws(CodingError) {
            switch try BulkReply(canonicalBytes: binary) {
            case .answer(let answer): answered(answer)
            case .receipts(let receipts): settle(receipts)
            }
        } catch {
            lose(link?.number ?? 0, .connection("the node's binary message is not what it should be: \(error)"))
        }
    }
}
