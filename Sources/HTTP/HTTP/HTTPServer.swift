package import Networking

/// Answers a request through its responder, now or later. It is called on the loop's thread and must not wait there.
package typealias HTTPHandler = @Sendable (HTTPRequest, HTTPResponder) -> Void

/// What an HTTP server allows its clients.
package struct HTTPServerConfiguration: Sendable {
    package var bodyBytesMax = HTTPLimits.requestBodyBytesMax
    package var connectionsMax = HTTPLimits.connectionsMax
    package var pipelineDepthMax = HTTPLimits.pipelineDepthMax
    package var waitingReplyBytesMax = HTTPLimits.waitingReplyBytesMax
    /// How long a request's head may take from its first byte.
    package var headMilliseconds: UInt64 = 5_000
    /// How long a request's body may take from the end of the head.
    package var bodyMilliseconds: UInt64 = 30_000
    /// How long a connection may do nothing, and how long a client may take nothing of what waits for it.
    package var idleMilliseconds: UInt64 = 60_000
    /// The limits of each connection's output, and of its closing.
    package var stream = ConnectionOptions()
    /// Whom it answers; nil for what suits the address (`HTTPAccess.standard`).
    package var access: HTTPAccess?
    /// Who the server is over TLS, by which clients may show certificates; nil for HTTP in plain text.
    package var tls: TLSIdentity?
    /// How many connections it takes by address, and handshakes of TLS; nil for `connectionsMax` alone.
    package var inbound: InboundGate.Bounds?
    /// How many connections of TLS from one address a second it takes, and at once after a rest, with `inbound`.
    package var connectionsPerSecond = HTTPLimits.connectionsPerSecond
    package var connectionsAtOnce = HTTPLimits.connectionsAtOnce
    /// Decides on requests before anybody answers them; nil for all.
    package var doorkeeper: HTTPDoorkeeper?
    package var webSocket = WebSocketConfiguration()

    package init() {}

    /// How often deadlines are looked at: often enough that the shortest is kept within a quarter.
    var sweepMilliseconds: UInt64 {
        let shortest = min(headMilliseconds, bodyMilliseconds, idleMilliseconds, webSocket.shortestMilliseconds)
        return min(max(shortest / 4, 5), 1_000)
    }
}

