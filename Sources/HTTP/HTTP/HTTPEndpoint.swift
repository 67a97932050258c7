/// Where a server is: the host, port and path of an `http://` or `https://` address.
package struct HTTPEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name or a numeric address, without brackets.
    package let host: String
    package let port: UInt16
    /// Starts with `/`.
    package let path: String
    /// Whether it is reached over TLS.
    package let isSecure: Bool

    package init(host: String, port: UInt16, path: String = "/", isSecure: Bool = false) {
        self.host = host
        self.port = port
        self.path = path
        self.isSecure = isSecure
    }

    /// Reads `http://host[:port][/path]`, or the same with `https`.
    package init(_ text: String) throws(HTTPClientError) {
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: text.lowercased().hasPrefix) else { throw .malformedAddress(text) }
        let isSecure = scheme == schemes[1]
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = String(rest.dropFirst(authority.count))
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let (host, port) = HTTPEndpoint.split(authority) else {
            throw .malformedAddress(text)
        }
        self.init(
            host: host, port: port ?? HTTPEndpoint.port(isSecure: isSecure), path: path.isEmpty ? "/" : path,
            isSecure: isSecure)
    }

    /// What the Host field names.
    var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == HTTPEndpoint.port(isSecure: isSecure) ? name : "\(name):\(port)"
    }

    package var description: String { "\(isSecure ? "https" : "http")://\(authority)\(path)" }

    private static func port(isSecure: Bool) -> UInt16 { isSecure ? 443 : 80 }

    /// The port is nil where none is named.
    private static func split(_ authority: Substring) -> (host: String, port: UInt16?)? {
        var host = authority
        var port: Substring?
        if authority.hasPrefix("["), let bracket = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<bracket]
            let after = authority[authority.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        let isName = host.utf8.allSatisfy { byte in
            HTTPToken.contains(byte) || byte == UInt8(ascii: ":") && authority.hasPrefix("[")
        }
        guard (1...HTTPLimits.hostBytesMax).contains(host.utf8.count), isName else { return nil }
        guard let port else { return (String(host), nil) }
        guard let number = UInt16(port), number > 0, port.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") }) else {
            return nil
        }
        return (String(host), number)
    }
}
