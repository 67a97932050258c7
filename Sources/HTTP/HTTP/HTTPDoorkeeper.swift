package import Networking

/// Decides on a request whose Host and Origin are allowed, before anybody answers it or makes it a WebSocket: once for
/// each, as a rule before its body has come. It is called on the loop's thread and must not wait there.
package typealias HTTPDoorkeeper = @Sendable (HTTPRequest, HTTPPeer) -> HTTPAdmission

package enum HTTPAdmission: Sendable {
    /// The request's `caller` from then on.
    case admitted(as: any Sendable)
    case refused(HTTPRefusal)
}

/// The reply to a request that is refused.
package struct HTTPRefusal: Sendable {
    package let status: Int
    /// Besides Content-Length and Connection.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// Whether the connection ends with it. It does in any case where the request's body has not come.
    package let closes: Bool

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8], closes: Bool) {
        (self.status, self.headers, self.body, self.closes) = (status, headers, body, closes)
    }

    init(_ failure: HTTPFailure) {
        self.init(
            status: failure.status, headers: [("Content-Type", "text/plain; charset=utf-8")],
            body: Array("\(failure.reason)\n".utf8), closes: false)
    }

    func reply(closes: Bool) -> [UInt8] {
        HTTPReply.bytes(status: status, headers: headers, body: body, closes: closes)
    }
}

/// The other end of a server's connection, for as long as it lasts. Used on the loop's thread.
package final class HTTPPeer {
    package let address: SocketAddress
    /// The certificates that it has shown, in DER, its own first. TLS has proved that it has the key of that one, and
    /// nothing else.
    package let chain: [[UInt8]]
    /// The address without what its owner can choose of it.
    package private(set) lazy var network = address.network
    /// What the doorkeeper keeps about it.
    package var memory: AnyObject?

    init(_ address: SocketAddress, chain: [[UInt8]]) {
        (self.address, self.chain) = (address, chain)
    }
}
