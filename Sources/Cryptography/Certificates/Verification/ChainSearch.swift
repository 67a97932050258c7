internal import Primitives

/// The way from a certificate up to a trusted authority. There may be several, as authorities certify each other.
///
/// Bounded whatever is presented: by a chain's length, and by the signatures that are checked.
struct ChainSearch {
    let verifier: CertificateVerifier
    let time: Timestamp
    /// Authorities of which a chain may be made.
    let candidates: [Certificate]
    private var checksLeft = CertificateLimits.signatureChecksMax
    /// The first reason why a chain was refused that says more than that an authority is not known.
    private var refusal: CertificateRefusal?

    init(verifier: CertificateVerifier, time: Timestamp, candidates: [Certificate]) {
        (self.verifier, self.time, self.candidates) = (verifier, time, candidates)
    }

    mutating func verdict(of certificate: Certificate, _ identity: ClaimedIdentity) -> CertificateVerdict {
        if let holder = climb([certificate], .current, identity) { return .accepted(holder) }
        return .refused(
            refusal
                ?? CertificateRefusal(
                    .unknownAuthority, certificate, "was issued by \(certificate.issuer), which is not trusted"))
    }

    /// Goes on from a chain whose signatures are checked, but for the last certificate's.
    private mutating func climb(
        _ chain: [Certificate], _ knowledge: RevocationKnowledge, _ identity: ClaimedIdentity
    ) -> CertificateHolder? {
        for anchor in verifier.trusted where isIssuer(anchor.certificate, of: chain) {
            guard let knowledge = check(chain, by: anchor.certificate, knowledge) else { continue }
            guard anchor.organisation.utf8.elementsEqual(identity.organisation.utf8) else {
                note(
                    .foreignOrganisation, chain[0],
                    "names the organisation \(identity.organisation), but its authority is one of "
                        + anchor.organisation)
                continue
            }
            return CertificateHolder(
                organisation: identity.organisation, commonName: identity.commonName, role: identity.role,
                publicKey: chain[0].publicKey, serial: chain[0].serial, chain: chain + [anchor.certificate],
                revocation: knowledge)
        }
        for candidate in candidates where isIssuer(candidate, of: chain) && !chain.contains(candidate) {
            // One more must follow: the trusted one.
            guard chain.count + 2 <= CertificateLimits.chainLengthMax else {
                note(
                    .chainTooLong, chain[0],
                    "is more than \(CertificateLimits.chainLengthMax - 1) steps from a trusted authority")
                return nil
            }
            guard let knowledge = check(chain, by: candidate, knowledge) else { continue }
            if let holder = climb(chain + [candidate], knowledge, identity) { return holder }
        }
        return nil
    }

    private func isIssuer(_ issuer: Certificate, of chain: [Certificate]) -> Bool {
        let last = chain[chain.count - 1]
        guard issuer.subject == last.issuer else { return false }
        guard let wanted = last.authorityKeyIdentifier, let own = issuer.subjectKeyIdentifier else { return true }
        return wanted == own
    }

    private mutating func note(_ reason: CertificateRefusal.Reason, _ certificate: Certificate, _ details: String) {
        if refusal == nil { refusal = CertificateRefusal(reason, certificate, details) }
    }

    /// Whether the issuer may have issued the last certificate of the chain, and has. Gives what is then known of
    /// revocations; nil if not, with the reason noted.
    private mutating func check(
        _ chain: [Certificate], by issuer: Certificate, _ knowledge: RevocationKnowledge
    ) -> RevocationKnowledge? {
        let last = chain[chain.count - 1]
        guard issuer.isAuthority, issuer.extensions.keyUsage?.contains(.certificateSigning) != false else {
            note(.wrongUse, issuer, "is not one of an authority, and can't issue others")
            return nil
        }
        // An authority's new certificate for itself is no step down (RFC 5280, 4.2.1.9).
        let below = chain.dropFirst().count { !$0.isSelfIssued }
        guard below <= issuer.pathLength ?? .max else {
            note(.chainTooLong, issuer, "allows fewer authorities below itself than the \(below) that are there")
            return nil
        }
        if let flaw = verifier.flaw(of: issuer, at: time) {
            if refusal == nil { refusal = flaw }
            return nil
        }
        guard checksLeft > 0 else {
            note(.chainTooLong, last, "leads to more authorities of the same names than are tried")
            return nil
        }
        checksLeft -= 1
        guard issuer.hasSigned(last) else {
            note(.signatureInvalid, last, "is not signed by \(issuer.subject), or was changed")
            return nil
        }
        return revocations(of: last, by: issuer).map { .least(knowledge, $0) }
    }

    // MARK: Revocation

    /// What the issuer's newest list tells; nil if it is that the certificate is revoked, which is noted.
    private mutating func revocations(of certificate: Certificate, by issuer: Certificate) -> RevocationKnowledge? {
        guard let list = newestList(of: issuer) else { return .missing }
        if let entry = list.revocation(of: certificate.serial), entry.time <= time {
            note(
                .revoked(at: entry.time, entry.reason), certificate,
                "was revoked by its authority (\(entry.reason)); have a new one issued")
            return nil
        }
        return list.nextUpdate < time ? .stale(since: list.nextUpdate) : .current
    }

    private func newestList(of issuer: Certificate) -> RevocationList? {
        var newest: RevocationList?
        for list in verifier.revocationLists where list.issuer == issuer.subject {
            if let wanted = list.authorityKeyIdentifier, let own = issuer.subjectKeyIdentifier, wanted != own {
                continue
            }
            guard newest.map({ list.isNewer(than: $0) }) ?? true, list.isSigned(by: issuer) else { continue }
            newest = list
        }
        return newest
    }
}

extension RevocationKnowledge {
    /// The lesser of two.
    fileprivate static func least(_ left: Self, _ right: Self) -> Self {
        switch (left, right) {
        case (.missing, _), (_, .missing): .missing
        case (.stale(let first), .stale(let second)): .stale(since: Swift.min(first, second))
        case (.stale, _): left
        case (_, .stale): right
        case (.current, .current): .current
        }
    }
}
