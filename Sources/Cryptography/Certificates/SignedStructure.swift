internal import Primitives

/// The form that certificates, requests and revocation lists share: what is signed, the algorithm, the signature.
struct SignedStructure: Hashable, Sendable {
    /// All of it, in DER.
    let encoded: [UInt8]
    /// The part that the signature covers.
    let content: [UInt8]
    let algorithm: CertificateAlgorithm
    let signature: Signature

    init(_ encoded: [UInt8], byteCountMax: Int, _ what: String) throws(CertificateError) {
        guard encoded.count <= byteCountMax else {
            throw CertificateError(
                .limitExceeded, "\(what) has \(encoded.count) bytes; allowed are \(byteCountMax)")
        }
        var reader = DERReader(encoded)
        var fields = try reader.nested(DERTag.sequence, what)
        try reader.finish()
        content = try fields.element(DERTag.sequence, "the signed part of \(what)")
        algorithm = try CertificateAlgorithm(signatureFrom: &fields)
        let bytes = try fields.wholeBytes("the signature of \(what)")
        try fields.finish()
        do throws(DERError) { signature = try DERSignature.decode(bytes) } catch {
            throw CertificateError(.malformed, error.description)
        }
        self.encoded = encoded
    }

    func isSigned(by key: PublicKey) -> Bool { algorithm.isValid(signature, of: content, by: key) }

    /// A new structure, signed.
    static func encode(signing content: [UInt8], with key: any SigningKey) throws(CertificateError) -> [UInt8] {
        let algorithm = try CertificateAlgorithm(of: key.publicKey)
        let signature = try CertificateError.ofKeys { () throws(KeyError) in try key.sign(document: content) }
        return DERWriter.sequence(
            content, algorithm.encodedSignatureName, DERWriter.bitString(DERSignature.encode(signature)))
    }
}

extension CertificateAlgorithm {
    /// Throws for keys that certificates can't have.
    init(of key: PublicKey) throws(CertificateError) {
        guard let algorithm = CertificateAlgorithm(key.scheme) else {
            throw CertificateError(
                .unsupported, "certificates are for keys of P-256 and SM2, not of \(key.scheme); make a key of these")
        }
        self = algorithm
    }
}
