package import Primitives

extension PBFT {
    /// What must survive before an orderer speaks. Of many records the highest of each part counts.
    package struct Record: Hashable, Sendable, CanonicalCodable {
        package static let formatVersion: UInt8 = 1

        /// The view in which the record was made: its writer votes in none before.
        package let view: UInt64
        /// The prepare vote, and the commit vote, that follow.
        package let prepare: ConsensusVote?
        package let commit: ConsensusVote?
        /// Prepare certificates above the last decision.
        package let certificates: [VoteCertificate]
        /// Blocks that its writer has voted for, or has certificates for, and that are not decided.
        package let blocks: [ConsensusBlock]

        package init(
            view: UInt64, prepare: ConsensusVote? = nil, commit: ConsensusVote? = nil,
            certificates: [VoteCertificate] = [], blocks: [ConsensusBlock] = []
        ) {
            self.view = view
            self.prepare = prepare
            self.commit = commit
            self.certificates = certificates
            self.blocks = blocks
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            encoder.encode(Self.formatVersion)
            encoder.encode(view)
            encoder.encode(prepare)
            encoder.encode(commit)
            encoder.encode(sequence: certificates)
            encoder.encode(sequence: blocks)
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            let version: UInt8 = try decoder.decode()
            guard version == Self.formatVersion else {
                throw CodingError(.invalid("record version \(version) is not known"), at: 0)
            }
            view = try decoder.decode()
            prepare = try decoder.decodeOption(ConsensusVote.self)
            commit = try decoder.decodeOption(ConsensusVote.self)
            certificates = try decoder.decodeSequence(maximum: ConsensusLimits.pbftSlotsMax)
            blocks = try decoder.decodeSequence(maximum: ConsensusLimits.pbftHeldBlocksMax)
        }
    }
}
