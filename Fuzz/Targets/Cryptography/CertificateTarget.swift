internal import Cryptography
internal import Primitives

extension FuzzTarget {
    /// Certificates, requests, revocation lists and private keys of anybody's making, and what a verifier says of them.
    static let certificates = FuzzTarget("certificates", seeds: { seedsOfCertificates }) { bytes throws(FuzzFailure) in
        if let request = try? CertificateRequest(bytes: bytes) {
            try demand(
                (try? CertificateRequest(bytes: Array(request.pem.utf8))) == request,
                "a request's text does not say the same")
        }
        if let list = try? RevocationList(bytes: bytes) {
            try demand(
                (try? RevocationList(bytes: Array(list.pem.utf8))) == list, "a list's text does not say the same")
            try demand(
                list.entries.allSatisfy { list.revocation(of: $0.serial) == $0 }, "a list loses what it revokes")
            guard let world else { return }
            // Serial numbers and signatures are drawn anew in each process, and seeds may be another one's.
            let isSame = list.entries == world.list.entries && list.number == world.list.number
            try demand(!list.isSigned(by: world.root.certificate) || isSame, "a list is forged: \(list.pem)")
        }
        if let key = try? SoftwareKey(pkcs8: bytes) {
            let again = try? SoftwareKey(pkcs8: (try? key.pkcs8()) ?? [])
            try demand(again?.publicKey == key.publicKey, "a private key's text does not say the same")
        }
        for certificate in (try? Certificate.all(in: bytes)) ?? [] { try judge(certificate) }
    }

    private static func judge(_ certificate: Certificate) throws(FuzzFailure) {
        try demand(
            (try? Certificate(bytes: Array(certificate.pem.utf8))) == certificate,
            "a certificate's text does not say the same")
        _ = (certificate.isSelfSigned, certificate.subject.description, certificate.serial.description)
        guard let world else { return }
        // Before, within and after the validity of all that is sound.
        for day in [0, 5, 100] {
            let verdict = world.verifier.verify(
                certificate, presented: [certificate, world.holder], at: Timestamp(milliseconds: World.time(day)))
            guard let holder = verdict.holder else { continue }
            try demand(
                holder.publicKey == world.holder.publicKey && holder.commonName == "n" && holder.role == .node
                    && day == 5, "somebody else is believed: \(certificate.pem)")
        }
    }

    /// One sound certificate and the means to tell it from others.
    private struct World: Sendable {
        let root: CertificateAuthority
        let holder: Certificate
        let request: CertificateRequest
        let list: RevocationList
        let verifier: CertificateVerifier

        static func time(_ day: Int) -> UInt64 { 1_800_000_000_000 + UInt64(day) * 86_400_000 }

        init(_ scheme: SignatureScheme) throws {
            let time = Timestamp(milliseconds: Self.time(1))
            let keys = try [8, 9].map { try SoftwareKey(scheme: scheme, seed: [UInt8](repeating: $0, count: 32)) }
            root = try CertificateAuthority.root(
                organisation: "Acme", commonName: "root", days: 60, key: keys[0], at: time)
            request = try CertificateRequest(organisation: "Acme", commonName: "n", role: .node, key: keys[1])
            let grant = CertificateGrant(commonName: "n", use: .holder(.node), days: 30)
            holder = try root.issue(request, grant, at: time)
            let revoked = SerialNumber([1, 2, 3]).map { Revocation(serial: $0, time: time, reason: .superseded) }
            list = try root.revocationList(
                revoked.map { [$0] } ?? [], number: UInt256(1), at: time, nextInDays: 9)
            verifier = try CertificateVerifier(
                suite: scheme == .sm2 ? .national : .international,
                trusted: [TrustedAuthority(root.certificate, for: "Acme")], revocationLists: [list])
        }

        var seeds: [[UInt8]] {
            let texts = [holder.pem + root.certificate.pem, request.pem, list.pem].map { Array($0.utf8) }
            let key = try? SoftwareKey(scheme: holder.publicKey.scheme, seed: [UInt8](repeating: 9, count: 32)).pkcs8()
            return [root.certificate.bytes, holder.bytes, request.bytes, list.bytes] + texts + (key.map { [$0] } ?? [])
        }
    }

    private static let world = try? World(.p256)

    private static var seedsOfCertificates: [[UInt8]] {
        (world?.seeds ?? []) + ((try? World(.sm2).seeds) ?? [])
    }
}
