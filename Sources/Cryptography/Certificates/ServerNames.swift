internal import Glibc

/// The names and addresses by which a server is called, as its certificate has them (RFC 5280, 4.2.1.6): clients hold
/// them against the name that they call. Nobody's identity on the chain depends on them.
package struct ServerNames: Hashable, Sendable {
    /// What the extension contains; of a certificate that was read, whatever is there.
    let content: [UInt8]

    init(content: [UInt8]) { self.content = content }

    /// Throws for what is neither a name of the DNS nor a numeric address.
    package init(_ hosts: [String]) throws(CertificateError) {
        guard (1...CertificateLimits.serverNamesMax).contains(hosts.count) else {
            throw CertificateError(
                .limitExceeded, "a server has 1 to \(CertificateLimits.serverNamesMax) names, not \(hosts.count)")
        }
        var content: [UInt8] = []
        for host in hosts {
            if let address = Self.address(host) {
                content += DERWriter.element(DERTag.context(7, isConstructed: false), address)
            } else if Self.isName(host) {
                content += DERWriter.element(DERTag.context(2, isConstructed: false), Array(host.utf8))
            } else {
                throw CertificateError(.notAllowed, "\"\(host)\" is neither a name as node.example.org nor an address")
            }
        }
        self.content = content
    }

    private static func isName(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return text.utf8.count <= CertificateLimits.serverNameByteCountMax
            && labels.allSatisfy { label in
                (1...63).contains(label.count)
                    && label.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                            true
                        default: false
                        }
                    }
            }
    }

    /// The bytes of an address of IPv4 or IPv6; nil for anything else.
    private static func address(_ text: String) -> [UInt8]? {
        guard !text.utf8.contains(0) else { return nil }
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}

extension Certificate {
    /// The names of a server; nil for none.
    package var serverNames: ServerNames? { extensions.serverNames }
}
