internal import Primitives

/// A request for a certificate (PKCS #10, RFC 2986), signed with the key that it is for: that there is one proves that
/// whoever made it holds the key.
///
/// The name, with the role in it, is what is asked for; the issuer decides. What else may be asked for is not read.
package struct CertificateRequest: Hashable, Sendable {
    private let structure: SignedStructure
    package let subject: CertificateName
    package let publicKey: PublicKey

    /// The DER.
    package var bytes: [UInt8] { structure.encoded }
    package var pem: String { PEM.encode(bytes, .request) }
    package var role: CertificateRole? { subject.role }

    /// Makes a request. The role is missing where an authority asks for its own certificate.
    package init(
        organisation: String, commonName: String, role: CertificateRole?, key: any SigningKey
    ) throws(CertificateError) {
        let name = try CertificateName(organisation: organisation, unit: role?.unit, commonName: commonName)
        let algorithm = try CertificateAlgorithm(of: key.publicKey)
        let noAttributes = DERWriter.element(DERTag.context(0), [])
        let content = DERWriter.sequence(
            DERWriter.integer([0]), name.encoded, algorithm.encode(key.publicKey), noAttributes)
        try self.init(der: try SignedStructure.encode(signing: content, with: key))
    }

    /// Reads a request, as DER or as PEM with nothing but it, and checks its signature.
    package init(bytes: [UInt8]) throws(CertificateError) { try self.init(der: try PEM.single(bytes, .request)) }

    package init(der: [UInt8]) throws(CertificateError) {
        structure = try SignedStructure(der, byteCountMax: CertificateLimits.certificateByteCountMax, "the request")
        var outer = DERReader(structure.content)
        var fields = try outer.nested(DERTag.sequence, "the signed part of the request")
        guard try fields.number("the version") == 0 else {
            throw CertificateError(.unsupported, "the request is not of version 1")
        }
        subject = try CertificateName(from: &fields, "the name in the request")
        publicKey = try CertificateAlgorithm.publicKey(from: &fields)
        if !fields.isAtEnd { _ = try fields.nested(DERTag.context(0), "the attributes of the request") }
        try fields.finish()
        guard structure.isSigned(by: publicKey) else {
            throw CertificateError(
                .signatureInvalid,
                "the request is not signed with the key that it is for; have a new one made by the key's holder")
        }
    }
}
