/// What a key may be used for (RFC 5280, 4.2.1.3).
struct KeyUsage: OptionSet, Hashable, Sendable {
    let rawValue: UInt16

    static let digitalSignature = KeyUsage(rawValue: 1 << 15)
    static let certificateSigning = KeyUsage(rawValue: 1 << 10)
    static let revocationListSigning = KeyUsage(rawValue: 1 << 9)
}

/// The extensions of a certificate that mean something here.
struct CertificateExtensions: Hashable, Sendable {
    var isAuthority = false
    /// How many further authorities may stand between this one and a holder; nil for any number.
    var pathLength: Int?
    /// Nil if the certificate doesn't restrict it.
    var keyUsage: KeyUsage?
    /// Nil if the certificate doesn't restrict them.
    var purposes: [OID]?
    var serverNames: ServerNames?
    var subjectKeyIdentifier: [UInt8]?
    var authorityKeyIdentifier: [UInt8]?
    /// Others that must not be ignored: with one the certificate is of no use to us.
    var unknownCritical: OID?
}

// MARK: - Reading

extension CertificateExtensions {
    /// Reads a list of extensions, each of which may come once, and gives each with its content to `body`, which says
    /// whether it knows it. Gives back the first critical one that it does not know.
    static func readEach(
        _ reader: inout DERReader, _ body: (OID, inout DERReader) throws(CertificateError) -> Bool
    ) throws(CertificateError) -> OID? {
        var list = try reader.nested(DERTag.sequence, "the extensions")
        var seen: Set<OID> = []
        var unknown: OID?
        while !list.isAtEnd {
            var fields = try list.nested(DERTag.sequence, "an extension")
            let name = try fields.identifier("an extension's name")
            guard seen.insert(name).inserted, seen.count <= CertificateLimits.extensionsMax else {
                throw list.error("the extension \(name) is there twice, or there are too many")
            }
            let isCritical = fields.nextTag == DERTag.boolean ? try fields.boolean("an extension's weight") : false
            var value = try fields.nested(DERTag.octetString, "the content of the extension \(name)")
            try fields.finish()
            if try body(name, &value) {
                try value.finish()
            } else if isCritical, unknown == nil {
                unknown = name
            }
        }
        return unknown
    }

    init(from reader: inout DERReader) throws(CertificateError) {
        var found = CertificateExtensions()
        let unknown = try Self.readEach(&reader) { name, value throws(CertificateError) in
            try found.take(name, &value)
        }
        found.unknownCritical = unknown
        self = found
    }

    private mutating func take(_ name: OID, _ value: inout DERReader) throws(CertificateError) -> Bool {
        switch name {
        case .basicConstraints: try takeBasicConstraints(&value)
        case .keyUsage: keyUsage = KeyUsage(rawValue: try value.namedBits("the key usage"))
        case .extendedKeyUsage: try takePurposes(&value)
        case .subjectAlternativeName:
            serverNames = ServerNames(content: try value.content(DERTag.sequence, "the alternative names"))
        case .subjectKeyIdentifier:
            subjectKeyIdentifier = try value.content(DERTag.octetString, "the key identifier")
        case .authorityKeyIdentifier: authorityKeyIdentifier = try Self.authorityKeyIdentifier(&value)
        default: return false
        }
        return true
    }

    private mutating func takeBasicConstraints(_ value: inout DERReader) throws(CertificateError) {
        var fields = try value.nested(DERTag.sequence, "the basic constraints")
        if fields.nextTag == DERTag.boolean { isAuthority = try fields.boolean("whether it is an authority") }
        if !fields.isAtEnd { pathLength = try fields.number("the path length") }
        try fields.finish()
        guard isAuthority || pathLength == nil else { throw value.error("only authorities have a path length") }
    }

    private mutating func takePurposes(_ value: inout DERReader) throws(CertificateError) {
        var list = try value.nested(DERTag.sequence, "the purposes")
        var purposes: [OID] = []
        repeat {
            guard purposes.count < CertificateLimits.purposesMax else {
                throw list.error("there are too many purposes")
            }
            purposes.append(try list.identifier("a purpose"))
        } while !list.isAtEnd
        self.purposes = purposes
    }

    /// Some issuers name themselves by their certificate's number besides, which says nothing about the key.
    static func authorityKeyIdentifier(_ value: inout DERReader) throws(CertificateError) -> [UInt8]? {
        var fields = try value.nested(DERTag.sequence, "the issuer's key identifier")
        let tag = DERTag.context(0, isConstructed: false)
        let identifier = fields.nextTag == tag ? try fields.content(tag, "the issuer's key identifier") : nil
        while !fields.isAtEnd { try fields.skip("the issuer's certificate") }
        return identifier
    }
}

// MARK: - Writing

extension CertificateExtensions {
    static func encode(_ name: OID, isCritical: Bool = false, _ value: [UInt8]) -> [UInt8] {
        let weight = isCritical ? DERWriter.element(DERTag.boolean, [0xFF]) : []
        return DERWriter.sequence(DERWriter.identifier(name), weight, DERWriter.octetString(value))
    }

    static func encode(authorityKeyIdentifier identifier: [UInt8]) -> [UInt8] {
        let field = DERWriter.element(DERTag.context(0, isConstructed: false), identifier)
        return encode(.authorityKeyIdentifier, DERWriter.sequence(field))
    }

    var encoded: [UInt8] {
        let authority =
            isAuthority
            ? DERWriter.element(DERTag.boolean, [0xFF])
                + (pathLength.map { DERWriter.integer([UInt8(truncatingIfNeeded: $0)]) } ?? []) : []
        var list = [Self.encode(.basicConstraints, isCritical: true, DERWriter.sequence(authority))]
        if let keyUsage {
            list.append(Self.encode(.keyUsage, isCritical: true, DERWriter.namedBits(keyUsage.rawValue)))
        }
        if let purposes {
            list.append(Self.encode(.extendedKeyUsage, DERWriter.sequence(purposes.map(DERWriter.identifier))))
        }
        if let names = serverNames {
            list.append(Self.encode(.subjectAlternativeName, DERWriter.element(DERTag.sequence, names.content)))
        }
        if let identifier = subjectKeyIdentifier {
            list.append(Self.encode(.subjectKeyIdentifier, DERWriter.octetString(identifier)))
        }
        if let identifier = authorityKeyIdentifier { list.append(Self.encode(authorityKeyIdentifier: identifier)) }
        return DERWriter.sequence(list)
    }
}
