internal import CUV

/// Accepts TCP connections at one address and port.
package final class TCPListener: LoopHandle, @unchecked Sendable {
    /// Chooses what handles a new connection; nil turns it away.
    package typealias Accept = (Connection) -> (any StreamHandler)?

    /// Where it listens; the port is the one that the system chose if 0 was asked for.
    package private(set) var address: SocketAddress
    private let options: ConnectionOptions
    private var accept: Accept?

    /// Listens at a numeric address, on a port or, if it is 0, on any free one. On the loop's thread.
    package init(
        on loop: EventLoop, address: SocketAddress, options: ConnectionOptions = ConnectionOptions(),
        accept: @escaping Accept
    ) throws(NetworkingError) {
        loop.preconditionIsCurrent()
        guard !loop.isStopping else { throw .loopStopped }
        self.address = address
        self.options = options
        self.accept = accept
        let uvLoop = loop.uvLoop
        try super.init(UV_TCP, on: loop, operation: "making a socket") { memory in
            uv_tcp_init(uvLoop, memory.assumingMemoryBound(to: uv_tcp_t.self))
        }
        let code = listen()
        guard code == 0 else {
            self.accept = nil
            closeHandle()
            throw TCPListener.error(code, at: address)
        }
        readBoundPort()
    }

    /// Accepts no more. Connections that were accepted live on. On the loop's thread.
    package func close() {
        loop.preconditionIsCurrent()
        accept = nil
        closeHandle()
    }

    private func listen() -> Int32 {
        let tcp = pointer(as: uv_tcp_t.self)
        let code = address.withSystemAddress { uv_tcp_bind(tcp, $0, 0) }
        guard code == 0 else { return code }
        return uv_listen(pointer(as: uv_stream_t.self), NetworkingLimits.listenBacklog) { handle, status in
            if status == 0 { LoopHandle.owner(TCPListener.self, of: handle)?.acceptNext() }
        }
    }

    private func acceptNext() {
        guard let accept,
            let connection = try? Connection(on: loop, peer: address, options: options, phase: .connecting)
        else { return }
        guard connection.isHandleOpen, uv_accept(pointer(as: uv_stream_t.self), connection.stream) == 0 else {
            return connection.abort()
        }
        connection.opened()
        guard let handler = accept(connection) else { return connection.close() }
        connection.handler = handler
    }

    private func readBoundPort() {
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        let tcp = pointer(as: uv_tcp_t.self)
        withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bound in
                guard uv_tcp_getsockname(tcp, bound, &length) == 0, let found = SocketAddress(bound) else { return }
                address = found
            }
        }
    }

    override func loopStops() { close() }

    private static func error(_ code: Int32, at address: SocketAddress) -> NetworkingError {
        switch code {
        case UV_EADDRINUSE.rawValue: .portInUse(address: address.host, port: address.port)
        case UV_EADDRNOTAVAIL.rawValue: .addressNotOurs(address: address.host)
        case UV_EACCES.rawValue: .portForbidden(port: address.port)
        default: .system("listening at \(address)", code: code)
        }
    }
}
