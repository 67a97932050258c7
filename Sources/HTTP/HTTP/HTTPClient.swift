package import Networking

/// How a client bounds its requests.
package struct HTTPClientConfiguration: Sendable {
    /// How long a reply may take, from the request's handing over, connecting included.
    package var timeoutMilliseconds: UInt64 = 30_000
    package var bodyBytesMax = HTTPLimits.responseBodyBytesMax
    /// How many requests are sent ahead of their replies.
    package var pipelineDepthMax = HTTPLimits.pipelineDepthMax
    package var requestsMax = HTTPLimits.clientRequestsMax
    package var stream = ConnectionOptions()
    /// For `https://` endpoints.
    package var tls = HTTPClientTLS()
    /// Fields of every request, such as Authorization.
    package var headers: [(name: String, value: String)] = []

    package init() {}
}

/// An HTTP/1.1 client that keeps one connection to one server.
///
/// Requests are sent in the order of their handing over, several ahead of their replies. When a kept connection turns
/// out to be closed, the requests on it that got no reply are sent once more on a new one. That suits our servers: to
/// ask twice is harmless, and a transaction sent twice is one transaction.
package final class HTTPClient: Sendable {
    package typealias Completion = @Sendable (Result<HTTPResponse, HTTPClientError>) -> Void

    package let endpoint: HTTPEndpoint
    private let loop: EventLoop
    private let session: HTTPClientSession
    private let headers: [(name: String, value: String)]

    package init(
        on loop: EventLoop, endpoint: HTTPEndpoint, configuration: HTTPClientConfiguration = HTTPClientConfiguration()
    ) {
        self.loop = loop
        self.endpoint = endpoint
        headers = configuration.headers
        session = HTTPClientSession(loop, endpoint, configuration)
    }

    deinit { close() }

    /// Sends a request. From any thread; `completion` is called once, as a rule on the loop's thread.
    /// - Parameter path: starts with `/`; nil for the endpoint's own.
    package func send(
        _ method: HTTPMethod, path: String? = nil, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        completion: @escaping Completion
    ) {
        let bytes = HTTPClientRequest.bytes(method, path ?? endpoint.path, endpoint, self.headers + headers, body)
        guard let bytes else { return completion(.failure(.malformedRequest)) }
        let isPosted = loop.post { [session] in
            session.send(HTTPClientRequest(bytes: bytes, completion: completion))
        }
        if !isPosted { completion(.failure(.closed)) }
    }

    /// Posts a body of JSON and waits for the reply.
    package func post(path: String? = nil, body: [UInt8]) async throws(HTTPClientError) -> HTTPResponse {
        try await send(.post, path: path, headers: [("Content-Type", "application/json")], body: body)
    }

    package func get(path: String? = nil) async throws(HTTPClientError) -> HTTPResponse {
        try await send(.get, path: path)
    }

    package func send(
        _ method: HTTPMethod, path: String? = nil, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) async throws(HTTPClientError) -> HTTPResponse {
        let result: Result<HTTPResponse, HTTPClientError> = await withCheckedContinuation { continuation in
            send(method, path: path, headers: headers, body: body) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Closes the connection; requests without a reply fail. From any thread.
    package func close() {
        loop.post { [session] in session.close() }
    }
}

/// A request on its way.
struct HTTPClientRequest {
    let bytes: [UInt8]
    let completion: HTTPClient.Completion
    /// When it is given up, on the loop's clock.
    var deadlineMilliseconds: UInt64 = 0
    var isSecondAttempt = false

    init(bytes: [UInt8], completion: @escaping HTTPClient.Completion) {
        self.bytes = bytes
        self.completion = completion
    }

    /// - Returns: nil if a part holds what it can't.
    static func bytes(
        _ method: HTTPMethod, _ path: String, _ endpoint: HTTPEndpoint, _ headers: [(name: String, value: String)],
        _ body: [UInt8]
    ) -> [UInt8]? {
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            headers.allSatisfy({ HTTPReply.isValid($0) })
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128 + path.utf8.count + body.count)
        bytes.append(contentsOf: "\(method.rawValue) \(path) HTTP/1.1\r\nHost: \(endpoint.authority)\r\n".utf8)
        for (name, value) in headers { bytes.append(contentsOf: "\(name): \(value)\r\n".utf8) }
        if method == .post { bytes.append(contentsOf: "Content-Length: \(body.count)\r\n".utf8) }
        bytes.append(contentsOf: "\r\n".utf8)
        if method == .post { bytes.append(contentsOf: body) }
        return bytes
    }
}
