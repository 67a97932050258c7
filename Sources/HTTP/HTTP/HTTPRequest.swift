package import Networking

package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
}

/// A complete request.
package struct HTTPRequest: Sendable {
    package let method: HTTPMethod
    /// The path with its query; it starts with `/`.
    package let target: String
    package let headers: HTTPHeaders
    package let body: [UInt8]
    package let peer: SocketAddress
    /// Whether the connection may carry another request after this one.
    let keepsAlive: Bool
    /// What the client takes the server's name to be; nil in HTTP/1.0 only.
    package let host: String?
    /// What the server's doorkeeper has said of the caller; nil without one.
    package internal(set) var caller: (any Sendable)?
}
