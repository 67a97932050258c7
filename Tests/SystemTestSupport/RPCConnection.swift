package import HTTP
internal import Networking
internal import Synchronization

/// JSON-RPC to a node, on the level of its texts. One connection; for requests that wait, use one each.
///
/// Every reply is held against what the node says of itself; what is not as described is an issue of the test.
package final class RPCConnection: Sendable {
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package let code: Int64
        package let message: String
        package var description: String { "\(message) (code \(code))" }

        package init(code: Int64, message: String) {
            self.code = code
            self.message = message
        }
    }

    private static let loop = Result { () throws(NetworkingError) in try EventLoop(name: "test-clients") }
    private let http: HTTPClient
    /// Nil until there is a reply to check.
    private let description: Mutex<LiveDescription?>

    /// - Parameter description: one to go by instead of the node's own.
    package init(_ endpoint: String, description: LiveDescription? = nil) throws {
        self.description = Mutex(description)
        var configuration = HTTPClientConfiguration()
        configuration.timeoutMilliseconds = 20_000
        http = HTTPClient(on: try Self.loop.get(), endpoint: try HTTPEndpoint(endpoint), configuration: configuration)
    }

    /// Posts a text, and gives back the status and the body.
    package func post(_ body: [UInt8]) async throws -> (status: Int, body: [UInt8]) {
        let response = try await http.post(body: body)
        if response.status == 200, let description = try await liveDescription() {
            LiveDescription.record(description.violation(ofReply: response.body, to: body))
        }
        return (response.status, response.body)
    }

    /// What the node says of itself; nil if it has ended meanwhile.
    package func liveDescription() async throws -> LiveDescription? {
        if let known = description.withLock(\.self) { return known }
        guard let response = try? await http.post(body: LiveDescription.request) else { return nil }
        let read = try LiveDescription.read(response.body)
        description.withLock { $0 = read }
        return read
    }

    package func post(_ text: String) async throws -> JSON {
        try JSON(parsing: try await post(Array(text.utf8)).body)
    }

    /// Calls a method; an error of JSON-RPC is thrown as `Refusal`.
    package func call(_ method: String, _ parameters: JSON = []) async throws -> JSON {
        try await calls([(method, parameters)])[0].get()
    }

    /// Calls several methods in one batch.
    package func calls(_ list: [(method: String, parameters: JSON)]) async throws -> [Result<JSON, Refusal>] {
        let batch = list.enumerated().map { index, call in
            ["jsonrpc": "2.0", "id": .integer(Int64(index)), "method": .string(call.method), "params": call.parameters]
                as JSON
        }
        let body = try await post(JSON.array(batch).text).body
        guard let replies = try JSON(parsing: body).arrayValue, replies.count == list.count else {
            let shown = String(decoding: body.prefix(200), as: UTF8.self)
            throw Refusal(code: 0, message: "not a reply to a batch: \(shown)")
        }
        return replies.map { reply in
            if let result = reply["result"] { return .success(result) }
            let error = reply["error"]
            return .failure(
                Refusal(code: error?["code"]?.int64Value ?? 0, message: error?["message"]?.stringValue ?? ""))
        }
    }
}
