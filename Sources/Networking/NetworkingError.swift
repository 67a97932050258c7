internal import CUV

/// Why a stream, a listener, a loop or a thread could not do its work.
package enum NetworkingError: Error, Hashable, Sendable, CustomStringConvertible {
    case portInUse(address: String, port: UInt16)
    case addressNotOurs(address: String)
    case portForbidden(port: UInt16)
    case malformedAddress(String)
    case nameNotFound(String)
    case connectionRefused(SocketAddress)
    case unreachable(SocketAddress)
    case connectionReset
    case timedOut(operation: String, milliseconds: UInt64)
    /// The peer does not take what we send.
    case outputQueueFull(bytes: Int)
    case tls(TLSFailure)
    case loopStopped
    case threadNotStarted(name: String, code: Int32)
    /// Anything else that the system reports.
    case system(operation: String, reason: String)

    package var description: String {
        switch self {
        case .portInUse(let address, let port):
            "port \(port) of \(address) is in use: stop the program that listens there, or choose another port"
        case .addressNotOurs(let address):
            "this machine has no address \(address): choose one of its own, or 0.0.0.0 for all"
        case .portForbidden(let port):
            "listening on port \(port) is not permitted: choose a port above 1023, or grant the right"
        case .malformedAddress(let text): "\(text) is not an IPv4 or IPv6 address"
        case .nameNotFound(let name): "the host name \(name) is not known: check its spelling and the name service"
        case .connectionRefused(let address): "\(address) refused the connection: nothing listens there"
        case .unreachable(let address): "\(address) can't be reached: check the network between"
        case .connectionReset: "the peer broke the connection off"
        case .timedOut(let operation, let milliseconds): "\(operation) took longer than \(milliseconds) ms"
        case .outputQueueFull(let bytes): "the peer does not read: \(bytes) bytes wait for it"
        case .tls(let failure): failure.description
        case .loopStopped: "the event loop has stopped"
        case .threadNotStarted(let name, let code):
            "the thread \(name) could not be started (code \(code)): raise the limit on threads or memory"
        case .system(let operation, let reason): "\(operation) failed: \(reason)"
        }
    }

    /// The error of a libuv call that returned the negative `code`.
    static func system(_ operation: String, code: Int32) -> NetworkingError {
        .system(operation: operation, reason: String(cString: uv_strerror(code)))
    }

    /// The error of connecting to `address`, or of a stream to it, that libuv reports as the negative `code`.
    static func connecting(to address: SocketAddress, code: Int32) -> NetworkingError {
        switch code {
        case UV_ECONNREFUSED.rawValue: .connectionRefused(address)
        case UV_ENETUNREACH.rawValue, UV_EHOSTUNREACH.rawValue: .unreachable(address)
        case UV_ETIMEDOUT.rawValue: .unreachable(address)
        case UV_ECONNRESET.rawValue, UV_EPIPE.rawValue: .connectionReset
        default: .system("connecting to \(address)", code: code)
        }
    }
}
