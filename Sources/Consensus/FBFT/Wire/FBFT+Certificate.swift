package import Cryptography
internal import Ledger
package import Primitives

extension FBFT {
    /// A quorum's votes for one thing.
    package struct Certificate: Hashable, Sendable, CanonicalCodable {
        package let vote: Vote
        /// Ascending by orderer.
        package let signatures: [OrdererSignature]

        package var decision: UInt64 { vote.decision }
        package var view: UInt64 { vote.view }
        package var block: Digest { vote.block }

        package init(vote: Vote, signatures: [OrdererSignature]) {
            self.vote = vote
            self.signatures = signatures
        }

        /// Whether it says more than another: a prepare certificate for a decision proves that the one before is
        /// decided, so decisions count first.
        func isHigher(than other: Certificate?) -> Bool {
            guard let other else { return true }
            return (decision, view) > (other.decision, other.view)
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(vote)
            encoder.encode(sequence: signatures)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            vote = try decoder.decode()
            let start = decoder.offset
            signatures = try decoder.decodeSequence(
                maximum: LedgerLimits.validatorsMax, elementByteCountMin: 4 + Signature.byteCount)
            for (left, right) in zip(signatures, signatures.dropFirst()) where left.orderer >= right.orderer {
                throw CodingError(.notAscending, at: start)
            }
        }
    }

    /// Why a decision is one: a commit certificate for its block, or a prepare certificate for that block's child,
    /// which nobody honest signs unless a quorum of the same view is locked on the block (rule 5).
    package struct Proof: Hashable, Sendable, CanonicalCodable {
        package let header: Header
        package let certificate: Certificate
        /// The child's header, if the certificate is the child's.
        package let child: Header?

        package init(header: Header, certificate: Certificate, child: Header?) {
            self.header = header
            self.certificate = certificate
            self.child = child
        }

        /// The same, shown by another certificate for the same vote.
        func with(_ certificate: Certificate?) -> Proof {
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
            child = try decoder.decodeOption(Header.self)
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
