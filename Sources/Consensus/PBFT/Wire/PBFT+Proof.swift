package import Cryptography
package import Primitives

extension PBFT {
    /// Why a decision is one: a commit certificate for its block. It is what a checkpoint is in the paper: whoever has
    /// it, and what it names, needs nothing else of before.
    package struct Proof: Hashable, Sendable, CanonicalCodable {
        package let header: ConsensusHeader
        package let certificate: VoteCertificate

        package init(header: ConsensusHeader, certificate: VoteCertificate) {
            self.header = header
            self.certificate = certificate
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(header)
            encoder.encode(certificate)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            header = try decoder.decode()
            certificate = try decoder.decode()
        }

        /// The identity of the block that is decided, if the certificate says so; whether the certificate itself holds
        /// is another question.
        package func decidedBlock(in context: Digest, suite: Suite) -> Digest? {
            let vote = certificate.vote
            guard vote.phase == .commit, vote.decision == header.decision,
                vote.block == header.identity(in: context, suite: suite)
            else { return nil }
            return vote.block
        }
    }
}
