internal import Primitives

/// A distinguished name (RFC 5280, 4.1.2.4), equal to another if its bytes are.
///
/// Authorities copy the bytes of their own name into what they issue; rules by which texts of different bytes are equal
/// would only give attackers a choice.
package struct CertificateName: Hashable, Sendable, CustomStringConvertible {
    /// The DER.
    let encoded: [UInt8]
    package let commonName: String?
    package let organisation: String?
    package let organisationalUnits: [String]

    package static func == (left: Self, right: Self) -> Bool { left.encoded == right.encoded }
    package func hash(into hasher: inout Hasher) { hasher.combine(encoded) }

    package var description: String {
        let parts = [organisation.map { "O=\($0)" }] + organisationalUnits.map { "OU=\($0)" }
        return (parts + [commonName.map { "CN=\($0)" }]).compactMap { $0 }.joined(separator: ", ")
    }

    var role: CertificateRole? { CertificateRole(units: organisationalUnits) }
}

// MARK: - Writing

extension CertificateName {
    /// The name of somebody in an organisation. Throws if a text is empty, too long or not printable.
    package init(organisation: String, unit: String? = nil, commonName: String) throws(CertificateError) {
        let texts = [(OID.organisation, organisation)] + (unit.map { [(OID.organisationalUnit, $0)] } ?? [])
        var parts: [[UInt8]] = []
        for (type, text) in texts + [(OID.commonName, commonName)] {
            try Self.check(text)
            let value = DERWriter.element(DERTag.utf8String, Array(text.utf8))
            parts.append(DERWriter.element(DERTag.set, DERWriter.sequence(DERWriter.identifier(type), value)))
        }
        encoded = DERWriter.sequence(parts)
        (self.commonName, self.organisation) = (commonName, organisation)
        organisationalUnits = unit.map { [$0] } ?? []
    }

    private static func check(_ text: String) throws(CertificateError) {
        let count = text.unicodeScalars.count
        guard (1...CertificateLimits.nameCharactersMax).contains(count), isPrintable(text) else {
            throw CertificateError(
                .limitExceeded,
                "a name in a certificate has 1 to \(CertificateLimits.nameCharactersMax) characters, and none that "
                    + "can't be seen")
        }
    }

    /// Whether a text has no characters that control terminals or change the order in which others are shown.
    package static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: false
            default: true
            }
        }
    }
}

// MARK: - Reading

extension CertificateName {
    init(from reader: inout DERReader, _ what: String) throws(CertificateError) {
        var copy = reader
        encoded = try copy.element(DERTag.sequence, what)
        var parts = try reader.nested(DERTag.sequence, what)
        var texts: [OID: [String]] = [:]
        var count = 0
        while !parts.isAtEnd {
            var set = try parts.nested(DERTag.set, "a part of \(what)")
            repeat {
                count += 1
                guard count <= CertificateLimits.nameAttributesMax else {
                    throw CertificateError(
                        .limitExceeded, "\(what) has more than \(CertificateLimits.nameAttributesMax) parts")
                }
                try Self.readAttribute(&set, what, into: &texts)
            } while !set.isAtEnd
        }
        commonName = try Self.single(.commonName, texts, what)
        organisation = try Self.single(.organisation, texts, what)
        organisationalUnits = texts[.organisationalUnit] ?? []
    }

    private static func readAttribute(
        _ set: inout DERReader, _ what: String, into texts: inout [OID: [String]]
    ) throws(CertificateError) {
        var attribute = try set.nested(DERTag.sequence, "an attribute of \(what)")
        let type = try attribute.identifier("the type of an attribute of \(what)")
        texts[type, default: []].append(try text(&attribute, what))
        try attribute.finish()
    }

    private static func text(_ reader: inout DERReader, _ what: String) throws(CertificateError) -> String {
        let tag = reader.nextTag ?? 0
        guard [DERTag.utf8String, DERTag.printableString, DERTag.ia5String].contains(tag) else {
            throw reader.error("a text of \(what) is in none of the codings UTF-8, printable and IA5")
        }
        let bytes = try reader.content(tag, "a text of \(what)")
        guard tag == DERTag.utf8String || bytes.allSatisfy({ $0 < 0x80 }),
            (1...CertificateLimits.nameTextByteCountMax).contains(bytes.count),
            let text = String(validating: bytes, as: UTF8.self), isPrintable(text)
        else { throw reader.error("a text of \(what) is empty, too long, damaged or not printable") }
        return text
    }

    /// With two of a kind each reader might believe another one.
    private static func single(
        _ type: OID, _ texts: [OID: [String]], _ what: String
    ) throws(CertificateError) -> String? {
        let found = texts[type] ?? []
        guard found.count < 2 else {
            throw CertificateError(.unsupported, "\(what) has \(found.count) attributes of the type \(type)")
        }
        return found.first
    }
}
