/// An object identifier of ASN.1, by which X.509 names algorithms, attributes and extensions.
struct OID: Hashable, Sendable, CustomStringConvertible {
    /// The content octets (ITU-T X.690, 8.19). Invariant: they are well formed.
    let bytes: [UInt8]

    /// The identifier with these numbers, of which there are two at least.
    init(_ arcs: UInt64...) {
        bytes = [UInt8(arcs[0] * 40 + arcs[1])] + arcs.dropFirst(2).flatMap(Self.encode)
    }

    /// Nil unless the bytes are whole numbers in their shortest form.
    init?(content bytes: [UInt8]) {
        guard (1...CertificateLimits.identifierByteCountMax).contains(bytes.count), bytes[bytes.count - 1] < 0x80 else {
            return nil
        }
        for (index, byte) in bytes.enumerated() where byte == 0x80 {
            guard index > 0, bytes[index - 1] >= 0x80 else { return nil }
        }
        self.bytes = bytes
    }

    private static func encode(_ arc: UInt64) -> [UInt8] {
        var (bytes, rest) = ([UInt8(arc & 0x7F)], arc >> 7)
        while rest > 0 {
            bytes.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
            rest >>= 7
        }
        return bytes
    }

    /// The numbers with dots between them; those beyond 64 bits are cut.
    var description: String {
        var arcs: [UInt64] = []
        var arc: UInt64 = 0
        for byte in bytes {
            arc = arc << 7 | UInt64(byte & 0x7F)
            guard byte < 0x80 else { continue }
            arcs += arcs.isEmpty ? [min(arc / 40, 2), arc - 40 * min(arc / 40, 2)] : [arc]
            arc = 0
        }
        return arcs.map(String.init).joined(separator: ".")
    }
}

// MARK: - Names

extension OID {
    // Keys and signatures: RFC 5480 and 5758, GM/T 0006.
    static let ellipticKey = OID(1, 2, 840, 10045, 2, 1)
    static let p256Curve = OID(1, 2, 840, 10045, 3, 1, 7)
    static let sm2Curve = OID(1, 2, 156, 10197, 1, 301)
    static let ecdsaWithSHA256 = OID(1, 2, 840, 10045, 4, 3, 2)
    static let sm2WithSM3 = OID(1, 2, 156, 10197, 1, 501)

    // Attributes of names: RFC 5280, appendix A.1.
    static let commonName = OID(2, 5, 4, 3)
    static let organisation = OID(2, 5, 4, 10)
    static let organisationalUnit = OID(2, 5, 4, 11)

    // Extensions: RFC 5280, sections 4.2 and 5.2.
    static let subjectKeyIdentifier = OID(2, 5, 29, 14)
    static let keyUsage = OID(2, 5, 29, 15)
    static let subjectAlternativeName = OID(2, 5, 29, 17)
    static let basicConstraints = OID(2, 5, 29, 19)
    static let revocationListNumber = OID(2, 5, 29, 20)
    static let revocationReason = OID(2, 5, 29, 21)
    static let authorityKeyIdentifier = OID(2, 5, 29, 35)
    static let extendedKeyUsage = OID(2, 5, 29, 37)

    // Purposes: RFC 5280, section 4.2.1.12.
    static let anyPurpose = OID(2, 5, 29, 37, 0)
    static let serverAuthentication = OID(1, 3, 6, 1, 5, 5, 7, 3, 1)
    static let clientAuthentication = OID(1, 3, 6, 1, 5, 5, 7, 3, 2)
}
