/// Where a server is: the host, port and path of an `http://` address.
package struct HTTPEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name or a numeric address, without brackets.
    package let host: String
    package let port: UInt16
    /// Starts with `/`.
    package let path: String

    package init(host: String, port: UInt16, path: String = "/") {
        self.host = host
        self.port = port
        self.path = path
    }

    /// Reads `http://host[:port][/path]`.
    package init(_ text: String) throws(HTTPClientError) {
        let scheme = "http://"
        guard text.lowercased().hasPrefix(scheme) else { throw .malformedAddress(text) }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = String(rest.dropFirst(authority.count))
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let (host, port) = HTTPEndpoint.split(authority) else {
            throw .malformedAddress(text)
        }
        self.init(host: host, port: port, path: path.isEmpty ? "/" : path)
    }

    /// What the Host field names.
    var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == 80 ? name : "\(name):\(port)"
    }

    package var description: String { "http://\(authority)\(path)" }

    private static func split(_ authority: Substring) -> (host: String, port: UInt16)? {
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
        guard !host.isEmpty, isName else { return nil }
        guard let port else { return (String(host), 80) }
        guard let number = UInt16(port), number > 0, port.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") }) else {
            return nil
        }
        return (String(host), number)
    }
}
