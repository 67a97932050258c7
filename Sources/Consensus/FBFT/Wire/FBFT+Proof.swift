package import Cryptography
package import Primitives

extension FBFT {
    /// Why a decision is one: a commit certificate for its block, or a prepare certificate for that block's child,
    /// which nobody honest signs unless a quorum of the same view is locked on the block (rule 5).
    package struct Proof: Hashable, Sendable, CanonicalCodable {
        package let header: ConsensusHeader
        package let certificate: VoteCertificate
        /// The child's header, if the certificate is the child's.
        package let child: ConsensusHeader?

        package init(header: ConsensusHeader, certificate: VoteCertificate, child: ConsensusHeader?) {
            self.header = header
            self.certificate = certificate
            self.child = child
        }

        /// The same, shown by another certificate for the same vote.
        func with(_ certificate: VoteCertificate?) -> Proof {
            Proof(header: header, certificate: certificate ?? self.certificate, child: child)
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(header)
            encoder.encode(certificate)
            encoder.encode(child)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            header = try decoder.decode()
            certificate = try decoder.decode()
            child = try decoder.decodeOption(ConsensusHeader.self)
        }

        /// The identity of the block that is decided, if the certificate says so; whether the certificate itself holds
        /// is another question.
        package func decidedBlock(in context: Digest, suite: Suite) -> Digest? {
            let identity = header.identity(in: context, suite: suite)
            let vote = certificate.vote
            if let child {
                guard vote.phase == .prepare, child.parent == identity, header.decision < .max,
                    child.decision == header.decision + 1, vote.decision == child.decision,
                    vote.block == child.identity(in: context, suite: suite)
                else { return nil }
            } else {
                guard vote.phase == .commit, vote.decision == header.decision, vote.block == identity else {
                    return nil
                }
            }
            return identity
        }
    }
}
