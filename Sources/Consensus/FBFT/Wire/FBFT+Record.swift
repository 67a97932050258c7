package import Primitives

extension FBFT {
    /// What must survive before an orderer speaks. Of many records the highest of each part counts.
    package struct Record: Hashable, Sendable, CanonicalCodable {
        package static let formatVersion: UInt8 = 1

        /// The view in which the record was made.
        package let view: UInt64
        /// The prepare vote that follows.
        package let vote: ConsensusVote?
        /// The prepare certificate that its writer is locked on from now on.
        package let lock: VoteCertificate?
        /// Blocks that it has voted for, or is locked on, and that are not decided.
        package let blocks: [ConsensusBlock]

        package init(view: UInt64, vote: ConsensusVote?, lock: VoteCertificate?, blocks: [ConsensusBlock]) {
            self.view = view
            self.vote = vote
            self.lock = lock
            self.blocks = blocks
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(Self.formatVersion)
            encoder.encode(view)
            encoder.encode(vote)
            encoder.encode(lock)
            encoder.encode(sequence: blocks)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            let version: UInt8 = try decoder.decode()
            guard version == Self.formatVersion else {
                throw CodingError(.invalid("record version \(version) is not known"), at: 0)
            }
            view = try decoder.decode()
            vote = try decoder.decodeOption(ConsensusVote.self)
            lock = try decoder.decodeOption(VoteCertificate.self)
            blocks = try decoder.decodeSequence(maximum: ConsensusLimits.fbftHeldBlocksMax)
        }
    }
}
