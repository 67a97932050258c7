internal import Primitives

/// How certificates of a suite are signed: ECDSA on P-256 with SHA-256, or SM2 with SM3 and the default identity.
package enum CertificateAlgorithm: Sendable, CaseIterable {
    case p256
    case sm2

    package init(_ suite: Suite) { self = suite == .national ? .sm2 : .p256 }

    /// Nil for keys that certificates can't have.
    package init?(_ scheme: SignatureScheme) {
        switch scheme {
        case .p256: self = .p256
        case .sm2: self = .sm2
        case .ed25519, .secp256k1: return nil
        }
    }

    package var scheme: SignatureScheme { self == .p256 ? .p256 : .sm2 }
    /// Whose hash makes fingerprints and key identifiers.
    package var suite: Suite { self == .p256 ? .international : .national }

    var curve: EllipticCurve { self == .p256 ? .p256 : .sm2 }
    var curveName: OID { self == .p256 ? .p256Curve : .sm2Curve }
    private var signatureName: OID { self == .p256 ? .ecdsaWithSHA256 : .sm2WithSM3 }

    /// Whether the holder of the key has signed the bytes.
    ///
    /// ECDSA elsewhere knows no rule of low s, so here both of the two valid values are taken: a certificate has an
    /// issuer and a serial number for its identity, not its bytes.
    func isValid(_ signature: Signature, of bytes: [UInt8], by key: PublicKey) -> Bool {
        guard key.scheme == scheme else { return false }
        switch self {
        case .p256:
            return P256.verify(digest: suite.hash(bytes), publicKey: key.padded, P256.withLowS(signature))
        case .sm2:
            return SM2Verification.verify(
                message: bytes.span, publicKey: key.padded, signature: signature, hash: suite.hash)
        }
    }
}

// MARK: - Coding

extension CertificateAlgorithm {
    /// The algorithm of a signature (RFC 5758, section 3.2; GM/T 0015).
    init(signatureFrom reader: inout DERReader) throws(CertificateError) {
        var fields = try reader.nested(DERTag.sequence, "the signature's algorithm")
        let name = try fields.identifier("the signature's algorithm")
        guard let algorithm = Self.allCases.first(where: { $0.signatureName == name }) else {
            throw CertificateError(
                .unsupported, "signed by \(name); taken are ECDSA with SHA-256, and SM2 with SM3")
        }
        // Tools of both kinds are in use for SM2.
        if algorithm == .sm2, fields.nextTag == DERTag.null {
            guard try fields.content(DERTag.null, "no parameters").isEmpty else {
                throw fields.error("null has content")
            }
        }
        try fields.finish()
        self = algorithm
    }

    var encodedSignatureName: [UInt8] { DERWriter.sequence(DERWriter.identifier(signatureName)) }

    /// A key (RFC 5480, section 2), which must be a point of its curve.
    static func publicKey(from reader: inout DERReader) throws(CertificateError) -> PublicKey {
        var fields = try reader.nested(DERTag.sequence, "the public key")
        var kind = try fields.nested(DERTag.sequence, "the kind of the public key")
        let name = try kind.identifier("the kind of the public key")
        guard name == .ellipticKey else {
            throw CertificateError(.unsupported, "a public key of the kind \(name); taken are P-256 and SM2")
        }
        let curve = try kind.identifier("the public key's curve")
        try kind.finish()
        guard let algorithm = allCases.first(where: { $0.curveName == curve }) else {
            throw CertificateError(.unsupported, "a public key on the curve \(curve); taken are P-256 and SM2")
        }
        let bytes = try fields.wholeBytes("the public key's point")
        try fields.finish()
        guard let point = EllipticKey(algorithm.curve, publicKey: bytes.span),
            let key = PublicKey(scheme: algorithm.scheme, bytes: point.compressed.bytes)
        else { throw fields.error("the public key is no point of its curve") }
        return key
    }

    /// The uncompressed point: what all tools take.
    func point(_ key: PublicKey) -> [UInt8] {
        guard let pair = EllipticKey(curve, publicKey: key.padded.storage.span) else {
            preconditionFailure("keys of certificates are points")
        }
        let coordinates = pair.coordinates
        return [4] + coordinates.indices.map { coordinates[$0] }
    }

    /// Demands a key that is a point of this curve.
    func encode(_ key: PublicKey) -> [UInt8] {
        let kind = DERWriter.sequence(DERWriter.identifier(.ellipticKey), DERWriter.identifier(curveName))
        return DERWriter.sequence(kind, DERWriter.bitString(point(key)))
    }

    /// By what issuers and those whom they sign for find each other: 160 bits of the hash of the key (RFC 7093,
    /// section 2, method 1, with the suite's hash).
    func keyIdentifier(_ key: PublicKey) -> [UInt8] { Array(suite.hash(point(key)).bytes.prefix(20)) }
}
