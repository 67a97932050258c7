internal import CUV

extension Connection {
    /// Connects to a host, by its name or its numeric address. On the loop's thread.
    ///
    /// The addresses of a name are tried in the resolver's order.
    /// - Parameter completion: gets the open connection and gives back its handler, which then gets `connected`; or
    ///   gets the error, and what it gives back is not used.
    /// - Returns: what gives the attempt up.
    @discardableResult
    package static func connect(
        on loop: EventLoop, host: String, port: UInt16, options: ConnectionOptions = ConnectionOptions(),
        completion: @escaping Connector.Completion
    ) -> Connector {
        loop.preconditionIsCurrent()
        let connector = Connector(on: loop, host: host, port: port, options: options, completion: completion)
        connector.start()
        return connector
    }
}

/// One attempt to connect: name, addresses, sockets, and a time limit over all of these.
package final class Connector {
    package typealias Completion = (Result<Connection, NetworkingError>) -> (any StreamHandler)?

    private let loop: EventLoop
    private let host: String
    private let port: UInt16
    private let options: ConnectionOptions
    private var completion: Completion?
    /// Addresses still to try, the next one last.
    private var candidates: [SocketAddress] = []
    private var current: Connection?
    private var timer: Timer?
    private var lastError: NetworkingError

    fileprivate init(
        on loop: EventLoop, host: String, port: UInt16, options: ConnectionOptions,
        completion: @escaping Connector.Completion
    ) {
        self.loop = loop
        self.host = host
        self.port = port
        self.options = options
        self.completion = completion
        lastError = .nameNotFound(host)
    }

    /// Whether its completion is still to come.
    package var isUnderWay: Bool { completion != nil }

    /// Gives the attempt up without a further call. On the loop's thread.
    package func cancel() {
        loop.preconditionIsCurrent()
        completion = nil
        end()
    }

    fileprivate func start() {
        let milliseconds = options.connectMilliseconds
        timer = loop.schedule(afterMilliseconds: milliseconds) {
            self.give(.failure(.timedOut(operation: "connecting to \(self.host)", milliseconds: milliseconds)))
        }
        if SocketAddress.isNumeric(host) {
            candidates = [SocketAddress(numericHost: host, port: port)]
            tryNext()
        } else {
            resolve()
        }
    }

    private func resolve() {
        let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
        // Given back by the callback, or below if there will be none.
        let reference = Unmanaged.passRetained(self)
        request.pointee.data = reference.toOpaque()
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        let code = uv_getaddrinfo(
            loop.uvLoop, request,
            { request, status, found in
                defer { request?.deallocate() }
                guard let data = request?.pointee.data else { return }
                let connector = Unmanaged<Connector>.fromOpaque(data).takeRetainedValue()
                defer { uv_freeaddrinfo(found) }
                connector.candidates = SocketAddress.list(found, port: connector.port).reversed()
                connector.tryNext()
            }, host, nil, &hints)
        guard code != 0 else { return }
        request.deallocate()
        reference.release()
        give(.failure(lastError))
    }

    private func tryNext() {
        guard completion != nil else { return }
        guard !loop.isStopping else { return give(.failure(.loopStopped)) }
        guard let address = candidates.popLast() else { return give(.failure(lastError)) }
        do throws(NetworkingError) {
            let connection = try Connection(on: loop, peer: address, options: options, phase: .connecting)
            current = connection
            let request = ConnectRequest { self.finished($0, connection) }
            let bound = bind(connection, for: address)
            let code = bound == 0 ? request.start(connection, address) : bound
            if code != 0 { finished(code, connection) }
        } catch {
            give(.failure(error))
        }
    }

    /// Has a socket begin from the address that is wanted, unless that can't reach the other one's.
    private func bind(_ connection: Connection, for address: SocketAddress) -> Int32 {
        guard let host = options.localHost, SocketAddress.isNumeric(host) else { return 0 }
        let local = SocketAddress(numericHost: host, port: 0)
        guard local.isLoopback == address.isLoopback, local.isIPv6 == address.isIPv6 else { return 0 }
        let tcp = connection.pointer(as: uv_tcp_t.self)
        return local.withSystemAddress { uv_tcp_bind(tcp, $0, 0) }
    }

    private func finished(_ code: Int32, _ connection: Connection) {
        guard completion != nil, connection === current else { return }
        guard code != 0 else { return give(.success(connection)) }
        lastError = .connecting(to: connection.peer, code: code)
        connection.abort()
        current = nil
        tryNext()
    }

    private func give(_ result: Result<Connection, NetworkingError>) {
        guard let completion else { return }
        self.completion = nil
        if case .success(let connection) = result {
            current = nil
            connection.opened()
            connection.handler = completion(result)
            if let handler = connection.handler { handler.connected() } else { connection.abort() }
        } else {
            _ = completion(result)
        }
        end()
    }

    private func end() {
        timer?.cancel()
        timer = nil
        candidates = []
        current?.abort()
        current = nil
    }
}

/// One `uv_connect_t`, alive until libuv calls back.
private final class ConnectRequest {
    private let done: (Int32) -> Void
    private let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)

    init(done: @escaping (Int32) -> Void) { self.done = done }

    deinit { request.deallocate() }

    func start(_ connection: Connection, _ address: SocketAddress) -> Int32 {
        let reference = Unmanaged.passRetained(self)
        request.pointee.data = reference.toOpaque()
        let tcp = connection.pointer(as: uv_tcp_t.self)
        let code = address.withSystemAddress { systemAddress in
            uv_tcp_connect(request, tcp, systemAddress) { request, status in
                guard let data = request?.pointee.data else { return }
                Unmanaged<ConnectRequest>.fromOpaque(data).takeRetainedValue().done(status)
            }
        }
        if code != 0 { reference.release() }
        return code
    }
}
