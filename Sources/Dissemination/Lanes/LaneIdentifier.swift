package import Primitives

/// A lane: the batches of one orderer since one of its starts, so that an old copy of its disk never continues it.
package struct LaneIdentifier: Hashable, Comparable, Sendable, CanonicalCodable {
    /// By its place in the epoch's list.
    package let owner: UInt32
    /// The owner's incarnation; only the newest takes acknowledgements.
    package let incarnation: UInt64

    package init(owner: UInt32, incarnation: UInt64) {
        self.owner = owner
        self.incarnation = incarnation
    }

    package static func < (left: LaneIdentifier, right: LaneIdentifier) -> Bool {
        (left.owner, left.incarnation) < (right.owner, right.incarnation)
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(owner)
        encoder.encode(incarnation)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        owner = try decoder.decode()
        incarnation = try decoder.decode()
    }
}

/// A batch by its place in a lane.
package struct LanePlace: Hashable, Sendable, CanonicalCodable {
    package let lane: LaneIdentifier
    /// From 1 on.
    package let position: UInt64
    /// The digest of the batch's header.
    package let digest: Digest

    package init(lane: LaneIdentifier, position: UInt64, digest: Digest) {
        self.lane = lane
        self.position = position
        self.digest = digest
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(lane)
        encoder.encode(position)
        encoder.encode(digest)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        lane = try decoder.decode()
        position = try decoder.decode()
        digest = try decoder.decode()
    }
}
