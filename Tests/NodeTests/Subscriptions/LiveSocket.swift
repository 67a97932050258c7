import HTTP
import Ledger
import Networking
import SystemTestSupport

/// A WebSocket to a node, on the level of its messages. One task uses it.
///
/// Every text is held against what the node says of itself; what is not as described is an issue of the test.
final class LiveSocket {
    private static let loop = Result { () throws(NetworkingError) in try EventLoop(name: "test-sockets") }

    private let client: WebSocketClient
    /// By subscription; those before `starts` were asked for.
    private var notifications: [String: [JSON]] = [:]
    private var starts: [String: Int] = [:]
    private var replies: [BulkReply] = []
    private var nextID: Int64 = 1
    private let description: LiveDescription
    /// What subscriptions tell, by their names.
    private var schemas: [String: JSONSchema] = [:]

    init(_ endpoint: String) async throws {
        client = try await WebSocketClient.connect(on: try Self.loop.get(), to: try HTTPEndpoint(endpoint))
        try await client.send(.text(LiveDescription.request))
        guard case .text(let reply) = try await client.receive() else {
            throw ChildProcess.Failure("a binary message before anything was submitted")
        }
        description = try LiveDescription.read(reply)
    }

    func close() async { await client.close() }

    func send(_ message: WebSocketMessage) async throws { try await client.send(message) }

    /// Takes in the next message, whatever it is; a reply to a call is given back.
    private func take() async throws -> JSON? {
        switch try await client.receive() {
        case .binary(let bytes): replies.append(try BulkReply(canonicalBytes: bytes))
        case .text(let bytes):
            let json = try JSON(parsing: bytes)
            guard json["method"] == "cairn_subscription" else { return json }
            guard let subscription = json["params"]?["subscription"]?.stringValue,
                let result = json["params"]?["result"]
            else { throw ChildProcess.Failure("a notification of another shape") }
            LiveDescription.record(description.violation(ofNotification: json, schemas[subscription]))
            notifications[subscription, default: []].append(result)
        }
        return nil
    }

    func call(_ method: String, _ parameters: JSON) async throws -> JSON {
        let call: JSON = ["jsonrpc": "2.0", "id": .integer(nextID), "method": .string(method), "params": parameters]
        nextID += 1
        try await client.send(.text(call.text))
        while true {
            guard let reply = try await take() else { continue }
            LiveDescription.record(description.violation(of: reply, to: call))
            if let result = reply["result"] {
                if method == "cairn_subscribe" {
                    schemas[result.stringValue ?? ""] = description.notification(parameters)
                }
                return result
            }
            throw RPCConnection.Refusal(
                code: reply["error"]?["code"]?.int64Value ?? 0,
                message: reply["error"]?["message"]?.stringValue ?? "")
        }
    }

    func subscribe(_ kind: String, _ options: JSON = [:]) async throws -> String {
        try await call("cairn_subscribe", [.string(kind), options]).stringValue ?? ""
    }

    /// The next notification of a subscription.
    func next(_ subscription: String) async throws -> JSON {
        let start = starts[subscription, default: 0]
        while notifications[subscription, default: []].count <= start { _ = try await take() }
        starts[subscription] = start + 1
        return notifications[subscription, default: []][start]
    }

    func next(_ subscription: String, count: Int) async throws -> [JSON] {
        var results: [JSON] = []
        while results.count < count { results.append(try await next(subscription)) }
        return results
    }

    /// What came of a subscription that nobody has asked for, once the node has answered what was sent before.
    func waiting(_ subscription: String) async throws -> [JSON] {
        _ = try await call("cairn_chain", [])
        return Array(notifications[subscription, default: []].dropFirst(starts[subscription, default: 0]))
    }

    // MARK: - In bulk

    func submit(_ request: UInt64, _ transactions: [[UInt8]]) async throws {
        try await send(.binary(BulkSubmission(request: request, transactions: transactions).canonicalBytes))
    }

    func nextReply() async throws -> BulkReply {
        while replies.isEmpty { _ = try await take() }
        return replies.removeFirst()
    }

    /// Waits until the node closes the WebSocket.
    func closure() async -> WebSocketClosure? {
        do throws(WebSocketClosure) {
            while true { _ = try await client.receive() }
        } catch {
            return error
        }
    }
}
