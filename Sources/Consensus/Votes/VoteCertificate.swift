internal import Cryptography
internal import Ledger
package import Primitives

/// A quorum's votes for one thing.
package struct VoteCertificate: Hashable, Sendable, CanonicalCodable {
    package let vote: ConsensusVote
    /// Ascending by orderer.
    package let signatures: [OrdererSignature]

    package var decision: UInt64 { vote.decision }
    package var view: UInt64 { vote.view }
    package var block: Digest { vote.block }

    package init(vote: ConsensusVote, signatures: [OrdererSignature]) {
        self.vote = vote
        self.signatures = signatures
    }

    /// Whether it says more than another: a prepare certificate for a decision proves that the one before is
    /// decided, so decisions count first.
    func isHigher(than other: VoteCertificate?) -> Bool {
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
