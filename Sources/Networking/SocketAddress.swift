internal import CUV
internal import Glibc

/// One end of a connection: a numeric IPv4 or IPv6 address and a port.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// In its numeric form, without brackets.
    package let host: String
    package let port: UInt16

    /// Invariant: `host` is a numeric address.
    init(numericHost host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// The address of a numeric `host`; names are refused.
    package init(host: String, port: UInt16) throws(NetworkingError) {
        guard SocketAddress.isNumeric(host) else { throw .malformedAddress(host) }
        self.init(numericHost: host, port: port)
    }

    /// Whether only this machine reaches the address.
    package var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") || host.hasPrefix("::ffff:127.") }

    var isIPv6: Bool { host.utf8.contains(UInt8(ascii: ":")) }

    /// Whether it stands for all addresses of this machine.
    package var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

    /// What of the address its owner can't choose: all of IPv4, and the first 64 bits of IPv6 (RFC 6177). What is
    /// limited by address goes by it.
    package var network: String {
        var storage = sockaddr_storage()
        guard SocketAddress.fill(&storage, host: host, port: 0), storage.ss_family == sa_family_t(AF_INET6) else {
            return host
        }
        let place = SocketAddress.hostOffset..<SocketAddress.hostOffset + 16
        let bytes = withUnsafeBytes(of: &storage) { Array($0[place]) }
        // A client of IPv4 at a socket of IPv6 (RFC 4291, section 2.5.5.2).
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        if isMapped { return bytes.suffix(4).map(String.init).joined(separator: ".") }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "/64"
    }

    /// Where the host is in `sockaddr_in6`.
    private static let hostOffset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 8

    package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package static func isNumeric(_ host: String) -> Bool {
        var storage = sockaddr_storage()
        return fill(&storage, host: host, port: 0)
    }

    /// Runs `body` with the system's form of this address.
    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        var storage = sockaddr_storage()
        let isValid = SocketAddress.fill(&storage, host: host, port: port)
        precondition(isValid, "a socket address holds a numeric host")
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }

    /// The address in the system's form, or nil unless it is IPv4 or IPv6.
    init?(_ address: UnsafePointer<sockaddr>) {
        var text = [CChar](repeating: 0, count: 64)
        let family = Int32(address.pointee.sa_family)
        guard family == AF_INET || family == AF_INET6 else { return nil }
        guard uv_ip_name(address, &text, text.count) == 0 else { return nil }
        let portNetworkOrder = UnsafeRawPointer(address).load(fromByteOffset: 2, as: UInt16.self)
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        self.init(numericHost: String(decoding: bytes, as: UTF8.self), port: UInt16(bigEndian: portNetworkOrder))
    }

    /// The numeric addresses that the resolver found, in its order, with `port`.
    static func list(_ first: UnsafePointer<addrinfo>?, port: UInt16) -> [SocketAddress] {
        var found: [SocketAddress] = []
        var next = first
        while let entry = next {
            if let address = entry.pointee.ai_addr.flatMap({ SocketAddress($0) }) {
                let withPort = SocketAddress(numericHost: address.host, port: port)
                if !found.contains(withPort) { found.append(withPort) }
            }
            next = UnsafePointer(entry.pointee.ai_next)
        }
        return found
    }

    private static func fill(_ storage: inout sockaddr_storage, host: String, port: UInt16) -> Bool {
        // A text with a zero byte would be cut there by C.
        guard !host.utf8.contains(0) else { return false }
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let isIPv4 = pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                uv_ip4_addr(host, Int32(port), address) == 0
            }
            guard !isIPv4 else { return true }
            return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                uv_ip6_addr(host, Int32(port), address) == 0
            }
        }
    }
}
