package import Ledger
package import Primitives

/// An answer to somebody who asks how an epoch came to the present one.
package struct FetchedHandOvers: Hashable, Sendable, CanonicalCodable {
    /// What was asked for.
    package let first: UInt64
    /// What that epoch is; nil if the sender does not know it.
    package let configuration: EpochConfiguration?
    /// From that epoch on, one after another, as many as the sender has and gives at once.
    package let handOvers: [HandOver]

    package init(first: UInt64, configuration: EpochConfiguration?, handOvers: [HandOver]) {
        self.first = first
        self.configuration = configuration
        self.handOvers = handOvers
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(first)
        encoder.encode(configuration)
        encoder.encode(sequence: handOvers)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        first = try decoder.decode()
        configuration = try decoder.decodeOption()
        handOvers = try decoder.decodeSequence(
            maximum: ReplicaLimits.servedHandOversMax, elementByteCountMin: ReplicaLimits.handOverByteCountMin)
    }
}
