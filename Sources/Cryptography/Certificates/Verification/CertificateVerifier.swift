package import Primitives

/// An authority that is trusted for an organisation: a root, or an authority below one that is taken for itself.
package struct TrustedAuthority: Hashable, Sendable {
    package let organisation: String
    package let certificate: Certificate

    /// Throws unless the certificate is an authority's. An authority of another name may be trusted for an
    /// organisation, as when a company has its certificates issued elsewhere.
    package init(_ certificate: Certificate, for organisation: String) throws(CertificateError) {
        guard certificate.isAuthority else {
            throw CertificateError(.notAllowed, "\(certificate.subject) is no authority and can't be trusted as one")
        }
        (self.organisation, self.certificate) = (organisation, certificate)
    }
}

/// Says whose a certificate is, by trusted authorities (RFC 5280, section 6).
///
/// A value without clock or files: the same certificates, lists and time give the same verdict on every node. Names
/// chain by their bytes. Policies and name constraints are not known: a certificate that insists on them is refused.
/// A certificate counts for the organisation of the authority at its chain's end, and must name that one.
package struct CertificateVerifier: Sendable {
    package let suite: Suite
    let trusted: [TrustedAuthority]
    let intermediates: [Certificate]
    let revocationLists: [RevocationList]

    /// Throws if there is more of anything than `CertificateLimits` allow.
    package init(
        suite: Suite, trusted: [TrustedAuthority], intermediates: [Certificate] = [],
        revocationLists: [RevocationList] = []
    ) throws(CertificateError) {
        let counts = [
            (trusted.count, CertificateLimits.trustedAuthoritiesMax, "trusted authorities"),
            (intermediates.count, CertificateLimits.intermediatesMax, "intermediate authorities"),
            (revocationLists.count, CertificateLimits.revocationListsMax, "revocation lists"),
        ]
        for (count, maximum, what) in counts where count > maximum {
            throw CertificateError(.limitExceeded, "\(count) \(what) are too many; allowed are \(maximum)")
        }
        (self.suite, self.trusted) = (suite, trusted)
        (self.intermediates, self.revocationLists) = (intermediates, revocationLists)
    }

    /// Judges a certificate at a time. `presented` are certificates that came with it, of whatever worth: of more than
    /// a chain's length only the first are looked at.
    package func verify(
        _ certificate: Certificate, presented: [Certificate] = [], at time: Timestamp
    ) -> CertificateVerdict {
        switch examineHolder(certificate, at: time) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let identity):
            var search = ChainSearch(
                verifier: self, time: time,
                candidates: Array(presented.prefix(CertificateLimits.chainLengthMax)) + intermediates)
            return search.verdict(of: certificate, identity)
        }
    }
}

/// What a certificate says about its holder.
struct ClaimedIdentity {
    let organisation, commonName: String
    let role: CertificateRole
}

// MARK: - What one certificate shows

extension CertificateVerifier {
    /// What every certificate of a chain must fulfil.
    func flaw(of certificate: Certificate, at time: Timestamp) -> CertificateRefusal? {
        if certificate.publicKey.scheme != CertificateAlgorithm(suite).scheme {
            return CertificateRefusal(
                .wrongSuite, certificate, "has a key of \(certificate.publicKey.scheme), not of the \(suite) suite")
        }
        if let name = certificate.extensions.unknownCritical {
            return CertificateRefusal(
                .unknownCriticalExtension, certificate, "has the critical extension \(name), which is not known here")
        }
        if time < certificate.notBefore {
            return CertificateRefusal(
                .notYetValid(until: certificate.notBefore), certificate, "is not yet valid; is the time right?")
        }
        if certificate.notAfter < time {
            return CertificateRefusal(
                .expired(since: certificate.notAfter), certificate, "has expired; have it renewed")
        }
        return nil
    }

    private func examineHolder(
        _ certificate: Certificate, at time: Timestamp
    ) -> Result<ClaimedIdentity, CertificateRefusal> {
        typealias Answer = Result<ClaimedIdentity, CertificateRefusal>
        let refuse = { (reason: CertificateRefusal.Reason, details: String) -> Answer in
            .failure(CertificateRefusal(reason, certificate, details))
        }
        if let flaw = flaw(of: certificate, at: time) { return .failure(flaw) }
        guard !certificate.isAuthority else {
            return refuse(.wrongUse, "is an authority's, which acts only by issuing")
        }
        guard let organisation = certificate.subject.organisation, let commonName = certificate.subject.commonName
        else { return refuse(.nameMissing, "names no organisation (O), or nobody in it (CN)") }
        guard let role = certificate.role else {
            let units = CertificateRole.allCases.map(\.unit).joined(separator: ", ")
            return refuse(.roleMissing, "must have one of these organisational units (OU): \(units)")
        }
        let extensions = certificate.extensions
        guard extensions.keyUsage?.contains(.digitalSignature) != false else {
            return refuse(.wrongUse, "does not allow its key to sign")
        }
        if let purposes = extensions.purposes, !purposes.contains(.anyPurpose),
            let missing = role.purposes.first(where: { !purposes.contains($0) })
        {
            return refuse(.wrongUse, "is not for the purpose \(missing), which its role \(role) needs")
        }
        return .success(ClaimedIdentity(organisation: organisation, commonName: commonName, role: role))
    }
}
