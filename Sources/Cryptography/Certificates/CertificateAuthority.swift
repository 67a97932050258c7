package import Primitives

/// What an authority grants with a certificate.
package struct CertificateGrant: Hashable, Sendable {
    package enum Use: Hashable, Sendable {
        /// For somebody with a role.
        case holder(CertificateRole)
        /// For an authority, below which there may be so many further ones.
        case authority(pathLength: Int)
    }

    package let commonName: String
    package let use: Use
    package let days: Int
    /// By which a node is called, where its certificate is shown to clients; nil for none.
    package let serverNames: ServerNames?

    package init(commonName: String, use: Use, days: Int, serverNames: ServerNames? = nil) {
        (self.commonName, self.use, self.days, self.serverNames) = (commonName, use, days, serverNames)
    }
}

/// An authority of an organisation: its certificate, and the key that signs for it, wherever that is kept.
///
/// It grants names of its own organisation only. What it has issued somebody else keeps account of.
package struct CertificateAuthority: Sendable {
    package let certificate: Certificate
    /// Invariant: every authority's name has one.
    package let organisation: String
    private let key: any SigningKey
    private let algorithm: CertificateAlgorithm

    /// Takes up an authority. Throws unless the certificate is an authority's of an organisation, with this key.
    package init(certificate: Certificate, key: any SigningKey) throws(CertificateError) {
        algorithm = try CertificateAlgorithm(of: key.publicKey)
        guard certificate.publicKey == key.publicKey else {
            throw CertificateError(.notAllowed, "the key is not that of the certificate of \(certificate.subject)")
        }
        guard certificate.isAuthority, let organisation = certificate.subject.organisation else {
            throw CertificateError(.notAllowed, "\(certificate.subject) is no authority of an organisation")
        }
        (self.certificate, self.organisation, self.key) = (certificate, organisation, key)
    }

    /// Makes a root: its certificate is signed with its own key.
    package static func root(
        organisation: String, commonName: String, days: Int, key: any SigningKey, at time: Timestamp
    ) throws(CertificateError) -> CertificateAuthority {
        let algorithm = try CertificateAlgorithm(of: key.publicKey)
        let name = try CertificateName(organisation: organisation, commonName: commonName)
        let (start, end) = try validity(of: days, at: time)
        let identifier = algorithm.keyIdentifier(key.publicKey)
        var extensions = CertificateExtensions(
            isAuthority: true, keyUsage: [.certificateSigning, .revocationListSigning],
            subjectKeyIdentifier: identifier)
        extensions.authorityKeyIdentifier = identifier
        let content = content(
            issuer: name, subject: name, start, end, key.publicKey, extensions, signedBy: algorithm)
        let certificate = try Certificate(der: try SignedStructure.encode(signing: content, with: key))
        return try CertificateAuthority(certificate: certificate, key: key)
    }
}

// MARK: - Issuing

extension CertificateAuthority {
    /// Issues a certificate for the key of a request. Of what the request asks for nothing is taken over.
    package func issue(
        _ request: CertificateRequest, _ grant: CertificateGrant, at time: Timestamp
    ) throws(CertificateError) -> Certificate {
        try issue(for: request.publicKey, grant, at: time)
    }

    /// Issues a certificate with the same name, role and key, and a new number and validity.
    package func renew(_ old: Certificate, days: Int, at time: Timestamp) throws(CertificateError) -> Certificate {
        guard old.issuer == certificate.subject, certificate.hasSigned(old), let name = old.subject.commonName else {
            throw CertificateError(.notAllowed, "\(old.subject) was not issued by \(certificate.subject)")
        }
        let use: CertificateGrant.Use
        if old.isAuthority {
            use = .authority(pathLength: old.pathLength ?? 0)
        } else if let role = old.role {
            use = .holder(role)
        } else {
            throw CertificateError(.notAllowed, "\(old.subject) has no role; issue a new certificate with one")
        }
        let grant = CertificateGrant(commonName: name, use: use, days: days, serverNames: old.serverNames)
        return try issue(for: old.publicKey, grant, at: time)
    }

    /// A root's new certificate for itself, with the same name and key: what it has issued stays valid.
    package func renewedRoot(days: Int, at time: Timestamp) throws(CertificateError) -> CertificateAuthority {
        guard certificate.isSelfIssued, let name = certificate.subject.commonName else {
            throw CertificateError(.notAllowed, "\(certificate.subject) is no root; have it renewed by its issuer")
        }
        return try .root(organisation: organisation, commonName: name, days: days, key: key, at: time)
    }

