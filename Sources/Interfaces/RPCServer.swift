internal import HTTP
package import Networking
package import Node
internal import Operations
internal import Synchronization

/// A node's JSON-RPC endpoint over HTTP and over WebSockets, at one port and any path; `GET /metrics` gives what operators
/// watch, for Prometheus.
///
/// On loopback it answers whoever reaches it, unless the configuration says otherwise; elsewhere it speaks TLS, and asks
/// who calls (`Doorkeeper`).
package final class RPCServer: Sendable {
    /// What answers calls.
    private struct Ready: Sendable {
        let node: Node
        /// By the rights of callers.
        let services: [JSONRPCService]
        let publisher: Publisher
        let door = DoorBudget()

        init(_ node: Node, _ publisher: Publisher) {
            (self.node, self.publisher) = (node, publisher)
            services = (0...Rights.all.rawValue).map { rights in
                JSONRPCService(CairnMethods(node: node, rights: Rights(rawValue: rights)))
            }
        }
    }

    /// Nil until the node has recovered.
    private final class Service: Sendable {
        let value = Mutex<Ready?>(nil)
    }

    package let address: SocketAddress
    /// Where clients reach it on its own machine.
    package let endpoint: String
    private let server: HTTPServer
    private let service = Service()
    private let doorkeeper: Doorkeeper?

    /// Takes the address, so that one in use is known before the node does any work. Until `serve` requests are told to
    /// come again later.
    /// - Parameter path: where a name of the configuration is.
    /// - Parameter notice: told for the log what has become of files that have changed.
    package init(
        on loop: EventLoop, version: String, address: SocketAddress, access: NodeConfiguration.Access,
        path: @escaping @Sendable (String) -> String, notice: @escaping @Sendable (String) -> Void
    ) throws {
        precondition(address.isLoopback || access.tls != nil, "the configuration admits no others")
        let files = EndpointFiles(access: access, path: path)
        let doorkeeper =
            access.isGuarded || access.limits != NodeConfiguration.Access.Limits()
            ? try Doorkeeper(on: loop, files, notice: notice) : nil
        self.doorkeeper = doorkeeper
        let acceptor: WebSocketAcceptor = { [service] request in
            guard let ready = service.value.withLock({ $0 }) else { return nil }
            let admitted = request.caller as? Doorkeeper.Admitted
            return { connection in
                let access = doorkeeper.flatMap { doorkeeper in admitted.map { SessionAccess(doorkeeper, $0) } }
                return JSONRPCSession(
                    connection,
                    ClientSession(
                        connection, node: ready.node, publisher: ready.publisher, door: ready.door, access: access))
            }
        }
        server = try HTTPServer(
            on: loop, address: address, configuration: try Self.configuration(files, address, doorkeeper),
            webSocket: acceptor
        ) { [service] request, responder in
            guard let ready = service.value.withLock({ $0 }) else {
                let text = Array("the node is starting\n".utf8)
                return responder.respond(
                    status: 503, headers: [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1")],
                    body: text)
            }
            let caller = (request.caller as? Doorkeeper.Admitted)?.caller
            if request.method == .get, request.target == MetricsText.path {
                return Self.respond(responder, ready.node, caller, version)
            }
            guard let doorkeeper, let caller else {
                return ready.services[Int(Rights.all.rawValue)].handle(request, responder)
            }
            // One call and the head were charged when it was admitted.
            ready.services[Int(caller.rights.rawValue)].handle(request, responder) { count in
                doorkeeper.charge(caller.name, calls: count - 1, byteCount: request.body.count)
            }
        }
        self.address = server.address
        endpoint = "\(access.tls == nil ? "http" : "https")://\(server.address)"
    }

    private static func configuration(
        _ files: EndpointFiles, _ address: SocketAddress, _ doorkeeper: Doorkeeper?
    ) throws(EndpointError) -> HTTPServerConfiguration {
        let access = files.access
        var configuration = HTTPServerConfiguration()
        configuration.tls = try files.identity()
        var names = HTTPAccess.standard(for: address)
        if !access.hosts.isEmpty { names.hosts = .named(access.hosts) }
        names.isOriginAllowed = { [origins = Set(access.origins.map { $0.lowercased() })] in
            origins.contains($0.lowercased())
        }
        configuration.access = names
        if let doorkeeper { configuration.doorkeeper = { doorkeeper.admit($0, $1) } }
        guard access.tls != nil || access.limits.connectionsPerAddress != nil else { return configuration }
        var bounds = InboundGate.Bounds()
        bounds.connectionsMax = configuration.connectionsMax
        bounds.connectionsPerAddressMax = access.limits.connectionsPerAddress ?? EndpointLimits.connectionsPerAddress
        bounds.handshakesMax = EndpointLimits.handshakesMax
        bounds.handshakesPerAddressMax = EndpointLimits.handshakesPerAddressMax
        bounds.handshakesKept = 0
        bounds.handshakesPerSecond = EndpointLimits.handshakesPerSecond
        configuration.inbound = bounds
        return configuration
    }

    /// Tells what operators watch.
    private static func respond(_ responder: HTTPResponder, _ node: Node, _ caller: Caller?, _ version: String) {
        guard caller?.rights.allow(.operate) ?? true else {
            return responder.respond(
                status: 403, headers: [("Content-Type", "text/plain; charset=utf-8")],
                body: Array("whoever asks for metrics needs the right operate\n".utf8))
        }
        responder.respond(
            status: 200, headers: [("Content-Type", MetricsText.contentType)],
            body: Array(node.metrics(version: version).utf8))
    }

    /// Answers for the node from now on.
    package func serve(_ node: Node) throws {
        try doorkeeper?.watch(node)
        let publisher = Publisher(node: node)
        try publisher.start()
        let ready = Ready(node, publisher)
        service.value.withLock { $0 = ready }
    }

    /// Takes no more requests, and answers those that are due; subscribers are told nothing more.
    package func close() {
        server.close()
        doorkeeper?.stop()
        service.value.withLock(\.self)?.publisher.stop()
    }
}
