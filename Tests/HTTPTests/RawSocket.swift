import Glibc
import Networking

/// A blocking socket that sends exactly the bytes that a test wants, when it wants.
final class RawSocket {
    private let descriptor: Int32

    init(_ address: SocketAddress, receiveBufferBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var bytes = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var noDelay: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
        var system = sockaddr_in()
        system.sin_family = sa_family_t(AF_INET)
        system.sin_port = address.port.bigEndian
        inet_pton(AF_INET, address.host, &system.sin_addr)
        let code = withUnsafePointer(to: &system) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw RawSocketError.notConnected(errno) }
    }

    deinit { close(descriptor) }

    /// - Returns: whether all was taken.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Has `send` give up when nothing is taken for so long.
    func limitSending(toMilliseconds milliseconds: Int) {
        var patience = timeval(tv_sec: 0, tv_usec: milliseconds * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next bytes; none at the end, nil after an error such as a reset, or when nothing comes for ten seconds.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : Array(buffer[..<count])
    }

    /// All that comes until the server closes.
    func receiveAll() -> String {
        var all: [UInt8] = []
        while let bytes = receive(), !bytes.isEmpty { all += bytes }
        return String(decoding: all, as: UTF8.self)
    }

    /// What comes until it holds `count` times `text`.
    func receive(until text: String, times count: Int = 1) -> String {
        var all: [UInt8] = []
        while String(decoding: all, as: UTF8.self).split(separator: text, omittingEmptySubsequences: false).count
            <= count
        {
            guard let bytes = receive(), !bytes.isEmpty else { break }
            all += bytes
        }
        return String(decoding: all, as: UTF8.self)
    }
}

enum RawSocketError: Error { case notConnected(Int32) }

/// Waits on the calling thread.
func usleepMilliseconds(_ milliseconds: UInt32) -> Int32 { usleep(milliseconds * 1000) }
