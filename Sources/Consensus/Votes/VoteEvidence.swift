package import Cryptography
package import Primitives

/// Two votes of one orderer where only one may be: anyone who has the epoch can check it.
package struct VoteEvidence: Hashable, Sendable, CanonicalCodable {
    package let orderer: UInt32
    package let votes: [SignedVote]

    package init(orderer: UInt32, votes: [SignedVote]) {
        self.orderer = orderer
        self.votes = votes
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(orderer)
        encoder.encode(sequence: votes)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        orderer = try decoder.decode()
        votes = try decoder.decodeSequence(maximum: 2)
    }

    /// Whether both votes can't be an honest orderer's, if they are its own.
    package var isContradiction: Bool {
        guard votes.count == 2 else { return false }
        let (first, second) = (votes[0].vote, votes[1].vote)
        return first.phase == second.phase && first.view == second.view && first.decision == second.decision
            && first.block != second.block
    }
}

package struct SignedVote: Hashable, Sendable, CanonicalCodable {
    package let vote: ConsensusVote
    package let signature: Signature

    package init(vote: ConsensusVote, signature: Signature) {
        self.vote = vote
        self.signature = signature
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(vote)
        encoder.encode(signature)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        vote = try decoder.decode()
        signature = try decoder.decode()
    }
}
