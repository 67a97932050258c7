package import Primitives

/// A batch in the node's journal.
package struct BatchRecord: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    package let batch: Batch
    /// Whether its owner was told, or is about to be: no other batch of that position ever is acknowledged.
    package let isAcknowledged: Bool

    package init(batch: Batch, isAcknowledged: Bool) {
        self.batch = batch
        self.isAcknowledged = isAcknowledged
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(isAcknowledged)
        encoder.encode(batch)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("record version \(version) is not known"), at: 0)
        }
        isAcknowledged = try decoder.decodeBool()
        batch = try decoder.decode()
    }
}
