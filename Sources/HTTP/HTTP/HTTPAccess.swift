package import Networking

/// Whom a server answers, by the names that requests give.
///
/// A page in a browser can reach a server on its user's own machine: by a name of its own that it points there (DNS
/// rebinding, seen in Host), or directly (seen in Origin, which programs other than browsers don't send).
package struct HTTPAccess: Sendable {
    package enum Hosts: Sendable {
        case any
        /// `localhost` and the loopback addresses.
        case loopback
        /// These names and the loopback ones.
        case named([String])
    }

    package var hosts: Hosts
    /// Whether pages of this origin (such as `https://example.org`) may call.
    package var isOriginAllowed: @Sendable (String) -> Bool

    package init(hosts: Hosts, isOriginAllowed: @Sendable @escaping (String) -> Bool = { _ in false }) {
        self.hosts = hosts
        self.isOriginAllowed = isOriginAllowed
    }

    /// What suits a server at `address`: one on a loopback address answers to loopback names only. No pages may call.
    package static func standard(for address: SocketAddress) -> HTTPAccess {
        HTTPAccess(hosts: address.isLoopback ? .loopback : .any)
    }

    /// - Returns: why the request is refused, or nil.
    func refusal(of request: HTTPRequest) -> HTTPFailure? {
        if let host = request.host, !isHostAllowed(host) {
            return HTTPFailure(403, "this server does not answer to the name in Host: use localhost, or configure it")
        }
        for origin in request.headers.values(of: "Origin") where !isOriginAllowed(origin) {
            return HTTPFailure(403, "pages of this Origin may not call: configure the server to allow it")
        }
        return nil
    }

    package func isHostAllowed(_ host: String) -> Bool {
        let name = HTTPAccess.withoutPort(host)
        return switch hosts {
        case .any: true
        case .loopback: HTTPAccess.isLoopback(name)
        case .named(let names):
            HTTPAccess.isLoopback(name) || names.contains { equalInAnyCase($0.utf8, name.utf8) }
        }
    }

    static func isLoopback(_ name: String) -> Bool {
        if equalInAnyCase(name.utf8, "localhost".utf8) || name == "::1" { return true }
        return name.hasPrefix("127.") && SocketAddress.isNumeric(name)
    }

    /// The name or address of a Host value, without its port and brackets.
    static func withoutPort(_ host: String) -> String {
        if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
        return String(host.prefix { $0 != ":" })
    }
}
