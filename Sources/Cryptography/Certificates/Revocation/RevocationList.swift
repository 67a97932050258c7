package import Primitives

/// A list of the certificates that an authority has revoked (RFC 5280, section 5), whole and for itself alone: lists of
/// differences, of parts and for other issuers are refused.
///
/// Whose signature it has only a `CertificateVerifier` checks.
package struct RevocationList: Hashable, Sendable {
    private let structure: SignedStructure
    package let issuer: CertificateName
    /// Grows with each list; zero in lists without one.
    package let number: UInt256
    package let thisUpdate: Timestamp
    /// When the next one will be there at the latest.
    package let nextUpdate: Timestamp
    package let entries: [Revocation]
    private let places: [SerialNumber: Int]
    let authorityKeyIdentifier: [UInt8]?

    package static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }
    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// The DER.
    package var bytes: [UInt8] { structure.encoded }
    package var pem: String { PEM.encode(bytes, .revocationList) }

    /// The entry of a certificate; nil if it is not revoked.
    package func revocation(of serial: SerialNumber) -> Revocation? { places[serial].map { entries[$0] } }

    /// Whether the list is this authority's, and was signed with its key.
    package func isSigned(by authority: Certificate) -> Bool {
        issuer == authority.subject
            && authority.extensions.keyUsage?.contains(.revocationListSigning) != false
            && structure.isSigned(by: authority.publicKey)
    }

    /// Whether it takes the place of another one of the same issuer.
    func isNewer(than other: RevocationList) -> Bool {
        number == other.number ? other.thisUpdate < thisUpdate : other.number < number
    }

    static func unsupported(_ name: OID) -> CertificateError {
        CertificateError(
            .unsupported,
            "the revocation list has the critical extension \(name), which is not known; use a whole list of one issuer"
        )
    }
}

// MARK: - Reading

extension RevocationList {
    /// Reads a list, as DER or as PEM with nothing but it.
    package init(bytes: [UInt8]) throws(CertificateError) {
        try self.init(der: try PEM.single(bytes, .revocationList))
    }

    package init(der: [UInt8]) throws(CertificateError) {
        structure = try SignedStructure(
            der, byteCountMax: CertificateLimits.revocationListByteCountMax, "the revocation list")
        var outer = DERReader(structure.content)
        var fields = try outer.nested(DERTag.sequence, "the signed part of the revocation list")
        let hasVersion = fields.nextTag == DERTag.integer
        if hasVersion, try fields.number("the version") != 1 {
            throw CertificateError(.unsupported, "the revocation list is of another version than 1 and 2")
        }
        guard try CertificateAlgorithm(signatureFrom: &fields) == structure.algorithm else {
            throw fields.error("the revocation list names two algorithms for its one signature")
        }
        issuer = try CertificateName(from: &fields, "the issuer's name")
        thisUpdate = try CertificateTime.read(from: &fields, "the time of the list")
        nextUpdate = try CertificateTime.read(from: &fields, "the time of the next list")
        entries = try Self.readEntries(&fields)
        var places: [SerialNumber: Int] = [:]
        for (index, entry) in entries.enumerated() {
            guard places.updateValue(index, forKey: entry.serial) == nil else {
                throw fields.error("the certificate \(entry.serial) is revoked twice")
            }
        }
        self.places = places
        (number, authorityKeyIdentifier) = try Self.readExtensions(&fields)
        try fields.finish()
    }

    private static func readEntries(_ fields: inout DERReader) throws(CertificateError) -> [Revocation] {
        guard var list = try fields.nestedIfPresent(DERTag.sequence, "the entries") else { return [] }
        var entries: [Revocation] = []
        while !list.isAtEnd {
            guard entries.count < CertificateLimits.revocationsMax else {
                throw CertificateError(
                    .limitExceeded,
                    "the revocation list has more than \(CertificateLimits.revocationsMax) entries")
            }
            entries.append(try Revocation(from: &list))
        }
        return entries
    }

    private static func readExtensions(_ fields: inout DERReader) throws(CertificateError) -> (UInt256, [UInt8]?) {
        var (number, keyIdentifier): (UInt256, [UInt8]?) = (.zero, nil)
        guard var wrapper = try fields.nestedIfPresent(DERTag.context(0), "the list of extensions") else {
            return (number, keyIdentifier)
        }
        let unknown = try CertificateExtensions.readEach(&wrapper) { name, value throws(CertificateError) in
            switch name {
            case .revocationListNumber:
                let digits = try value.magnitude("the number of the list", byteCountMax: 20)
                let padded = [UInt8](repeating: 0, count: 32 - digits.count) + digits
                number = UInt256(bigEndian: padded.span, at: 0)
            case .authorityKeyIdentifier: keyIdentifier = try CertificateExtensions.authorityKeyIdentifier(&value)
            default: return false
            }
            return true
        }
        if let unknown { throw unsupported(unknown) }
        try wrapper.finish()
        return (number, keyIdentifier)
    }
}

// MARK: - Writing

extension RevocationList {
    /// Demands at most `CertificateLimits.revocationsMax` entries, no two of one certificate.
    static func encode(
        _ entries: [Revocation], number: UInt256, from thisUpdate: Timestamp, to nextUpdate: Timestamp,
        by issuer: Certificate, _ algorithm: CertificateAlgorithm
    ) -> [UInt8] {
        let extensions = [
            CertificateExtensions.encode(.revocationListNumber, DERWriter.integer(number.bigEndianBytes)),
            CertificateExtensions.encode(
                authorityKeyIdentifier: issuer.subjectKeyIdentifier ?? algorithm.keyIdentifier(issuer.publicKey)),
        ]
        return DERWriter.sequence(
            DERWriter.integer([1]), algorithm.encodedSignatureName, issuer.subject.encoded,
            CertificateTime.encode(thisUpdate), CertificateTime.encode(nextUpdate),
            entries.isEmpty ? [] : DERWriter.sequence(entries.map(\.encoded)),
            DERWriter.element(DERTag.context(0), DERWriter.sequence(extensions)))
    }
}
