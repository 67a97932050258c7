package import Cryptography
package import Primitives

/// The two rounds of votes by which a block is decided within one view.
package enum VotePhase: UInt8, Sendable, CaseIterable, CanonicalCodable {
    case prepare = 0
    case commit = 1

    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(rawValue) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let number: UInt8 = try decoder.decode()
        guard let phase = VotePhase(rawValue: number) else {
            throw CodingError(.unknownVariant(UInt32(number)), at: start)
        }
        self = phase
    }
}

/// What an orderer signs.
package struct ConsensusVote: Hashable, Sendable, CanonicalCodable {
    package let phase: VotePhase
    package let view: UInt64
    package let decision: UInt64
    /// The block's identity.
    package let block: Digest

    package init(phase: VotePhase, view: UInt64, decision: UInt64, block: Digest) {
        self.phase = phase
        self.view = view
        self.decision = decision
        self.block = block
    }

    package func digest(in context: Digest, suite: Suite) -> Digest {
        var encoder = CanonicalEncoder(continuing: ConsensusDomain.vote)
        encoder.encode(context)
        encode(to: &encoder)
        return suite.hash(encoder.bytes)
    }

    /// Whether it was given later than another of the same orderer and phase.
    func isAbove(_ other: ConsensusVote?) -> Bool {
        guard let other else { return true }
        return (view, decision) > (other.view, other.decision)
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(phase)
        encoder.encode(view)
        encoder.encode(decision)
        encoder.encode(block)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        phase = try decoder.decode()
        view = try decoder.decode()
        decision = try decoder.decode()
        block = try decoder.decode()
    }
}
