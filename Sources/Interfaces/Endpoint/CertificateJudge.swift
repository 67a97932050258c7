internal import Cryptography
internal import Ledger
internal import Primitives

/// Whose certificates count: those of organisations that are members of the chain now, vouched for by their authorities.
///
/// TLS proves keys of P-256. On a chain of the national suite the members' own authorities have keys of SM2, so the
/// configuration must name others for their clients.
struct CertificateJudge: Sendable {
    private let members: Set<String>
    private let authorities: [String: [TrustedAuthority]]
    private let revocations: [RevocationList]

    /// - Parameter configured: the authorities that are taken instead of the members' own; nil for these.
    init(members: [Organisation], configured: [TrustedAuthority]?, revocations: [RevocationList]) {
        self.members = Set(members.map(\.name.description))
        self.revocations = revocations
        let trusted = configured ?? members.flatMap(Self.authorities)
        authorities = Dictionary(grouping: trusted, by: \.organisation)
    }

    private static func authorities(of organisation: Organisation) -> [TrustedAuthority] {
        organisation.authorities.compactMap { bytes in
            guard let certificate = try? Certificate(der: bytes) else { return nil }
            return try? TrustedAuthority(certificate, for: organisation.name.description)
        }
    }

    /// Whose a certificate is, or why it does not count.
    func holder(
        of certificate: Certificate, presented: [Certificate], at time: Timestamp
    ) -> Result<CertificateHolder, EndpointError> {
        guard let organisation = certificate.subject.organisation else {
            return .failure(EndpointError(description: "\(certificate.subject) names no organisation"))
        }
        guard members.contains(organisation) else {
            return .failure(EndpointError(description: "\(organisation) is not a member of the chain"))
        }
        do throws(CertificateError) {
            let verifier = try CertificateVerifier(
                suite: .international, trusted: authorities[organisation] ?? [], revocationLists: revocations)
            switch verifier.verify(certificate, presented: presented, at: time) {
            case .accepted(let holder): return .success(holder)
            case .refused(let refusal): return .failure(EndpointError(description: refusal.description))
            }
        } catch {
            return .failure(EndpointError(description: error.description))
        }
    }
}
