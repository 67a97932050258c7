package import Cryptography
package import Primitives

/// A value with its place: what votes are about. The view is no part of it, so a block that a later leader proposes
/// again is the same block.
package struct ConsensusBlock: Hashable, Sendable, CanonicalCodable {
    package let decision: UInt64
    /// The identity of the block of the decision before.
    package let parent: Digest
    package let value: [UInt8]

    package init(decision: UInt64, parent: Digest, value: [UInt8]) {
        self.decision = decision
        self.parent = parent
        self.value = value
    }

    package func header(in suite: Suite) -> ConsensusHeader {
        ConsensusHeader(decision: decision, parent: parent, valueHash: suite.hash(value))
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(decision)
        encoder.encode(parent)
        encoder.encode(bytes: value)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        decision = try decoder.decode()
        parent = try decoder.decode()
        value = try decoder.decodeBytes(maximum: ConsensusLimits.valueByteCountMax)
    }
}

/// A block without its value, of which its identity is made.
package struct ConsensusHeader: Hashable, Sendable, CanonicalCodable {
    package let decision: UInt64
    package let parent: Digest
    package let valueHash: Digest

    package init(decision: UInt64, parent: Digest, valueHash: Digest) {
        self.decision = decision
        self.parent = parent
        self.valueHash = valueHash
    }

    /// What names the block in votes.
    package func identity(in context: Digest, suite: Suite) -> Digest {
        var encoder = CanonicalEncoder(continuing: ConsensusDomain.block)
        encoder.encode(context)
        encode(to: &encoder)
        return suite.hash(encoder.bytes)
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(decision)
        encoder.encode(parent)
        encoder.encode(valueHash)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        decision = try decoder.decode()
        parent = try decoder.decode()
        valueHash = try decoder.decode()
    }
}
