package import Networking

/// Why a request got no reply.
package enum HTTPClientError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformedAddress(String)
    /// Path or header fields of the request hold characters that they can't.
    case malformedRequest
    case connectionRefused(HTTPEndpoint)
    case notConnected(HTTPEndpoint, NetworkingError)
    /// The connection ended before the reply did.
    case connectionLost(HTTPEndpoint)
    case timedOut(HTTPEndpoint, milliseconds: UInt64)
    case malformedReply(HTTPEndpoint, reason: String)
    /// The server did not open a WebSocket.
    case upgradeRefused(HTTPEndpoint, status: Int)
    case tooManyRequests(maximum: Int)
    case closed

    package var description: String {
        switch self {
        case .malformedAddress(let text):
            "\(text) is not an address like http://127.0.0.1:8545 or https://node.example.org:8545"
        case .malformedRequest: "the request's path or header fields hold characters that they can't"
        case .connectionRefused(let endpoint): "connection refused at \(endpoint): is the node running?"
        case .notConnected(let endpoint, let error): "no connection to \(endpoint): \(error)"
        case .connectionLost(let endpoint):
            "\(endpoint) closed the connection before it had answered: look at the node's log, then try again"
        case .timedOut(let endpoint, let milliseconds):
            "\(endpoint) did not answer within \(milliseconds) ms: the node may be overloaded"
        case .malformedReply(let endpoint, let reason):
            "the reply of \(endpoint) is not HTTP (\(reason)): is this the node's address?"
        case .upgradeRefused(let endpoint, let status) where [401, 403, 429].contains(status):
            "\(endpoint) opens no WebSocket (status \(status)): \(Self.refusal(status))"
        case .upgradeRefused(let endpoint, let status):
            "\(endpoint) opens no WebSocket (status \(status)): is this the node's address, and is the node ready?"
        case .tooManyRequests(let maximum): "\(maximum) requests wait for replies already: send more slowly"
        case .closed: "the client has been closed"
        }
    }

    private static func refusal(_ status: Int) -> String {
        switch status {
        case 401: "it wants a certificate or a token that it knows"
        case 403: "it does not let this caller in, or not under this name"
        default: "there were too many requests; try again later"
        }
    }
}
