package import Primitives

/// Who somebody is, by a certificate that a verifier has accepted.
package struct CertificateHolder: Hashable, Sendable {
    package let organisation: String
    package let commonName: String
    package let role: CertificateRole
    package let publicKey: PublicKey
    package let serial: SerialNumber
    /// From the holder's certificate to the last before the trusted one, and that.
    package let chain: [Certificate]
    package let revocation: RevocationKnowledge

    /// When the first certificate of the chain begins to be invalid.
    package var notAfter: Timestamp { chain.map(\.notAfter).min() ?? Timestamp(milliseconds: 0) }
}

/// What a verifier knows of revocations for all of a chain: the least of what it knows for each authority in it.
package enum RevocationKnowledge: Hashable, Sendable {
    /// Each authority's list is there, and the next one is not due.
    case current
    /// A list should have been replaced at this time. What it revokes stays revoked; later revocations are not known.
    case stale(since: Timestamp)
    /// An authority's list is not there.
    case missing
}

/// What a verifier says of a certificate.
package enum CertificateVerdict: Hashable, Sendable {
    case accepted(CertificateHolder)
    case refused(CertificateRefusal)

    package var holder: CertificateHolder? { if case .accepted(let holder) = self { holder } else { nil } }
    package var refusal: CertificateRefusal? { if case .refused(let refusal) = self { refusal } else { nil } }
}

/// Why a certificate is not accepted. An answer, which is thrown only by whoever can't go on without a holder.
package struct CertificateRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case expired(since: Timestamp)
        case notYetValid(until: Timestamp)
        case revoked(at: Timestamp, RevocationReason)
        /// Nobody trusted is, or vouches for, its issuer.
        case unknownAuthority
        case signatureInvalid
        /// Its key is not of the suite.
        case wrongSuite
        /// An authority that shows itself as a holder, a holder as an issuer, or a key or a role used for what the
        /// certificate does not allow.
        case wrongUse
        /// More authorities between it and the trusted one than one of them or a limit allows.
        case chainTooLong
        /// It has a critical extension that is not known here.
        case unknownCriticalExtension
        /// It names no role, an unknown one, or more than one.
        case roleMissing
        /// It names no organisation, or no name of the holder.
        case nameMissing
        /// The trusted authority is another organisation's.
        case foreignOrganisation
    }

    package let reason: Reason
    /// Which certificate of the chain it is about.
    package let subject: CertificateName
    package let serial: SerialNumber
    private let details: String

    init(_ reason: Reason, _ certificate: Certificate, _ details: String) {
        self.reason = reason
        (subject, serial) = (certificate.subject, certificate.serial)
        self.details = details
    }

    package var description: String { "the certificate of \(subject), number \(serial), \(details)" }
}
