// Private keys in files that other programs read too: PKCS #8 (RFC 5208) with the key of a curve in it (RFC 5915),
// as PEM (RFC 7468). Such a file is not encrypted: whoever reads it has the key.
extension SoftwareKey {
    private static let version: [UInt8] = [0]
    private static let curveKeyVersion: [UInt8] = [1]

    /// The key as a file holds it. Throws for schemes that certificates can't have.
    package func pkcs8() throws(KeyError) -> [UInt8] {
        guard let algorithm = CertificateAlgorithm(publicKey.scheme) else {
            throw KeyError("keys of P-256 and SM2 are written as PKCS #8, not of \(publicKey.scheme)")
        }
        let secret = seed.withBytes { memory in (0..<Self.seedByteCount).map { memory[$0] } }
        let point = DERWriter.element(DERTag.context(1), DERWriter.bitString(algorithm.point(publicKey)))
        var inner = DERWriter.sequence(
            DERWriter.integer(Self.curveKeyVersion), DERWriter.octetString(secret), point)
        let kind = DERWriter.sequence(
            DERWriter.identifier(.ellipticKey), DERWriter.identifier(algorithm.curveName))
        let outer = DERWriter.sequence(DERWriter.integer(Self.version), kind, DERWriter.octetString(inner))
        GuardedBytes.wipe(&inner)
        return Array(PEM.encode(outer, .privateKey).utf8)
    }

    /// Reads a file with one key of P-256 or SM2, whoever wrote it.
    package convenience init(pkcs8 file: [UInt8]) throws(KeyError) {
        guard file.count <= KeyLimits.fileByteCountMax else {
            throw KeyError(
                .limitExceeded, "the key file has \(file.count) bytes; allowed are \(KeyLimits.fileByteCountMax)")
        }
        var secret: [UInt8]
        let algorithm: CertificateAlgorithm
        do throws(CertificateError) { (algorithm, secret) = try Self.read(file) } catch {
            throw KeyError(
                .fileMalformed,
                "the file is no private key of P-256 or SM2 in PKCS #8, as PEM and not encrypted: \(error)")
        }
        try self.init(scheme: algorithm.scheme, guardedSeed: try GuardedBytes.taking(&secret))
    }

    private static func read(_ file: [UInt8]) throws(CertificateError) -> (CertificateAlgorithm, [UInt8]) {
        let blocks = try PEM.decode(file, .privateKey)
        guard blocks.count == 1 else {
            throw CertificateError(
                .malformed,
                "there must be one block of \(PEM.Label.privateKey.rawValue); here are \(blocks.count)")
        }
        var outer = DERReader(blocks[0])
        var fields = try outer.nested(DERTag.sequence, "the key")
        try outer.finish()
        guard try fields.number("the version") == 0 else { throw fields.error("it is of another version") }
        var kind = try fields.nested(DERTag.sequence, "the kind of the key")
        let (name, curve) = (try kind.identifier("the kind of the key"), try kind.identifier("the key's curve"))
        try kind.finish()
        guard name == .ellipticKey,
            let algorithm = CertificateAlgorithm.allCases.first(where: { $0.curveName == curve })
        else { throw CertificateError(.unsupported, "a key of the kind \(name), \(curve); taken are P-256 and SM2") }
        var octets = try fields.nested(DERTag.octetString, "the content of the key")
        // Attributes may follow, which say nothing about the key.
        if !fields.isAtEnd { try fields.skip("the attributes of the key") }
        try fields.finish()
        var inner = try octets.nested(DERTag.sequence, "the key of the curve")
        try octets.finish()
        guard try inner.number("the version") == 1 else { throw inner.error("its inner part is of another version") }
        let secret = try inner.content(DERTag.octetString, "the private number")
        guard secret.count == seedByteCount else {
            throw inner.error("the private number has \(secret.count) bytes, not \(seedByteCount)")
        }
        // The curve and the public point may stand there again; the point follows from the number.
        while !inner.isAtEnd { try inner.skip("the public part") }
        return (algorithm, secret)
    }
}
