internal import Networking

/// An address with a port, as configurations have it: `host:port`, or `[host]:port` for IPv6.
enum AddressText {
    /// Nil unless the host is a name or a numeric address, and the port one from 1 to 65535.
    static func split(_ text: String) -> (host: String, port: UInt16)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let (front, digits) = (text[..<colon], text[text.index(after: colon)...])
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits), port > 0
        else { return nil }
        if front.hasPrefix("["), front.hasSuffix("]") {
            let host = String(front.dropFirst().dropLast())
            return host.utf8.contains(UInt8(ascii: ":")) && SocketAddress.isNumeric(host) ? (host, port) : nil
        }
        return isName(front) ? (String(front), port) : nil
    }

    static func join(_ host: String, _ port: UInt16) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether a resolver may be asked for it; numeric addresses of IPv4 are among these.
    private static func isName(_ host: Substring) -> Bool {
        (1...NetworkConfigurationLimits.hostByteCountMax).contains(host.utf8.count)
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
