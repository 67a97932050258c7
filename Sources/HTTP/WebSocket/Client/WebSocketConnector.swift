package import Networking

/// How a client opens a WebSocket.
package struct WebSocketClientConfiguration: Sendable {
    /// How long the opening may take, connecting included.
    package var openMilliseconds: UInt64 = 10_000
    package var webSocket = WebSocketConfiguration()
    package var stream = ConnectionOptions()
    /// For `https://` endpoints.
    package var tls = HTTPClientTLS()
    /// Further fields of the request, such as Origin.
    package var headers: [(name: String, value: String)] = []

    package init() {}
}

extension WebSocketConnection {
    package typealias Opened = @Sendable (Result<WebSocketConnection, HTTPClientError>) -> Void

    /// Opens a WebSocket as its client. From any thread.
    /// - Parameter makeSession: called on the loop's thread once it is open, just before `completion`.
    /// - Parameter completion: called once, as a rule on the loop's thread.
    package static func open(
        on loop: EventLoop, to endpoint: HTTPEndpoint,
        configuration: WebSocketClientConfiguration = WebSocketClientConfiguration(),
        makeSession: @Sendable @escaping (WebSocketConnection) -> any WebSocketSession, completion: @escaping Opened
    ) {
        let key = WebSocketHandshake.makeKey()
        let headers = WebSocketHandshake.requestHeaders(key: key) + configuration.headers
        guard let request = HTTPClientRequest.bytes(.get, endpoint.path, endpoint, headers, []) else {
            return completion(.failure(.malformedRequest))
        }
        let isPosted = loop.post {
            let opening = WebSocketOpening(loop, endpoint, configuration, key, makeSession, completion)
            opening.start(request)
        }
        if !isPosted { completion(.failure(.closed)) }
    }
}

/// A client's connection: the opening handshake, and from then on the WebSocket's stream.
final class WebSocketOpening: StreamHandler {
    private let loop: EventLoop
    private let endpoint: HTTPEndpoint
    private let configuration: WebSocketClientConfiguration
    private let key: String
    private let makeSession: WebSocketSessionFactory
    private var completion: WebSocketConnection.Opened?
    private var request: [UInt8] = []
    private var lines = HTTPLineCollector(bytesMax: HTTPLimits.headBytesMax, hasStartLine: true)
    private var stream: (any ByteStream)?
    private var webSocket: WebSocketConnection?
    /// Bounds the opening, and then looks at the WebSocket's deadlines.
    private var timer: Timer?

    init(
        _ loop: EventLoop, _ endpoint: HTTPEndpoint, _ configuration: WebSocketClientConfiguration, _ key: String,
        _ makeSession: @escaping WebSocketSessionFactory, _ completion: @escaping WebSocketConnection.Opened
    ) {
        self.loop = loop
        self.endpoint = endpoint
        self.configuration = configuration
        self.key = key
        self.makeSession = makeSession
        self.completion = completion
    }

    func start(_ request: [UInt8]) {
        self.request = request
        let milliseconds = configuration.openMilliseconds
        timer = loop.schedule(afterMilliseconds: milliseconds) { [self] in
            fail(.timedOut(endpoint, milliseconds: milliseconds))
        }
        var options = configuration.stream
        options.connectMilliseconds = min(options.connectMilliseconds, milliseconds)
        let connector = HTTPConnector(loop, endpoint, configuration.tls) { [self] result in
            switch result {
            case .success(let connection):
                guard completion != nil else { return nil }
                stream = connection
                return self
            case .failure(let error):
                fail(HTTPClientError(error, endpoint))
                return nil
            }
        }
        connector.start(options)
    }

    // MARK: - Stream events

    func connected() { stream?.send(request) }

    func received(_ bytes: Span<UInt8>) {
        if let webSocket { return webSocket.received(bytes) }
        var offset = 0
        do throws(HTTPFailure) {
            while completion != nil, try lines.take(bytes, &offset) {
                let head = lines.finish()
                guard let headers = try switched(head) else { continue }
                if let flaw = WebSocketHandshake.flaw(in: headers, key: key) { throw HTTPFailure(101, flaw) }
                var rest: [UInt8] = []
                rest.append(span: bytes.extracting(offset...))
                return open(behindHandshake: rest)
            }
        } catch {
            fail(.malformedReply(endpoint, reason: error.reason))
        }
    }

    func peerFinished() {
        if let webSocket { return webSocket.peerFinished() }
        fail(.connectionLost(endpoint))
    }

    func drained() { webSocket?.drained() }

    func closed(_ error: NetworkingError?) {
        timer?.cancel()
        timer = nil
        webSocket?.streamClosed(error)
        fail(.connectionLost(endpoint))
    }

    // MARK: - The handshake

    /// - Returns: the header of the reply that switches protocols; nil after an interim reply, or a refusal.
    private func switched(_ head: [UInt8]) throws(HTTPFailure) -> HTTPHeaders? {
        let reply = try HTTPHead(head)
        let (status, isVersion10) = try HTTPResponseParser.statusLine(head[reply.startLine])
        if status == 101, !isVersion10 { return reply.headers }
        guard status < 200, status != 101 else {
            fail(.upgradeRefused(endpoint, status: status))
            return nil
        }
        return nil
    }

    private func open(behindHandshake bytes: [UInt8]) {
        guard let stream, let completion else { return }
        self.completion = nil
        let opened = WebSocketConnection(stream, on: loop, .client, configuration: configuration.webSocket)
        webSocket = opened
        timer?.cancel()
        let pace = min(max(configuration.webSocket.shortestMilliseconds / 4, 5), 1_000)
        timer = loop.schedule(everyMilliseconds: pace) { [unowned self] in
            webSocket?.checkDeadlines(nowMilliseconds: loop.nowMilliseconds)
        }
        opened.open(
            { connection in
                let session = makeSession(connection)
                completion(.success(connection))
                return session
            }, behindHandshake: bytes)
    }

    private func fail(_ error: HTTPClientError) {
        guard let completion else { return }
        self.completion = nil
        timer?.cancel()
        timer = nil
        stream?.abort()
        completion(.failure(error))
    }
}

extension HTTPClientError {
    /// The error of connecting.
    init(_ error: NetworkingError, _ endpoint: HTTPEndpoint) {
        switch error {
        case .connectionRefused: self = .connectionRefused(endpoint)
        case .timedOut(_, let milliseconds): self = .timedOut(endpoint, milliseconds: milliseconds)
        default: self = .notConnected(endpoint, error)
        }
    }
}

extension HTTPEndpoint {
    /// Reads `ws://host[:port][/path]`, or the same with `wss`.
    package init(webSocket text: String) throws(HTTPClientError) {
        let lower = text.lowercased()
        guard lower.hasPrefix("ws://") || lower.hasPrefix("wss://") else { throw .malformedAddress(text) }
        do throws(HTTPClientError) {
            try self.init("http" + text.dropFirst(2))
        } catch {
            throw .malformedAddress(text)
        }
    }
}
