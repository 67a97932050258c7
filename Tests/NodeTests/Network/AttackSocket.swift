import Glibc
import Networking

/// A connection of an attacker's: nothing of ours stands between it and the system, so that it can do what our own
/// connections would not.
///
/// It is `@unchecked Sendable` because the system's calls on a descriptor may come from any thread.
final class AttackSocket: @unchecked Sendable {
    private let descriptor: Int32

    /// Connects to a port of this machine, from one of its addresses: who calls from 127.0.0.1 looks like a peer, as
    /// the nodes of a test all have that address. Nil if nobody takes it.
    init?(to port: UInt16, from host: String = AttackSocket.stranger()) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var pause = timeval(tv_sec: 1, tv_usec: 0)
        var reset = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &pause, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &pause, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
        guard Self.withAddress(host, 0, { bind(descriptor, $0, $1) }) == 0,
            Self.withAddress("127.0.0.1", port, { connect(descriptor, $0, $1) }) == 0
        else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// One of many addresses that no node has.
    static func stranger(_ number: Int = Int.random(in: 0..<200)) -> String { "127.0.1.\(number % 200 + 10)" }

    private static func withAddress(
        _ host: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    /// Sends as much as goes within a second. False if that was not all.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// What has come; nil if nothing comes within a second or the other end is gone.
    func receive() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    /// Whether the other end ends it within so many seconds. What still comes is dropped.
    func isEnded(seconds: Double) -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { return true }
        }
        return false
    }
}
