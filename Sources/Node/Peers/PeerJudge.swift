package import Cryptography
package import Networking
package import Primitives

/// Says whether whoever shows a chain of certificates is a node of the list.
///
/// A node whose certificate has expired is let in for `NodeLimits.expiredCertificateGraceMilliseconds` more, if nothing
/// else is to be said against it: what stands for it is the list, and a chain must not stop because somebody forgot to
/// renew. The operators of all nodes are told each time. One whose certificate is not valid yet is let in, too, up to
/// `NodeLimits.earlyCertificateGraceMilliseconds` before: this machine's clock may be behind.
package struct PeerJudge: Sendable {
    let nodes: [ListedNode]
    /// The numbers of those who are let in.
    let present: Set<UInt32>
    let verifier: CertificateVerifier

    /// A node that is let in, and when its certificate ends or has ended.
    package struct Admitted: Hashable, Sendable {
        package let number: UInt32
        package let notAfter: Timestamp
    }

    package init(nodes: [ListedNode], present: Set<UInt32>, verifier: CertificateVerifier) {
        (self.nodes, self.present, self.verifier) = (nodes, present, verifier)
    }

    /// By a roster, in whose authorities' number nothing is too much.
    init(_ roster: PeerRoster, _ credentials: PeerCredentials, suite: Suite) throws(CertificateError) {
        self.init(
            nodes: roster.nodes, present: roster.present,
            verifier: try CertificateVerifier(
                suite: suite, trusted: roster.authorities, revocationLists: credentials.revocationLists))
    }

    /// `chain` is in DER, the node's own certificate first.
    package func judge(_ chain: [[UInt8]], at time: Timestamp) -> Result<Admitted, NotAdmitted> {
        guard let first = chain.first, let own = try? Certificate(der: first) else {
            return .failure(NotAdmitted(.certificateMalformed))
        }
        // Others than the holder's own that can't be read are of no use, which shows.
        let presented = chain.dropFirst().compactMap { try? Certificate(der: $0) }
        var verdict = verifier.verify(own, presented: presented, at: time)
        // Each of the chain may begin at another time.
        for _ in 0..<PeerLimits.chainCertificatesMax {
            guard let reason = verdict.refusal?.reason, let excused = Self.excused(reason, at: time) else { break }
            verdict = verifier.verify(own, presented: presented, at: excused)
        }
        switch verdict {
        case .refused(let refusal):
            return switch refusal.reason {
            case .expired, .notYetValid: .failure(NotAdmitted(.certificateExpired))
            case .revoked: .failure(NotAdmitted(.certificateRevoked))
            default: .failure(NotAdmitted(.certificateUntrusted))
            }
        case .accepted(let holder):
            guard holder.role == .node,
                let number = nodes.firstIndex(where: {
                    $0.certificateKey == holder.publicKey && $0.organisation == holder.organisation
                }), present.contains(UInt32(number))
            else { return .failure(NotAdmitted(.notOnList)) }
            return .success(Admitted(number: UInt32(number), notAfter: holder.notAfter))
        }
    }

    /// At which time a certificate is to be judged that is not valid at another one; nil if it is judged at that.
    private static func excused(_ reason: CertificateRefusal.Reason, at time: Timestamp) -> Timestamp? {
        switch reason {
        case .expired(let since)
        where time.milliseconds <= since.milliseconds + NodeLimits.expiredCertificateGraceMilliseconds: since
        case .notYetValid(let until)
        where until.milliseconds <= time.milliseconds + NodeLimits.earlyCertificateGraceMilliseconds: until
        default: nil
        }
    }
}
