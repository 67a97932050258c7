package import Primitives

/// Where a node is reached: a host and a port, as `node-1.acme.example:7000`, `192.0.2.7:7000` or `[2001:db8::7]:7000`.
///
/// Only the form is checked. Whether somebody answers there is a matter of those who connect.
package struct NodeAddress: Hashable, Sendable, CanonicalCodable, CustomStringConvertible {
    static let rule =
        "a node's address is HOST:PORT, the host a name in small letters, an IPv4 address, or an IPv6 "
        + "address in brackets, of at most \(MemberLimits.hostByteCountMax) characters"

    /// Invariant: in ASCII.
    package let description: String

    package init?(_ text: String) {
        let ascii = Array(text.utf8)
        guard ascii.count <= MemberLimits.addressByteCountMax, let colon = ascii.lastIndex(of: UInt8(ascii: ":")),
            Self.isHost(ascii[..<colon]), Self.isPort(ascii[(colon + 1)...])
        else { return nil }
        description = text
    }

    /// Without the brackets of an IPv6 address.
    package var host: String {
        let host = description.prefix(upTo: colon)
        return String(host.hasPrefix("[") ? host.dropFirst().dropLast() : host)
    }

    package var port: UInt16 {
        guard let port = UInt16(description.suffix(from: colon).dropFirst()) else { preconditionFailure("checked") }
        return port
    }

    private var colon: String.Index {
        guard let colon = description.lastIndex(of: ":") else { preconditionFailure("checked") }
        return colon
    }

    private static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
        guard let first = host.first, let last = host.last, host.count <= MemberLimits.hostByteCountMax else {
            return false
        }
        if first == UInt8(ascii: "[") {
            let inner = host.dropFirst().dropLast()
            return last == UInt8(ascii: "]") && inner.contains(UInt8(ascii: ":"))
                && inner.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
        }
        return host.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
            && isLetterOrDigit(first) && isLetterOrDigit(last)
    }

    /// From 1 to 65535, without zeros in front.
    private static func isPort(_ port: ArraySlice<UInt8>) -> Bool {
        guard port.count <= 5, port.first != UInt8(ascii: "0"), port.allSatisfy(isDigit) else { return false }
        return UInt16(String(decoding: port, as: UTF8.self)) != nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(description) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        guard let address = NodeAddress(try decoder.decodeName(maximum: MemberLimits.addressByteCountMax)) else {
            throw CodingError(.invalid(Self.rule), at: start)
        }
        self = address
    }
}
