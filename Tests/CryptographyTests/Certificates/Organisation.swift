import Primitives
import Testing

@testable import Cryptography

/// A small public key infrastructure: a root, an authority below it, and whoever they issue certificates for.
struct Organisation {
    /// 2027-01-15, 08:00 Greenwich.
    static let now = Timestamp(milliseconds: 1_800_000_000_000)

    let algorithm: CertificateAlgorithm
    let name: String
    let rootKey, issuingKey: SoftwareKey
    let root, issuing: CertificateAuthority

    var suite: Cryptography.Suite { algorithm.suite }

    init(_ algorithm: CertificateAlgorithm, name: String = "Acme", issuingDays: Int = 1_000) throws {
        (self.algorithm, self.name) = (algorithm, name)
        rootKey = try SoftwareKey.generate(algorithm.scheme)
        issuingKey = try SoftwareKey.generate(algorithm.scheme)
        root = try CertificateAuthority.root(
            organisation: name, commonName: "\(name) root", days: 2_000, key: rootKey, at: Self.now)
        let request = try CertificateRequest(
            organisation: name, commonName: "\(name) issuing", role: nil, key: issuingKey)
        let grant = CertificateGrant(
            commonName: "\(name) issuing", use: .authority(pathLength: 0), days: issuingDays)
        issuing = try CertificateAuthority(
            certificate: try root.issue(request, grant, at: Self.now), key: issuingKey)
    }

    func request(_ commonName: String = "node-1", _ role: CertificateRole? = .node) throws -> CertificateRequest {
        try CertificateRequest(
            organisation: name, commonName: commonName, role: role, key: SoftwareKey.generate(algorithm.scheme))
    }

    func issue(_ commonName: String = "node-1", _ role: CertificateRole = .node, days: Int = 365) throws -> Certificate
    {
        try issuing.issue(
            try request(commonName, role), CertificateGrant(commonName: commonName, use: .holder(role), days: days),
            at: Self.now)
    }

    func verifier(
        intermediates: [Certificate]? = nil, revocationLists: [RevocationList] = []
    ) throws -> CertificateVerifier {
        try CertificateVerifier(
            suite: suite, trusted: [TrustedAuthority(root.certificate, for: name)],
            intermediates: intermediates ?? [issuing.certificate], revocationLists: revocationLists)
    }
}

extension Timestamp {
    func advanced(byDays days: Int) -> Timestamp {
        Timestamp(milliseconds: UInt64(Int(milliseconds) + days * 86_400_000))
    }
}

/// Certificates by hand, with whatever shall be wrong in them.
struct Forgery {
    var version: UInt8 = 2
    var serial: [UInt8] = [42]
    var issuer: CertificateName
    var subject: CertificateName
    var start = Organisation.now
    var end = Organisation.now.advanced(byDays: 10)
    var key: PublicKey
    var extensions = CertificateExtensions()
    /// More extensions, in DER.
    var others: [[UInt8]] = []

    init(of key: PublicKey, named name: CertificateName, by issuer: CertificateName) {
        (self.key, subject, self.issuer) = (key, name, issuer)
    }

    func content(_ algorithm: CertificateAlgorithm) throws -> [UInt8] {
        var own = DERReader(extensions.encoded)
        var fields = try own.nested(DERTag.sequence, "extensions")
        var list: [[UInt8]] = []
        while !fields.isAtEnd { list.append(try fields.element(DERTag.sequence, "extension")) }
        return DERWriter.sequence(
            DERWriter.element(DERTag.context(0), DERWriter.integer([version])), DERWriter.integer(serial),
            algorithm.encodedSignatureName, issuer.encoded,
            DERWriter.sequence(CertificateTime.encode(start), CertificateTime.encode(end)), subject.encoded,
            try CertificateAlgorithm(of: key).encode(key),
            DERWriter.element(DERTag.context(3), DERWriter.sequence(list + others)))
    }

    func signed(by key: SoftwareKey) throws -> Certificate {
        let content = try content(CertificateAlgorithm(of: key.publicKey))
        return try Certificate(der: try SignedStructure.encode(signing: content, with: key))
    }
}
