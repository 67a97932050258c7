package import Primitives

/// An X.509 certificate (RFC 5280) with a key of P-256 or SM2.
///
/// That there is one says that its form is sound, and nothing about its truth: ask a `CertificateVerifier`.
package struct Certificate: Hashable, Sendable {
    let structure: SignedStructure
    package let serial: SerialNumber
    package let issuer: CertificateName
    package let subject: CertificateName
    /// The first and the last moment of its validity.
    package let notBefore, notAfter: Timestamp
    package let publicKey: PublicKey
    let extensions: CertificateExtensions

    /// Equal if all bytes are.
    package static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }
    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// The DER.
    package var bytes: [UInt8] { structure.encoded }
    package var pem: String { PEM.encode(bytes, .certificate) }

    package var role: CertificateRole? { subject.role }
    package var isAuthority: Bool { extensions.isAuthority }
    /// How many further authorities an authority allows below itself; nil for any number.
    package var pathLength: Int? { extensions.pathLength }
    package var subjectKeyIdentifier: [UInt8]? { extensions.subjectKeyIdentifier }
    package var authorityKeyIdentifier: [UInt8]? { extensions.authorityKeyIdentifier }
    /// Whether it says that it was issued by itself, as roots do.
    package var isSelfIssued: Bool { subject == issuer }
    package var isSelfSigned: Bool { isSelfIssued && structure.isSigned(by: publicKey) }

    /// The suite's hash of its bytes. Whoever holds a signature of P-256 can turn it into a second valid one, and so
    /// make another fingerprint of the same certificate: what must not come twice goes by issuer and serial number.
    package func fingerprint(in suite: Suite) -> Digest { suite.hash(bytes) }

    /// Whether the holder of this certificate's key has signed the other one.
    package func hasSigned(_ certificate: Certificate) -> Bool { certificate.structure.isSigned(by: publicKey) }
}

// MARK: - Expiry

extension Certificate {
    package func isValid(at time: Timestamp) -> Bool { notBefore <= time && time <= notAfter }

    /// How many whole days it is still valid; negative if it is not any more.
    package func daysUntilExpiry(at time: Timestamp) -> Int { time.wholeDays(until: notAfter) }

    /// Whether people should be warned: it has expired, or will within `CertificateLimits.expiryWarningDays`.
    package func expiresSoon(at time: Timestamp) -> Bool {
        daysUntilExpiry(at: time) < CertificateLimits.expiryWarningDays
    }
}

extension Timestamp {
    /// How many whole days there are from here to another time; negative as soon as that has passed.
    package func wholeDays(until end: Timestamp) -> Int {
        let (left, day) = (Int(end.milliseconds) - Int(milliseconds), 86_400_000)
        return left < 0 ? (left + 1) / day - 1 : left / day
    }
}

// MARK: - Reading

extension Certificate {
    /// Reads a certificate, as DER or as PEM with nothing but it.
    package init(bytes: [UInt8]) throws(CertificateError) {
        try self.init(der: try PEM.single(bytes, .certificate))
    }

    /// Reads what a file of certificates holds: one as DER, or any number as PEM.
    package static func all(in bytes: [UInt8]) throws(CertificateError) -> [Certificate] {
        guard !PEM.isDER(bytes) else { return [try Certificate(der: bytes)] }
        var certificates: [Certificate] = []
        for block in try PEM.decode(bytes, .certificate) { certificates.append(try Certificate(der: block)) }
        guard !certificates.isEmpty else {
            throw CertificateError(.malformed, "there is no certificate, neither as PEM nor as DER")
        }
        return certificates
    }

    package init(der: [UInt8]) throws(CertificateError) {
        structure = try SignedStructure(
            der, byteCountMax: CertificateLimits.certificateByteCountMax, "the certificate")
        var outer = DERReader(structure.content)
        var fields = try outer.nested(DERTag.sequence, "the signed part of the certificate")
        try Self.readVersion(&fields)
        serial = try SerialNumber(from: &fields)
        guard try CertificateAlgorithm(signatureFrom: &fields) == structure.algorithm else {
            throw fields.error("the certificate names two algorithms for its one signature")
        }
        issuer = try CertificateName(from: &fields, "the issuer's name")
        var validity = try fields.nested(DERTag.sequence, "the validity")
        notBefore = try CertificateTime.read(from: &validity, "the start of the validity")
        notAfter = try CertificateTime.read(from: &validity, "the end of the validity")
        try validity.finish()
        subject = try CertificateName(from: &fields, "the subject's name")
        publicKey = try CertificateAlgorithm.publicKey(from: &fields)
        // Identifiers of earlier versions, which nobody gives any more.
        for number in [UInt8(1), 2] where fields.nextTag == DERTag.context(number, isConstructed: false) {
            try fields.skip("an identifier")
        }
        var wrapper = try fields.nested(DERTag.context(3), "the list of extensions")
        extensions = try CertificateExtensions(from: &wrapper)
        try wrapper.finish()
        try fields.finish()
    }

    private static func readVersion(_ fields: inout DERReader) throws(CertificateError) {
        guard var wrapper = try fields.nestedIfPresent(DERTag.context(0), "the version") else {
            throw CertificateError(.unsupported, "the certificate is of version 1; have one of version 3 issued")
        }
        guard try wrapper.number("the version") == 2 else {
            throw CertificateError(.unsupported, "the certificate is not of version 3; have one of that issued")
        }
        try wrapper.finish()
    }
}
