import Networking

/// Ports of the loopback interface that are free. They are held until `release`, so that none is found twice.
struct FreePorts {
    static let host = "127.0.0.1"
    private let loop: EventLoop

    init() throws { loop = try EventLoop(name: "ports") }

    func release() { loop.stop() }

    /// So many ports from a first one on, leaving out those that are taken; with 0 those that the system gives.
    func take(_ count: Int, from base: UInt16) throws -> [UInt16] {
        guard base > 0 else { return try (0..<count).map { _ in try listen(0) } }
        var ports: [UInt16] = []
        for port in base...UInt16.max where ports.count < count {
            do throws(NetworkingError) { ports.append(try listen(port)) } catch {
                guard case .portInUse = error else { throw error }
            }
        }
        guard ports.count == count else {
            throw CommandError.failed("there are no \(count) free ports from \(base) on; begin with a lower one")
        }
        return ports
    }

    /// Whether somebody listens there.
    func isTaken(_ port: UInt16) throws -> Bool {
        do throws(NetworkingError) { _ = try listen(port) } catch {
            guard case .portInUse = error else { throw error }
            return true
        }
        return false
    }

    private func listen(_ port: UInt16) throws(NetworkingError) -> UInt16 {
        try loop.run { [loop] () throws(NetworkingError) in
            let address = try SocketAddress(host: Self.host, port: port)
            // The loop keeps it open.
            return try TCPListener(on: loop, address: address) { _ in nil }.address.port
        }
    }
}