/// An HTTP/1.1 server for GET and POST (RFC 9110, RFC 9112), on an event loop; connections may become WebSockets.
///
/// It is `@unchecked Sendable` because what changes in it is used on the loop's thread only; `close` posts there.
package final class HTTPServer: @unchecked Sendable {
    /// Where it listens, with the port that the system chose if 0 was asked for.
    package let address: SocketAddress
    private let loop: EventLoop
    private let core: Core

    /// Listens at a numeric address. From any thread.
    /// - Parameter webSocket: decides on WebSockets, which may be opened at any path; nil if there are none.
    package init(
        on loop: EventLoop, address: SocketAddress,
        configuration: HTTPServerConfiguration = HTTPServerConfiguration(), webSocket: WebSocketAcceptor? = nil,
        handler: @escaping HTTPHandler
    ) throws(NetworkingError) {
        self.loop = loop
        let access = configuration.access ?? .standard(for: address)
        let core = try Core(loop, configuration, access, webSocket, handler)
        self.core = core
        self.address = try loop.run { () throws(NetworkingError) in try core.start(at: address) }
    }

    /// Accepts no more, answers the requests that are due, and then closes each connection; WebSockets are closed with
    /// 1001. From any thread.
    package func close() {
        loop.post { [core] in core.finish() }
    }

    /// What lives on the loop's thread.
    ///
    /// It is `@unchecked Sendable` because it is used there only, and its users get there by `post` and `run`.
    private final class Core: @unchecked Sendable {
        private let loop: EventLoop
        private let configuration: HTTPServerConfiguration
        private let access: HTTPAccess
        private let handler: HTTPHandler
        private let upgrades: WebSocketUpgrades?
        private let budget: HTTPReplyBudget
        private var connections: [ObjectIdentifier: HTTPServerConnection] = [:]
        private var listener: TCPListener?
        private var sweep: Timer?
        private var isFinishing = false
        private let tls: TLSContext?
        private var gate: InboundGate?
        private var rates: RateTable

        init(
            _ loop: EventLoop, _ configuration: HTTPServerConfiguration, _ access: HTTPAccess,
            _ acceptor: WebSocketAcceptor?, _ handler: @escaping HTTPHandler
        ) throws(NetworkingError) {
            self.loop = loop
            self.configuration = configuration
            self.access = access
            self.handler = handler
            upgrades = acceptor.map { WebSocketUpgrades($0, countMax: configuration.webSocket.connectionsMax) }
            budget = HTTPReplyBudget(byteCountMax: configuration.waitingReplyBytesMax)
            tls = try configuration.tls.map { identity throws(NetworkingError) in try TLSContext(identity, .clients) }
            gate = configuration.inbound.map { InboundGate($0, nowMilliseconds: 0) }
            rates = RateTable(
                perSecond: configuration.connectionsPerSecond, capacity: configuration.connectionsAtOnce,
                clientsMax: RateLimits.clientsMax, nowMilliseconds: 0)
        }

        func start(at address: SocketAddress) throws(NetworkingError) -> SocketAddress {
            let listener = try TCPListener(on: loop, address: address, options: configuration.stream) {
                [self] in accept($0)
            }
            self.listener = listener
            sweep = loop.schedule(everyMilliseconds: configuration.sweepMilliseconds) { [self] in
                let now = loop.nowMilliseconds
                for connection in Array(connections.values) { connection.checkDeadlines(nowMilliseconds: now) }
            }
            return listener.address
        }

        func finish() {
            isFinishing = true
            listener?.close()
            listener = nil
            for connection in Array(connections.values) { connection.finish() }
            stopSweepWhenDone()
        }

        private func accept(_ stream: Connection) -> (any StreamHandler)? {
            let network = gate == nil ? "" : stream.peer.network
            guard connections.count < configuration.connectionsMax, enters(network) else {
                // Who begins TLS can't read a refusal in plain text.
                guard tls == nil else {
                    stream.abort()
                    return nil
                }
                let failure = HTTPFailure(503, "the server has as many connections as it allows; try again later")
                stream.send(HTTPReply.failure(failure, closes: true))
                return nil
            }
            guard let tls else {
                gate?.admit(network)
                return serve(stream, chain: [], network)
            }
            return TLSStream(over: stream, on: loop, tls, .server) { [self] result in
                guard case .success(let secured) = result, !isFinishing,
                    connections.count < configuration.connectionsMax
                else {
                    gate?.leave(network, wasAdmitted: false)
                    return nil
                }
                gate?.admit(network)
                return serve(secured, chain: secured.peerChain, network)
            }
        }

        /// Counts a new connection; false if it is not taken. Who comes too often is not taken either: each handshake
        /// costs a signature.
        private func enters(_ network: String) -> Bool {
            guard gate != nil else { return true }
            let now = loop.nowMilliseconds
            guard tls != nil else { return gate?.enter(network, isKnown: true, nowMilliseconds: now) == true }
            guard rates.waitMilliseconds(network, nowMilliseconds: now) == 0,
                gate?.enter(network, isKnown: false, nowMilliseconds: now) == true
            else { return false }
            rates.take(1, by: network, nowMilliseconds: now)
            return true
        }

        private func serve(_ stream: any ByteStream, chain: [[UInt8]], _ network: String) -> any StreamHandler {
            let connection = HTTPServerConnection(
                stream, on: loop, configuration: configuration, access: access,
                peer: HTTPPeer(stream.peer, chain: chain), handler: handler, upgrades: upgrades,
                budget: budget
            ) { [self] in
                gate?.leave(network, wasAdmitted: true)
                connections[ObjectIdentifier($0)] = nil
                stopSweepWhenDone()
            }
            connections[ObjectIdentifier(connection)] = connection
            return connection
        }

        private func stopSweepWhenDone() {
            guard listener == nil, connections.isEmpty else { return }
            sweep?.cancel()
            sweep = nil
        }
    }
}