    private func issue(
        for subjectKey: PublicKey, _ grant: CertificateGrant, at time: Timestamp
    ) throws(CertificateError) -> Certificate {
        guard subjectKey.scheme == algorithm.scheme else {
            throw CertificateError(
                .notAllowed,
                "the key is one of \(subjectKey.scheme), the authority's of \(algorithm.scheme); make a key of the "
                    + "authority's suite")
        }
        let (start, end) = try Self.validity(of: grant.days, at: time)
        guard end <= certificate.notAfter else {
            throw CertificateError(
                .notAllowed,
                "the certificate would outlive its authority, which is valid for "
                    + "\(certificate.daysUntilExpiry(at: time)) more days; ask for fewer days, or renew the authority")
        }
        let content = Self.content(
            issuer: certificate.subject, subject: try subject(of: grant), max(start, certificate.notBefore), end,
            subjectKey, try extensions(for: subjectKey, grant), signedBy: algorithm)
        return try Certificate(der: try SignedStructure.encode(signing: content, with: key))
    }

    private func subject(of grant: CertificateGrant) throws(CertificateError) -> CertificateName {
        var unit: String?
        if case .holder(let role) = grant.use { unit = role.unit }
        let name = try CertificateName(organisation: organisation, unit: unit, commonName: grant.commonName)
        guard name != certificate.subject else {
            throw CertificateError(.notAllowed, "\(name) is the authority itself; choose another name")
        }
        return name
    }

    private func extensions(
        for subjectKey: PublicKey, _ grant: CertificateGrant
    ) throws(CertificateError) -> CertificateExtensions {
        var extensions = CertificateExtensions(
            subjectKeyIdentifier: algorithm.keyIdentifier(subjectKey),
            authorityKeyIdentifier: certificate.subjectKeyIdentifier)
        guard grant.serverNames == nil || grant.use == .holder(.node) else {
            throw CertificateError(.notAllowed, "only nodes are servers: leave the names out, or give the role node")
        }
        extensions.serverNames = grant.serverNames
        switch grant.use {
        case .holder(let role):
            extensions.keyUsage = .digitalSignature
            extensions.purposes = role.purposes
        case .authority(let pathLength):
            guard (0..<(certificate.pathLength ?? CertificateLimits.chainLengthMax)).contains(pathLength) else {
                throw CertificateError(.notAllowed, "\(certificate.subject) may have no such authority below itself")
            }
            extensions.isAuthority = true
            extensions.pathLength = pathLength
            extensions.keyUsage = [.certificateSigning, .revocationListSigning]
        }
        return extensions
    }

    /// From a little before, for the sake of clocks that are late.
    private static func validity(of days: Int, at time: Timestamp) throws(CertificateError) -> (Timestamp, Timestamp) {
        guard (1...CertificateLimits.validityDaysMax).contains(days) else {
            throw CertificateError(
                .limitExceeded, "a certificate is valid for 1 to \(CertificateLimits.validityDaysMax) days, not \(days)"
            )
        }
        let second = time.milliseconds / 1000
        let early = second - min(second, CertificateLimits.earlySeconds)
        return (
            Timestamp(milliseconds: early * 1000),
            Timestamp(milliseconds: (second + UInt64(days) * 86_400) * 1000)
        )
    }

    /// What is signed of a certificate.
    private static func content(
        issuer: CertificateName, subject: CertificateName, _ start: Timestamp, _ end: Timestamp, _ key: PublicKey,
        _ extensions: CertificateExtensions, signedBy algorithm: CertificateAlgorithm
    ) -> [UInt8] {
        DERWriter.sequence(
            DERWriter.element(DERTag.context(0), DERWriter.integer([2])), SerialNumber.random().encoded,
            algorithm.encodedSignatureName, issuer.encoded,
            DERWriter.sequence(CertificateTime.encode(start), CertificateTime.encode(end)), subject.encoded,
            algorithm.encode(key), DERWriter.element(DERTag.context(3), extensions.encoded))
    }
}

// MARK: - Revoking

extension CertificateAuthority {
    /// Makes the list of all that is revoked. Its number must be above that of the last one.
    package func revocationList(
        _ entries: [Revocation], number: UInt256, at time: Timestamp, nextInDays days: Int
    ) throws(CertificateError) -> RevocationList {
        guard entries.count <= CertificateLimits.revocationsMax else {
            throw CertificateError(
                .limitExceeded,
                "a revocation list has at most \(CertificateLimits.revocationsMax) entries; make a new authority")
        }
        guard (1...CertificateLimits.validityDaysMax).contains(days) else {
            throw CertificateError(
                .limitExceeded, "the next list comes in 1 to \(CertificateLimits.validityDaysMax) days, not in \(days)")
        }
        let next = Timestamp(milliseconds: time.milliseconds + UInt64(days) * 86_400_000)
        let content = RevocationList.encode(
            entries, number: number, from: time, to: next, by: certificate, algorithm)
        return try RevocationList(der: try SignedStructure.encode(signing: content, with: key))
    }
}
