package import Primitives

extension PBFT {
    /// The last votes of an orderer that another one holds: at most one of each phase.
    package struct HeldVotes: Hashable, Sendable, CanonicalCodable {
        package let votes: [SignedVote]

        package init(votes: [SignedVote]) { self.votes = votes }

        package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(sequence: votes) }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            votes = try decoder.decodeSequence(maximum: VotePhase.allCases.count)
        }
    }
}
