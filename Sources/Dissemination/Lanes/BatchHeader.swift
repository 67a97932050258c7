package import Cryptography
package import Primitives

/// What a lane's owner signs of a batch.
package struct BatchHeader: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    /// Names chain, group and epoch.
    package let context: Digest
    package let lane: LaneIdentifier
    /// From 1 on.
    package let position: UInt64
    /// The digest of the header before it; zero at position 1.
    package let parent: Digest
    package let transactionCount: UInt32
    /// Of the transactions' codings.
    package let byteCount: UInt64
    /// What the transactions may use at most.
    package let gas: UInt64
    /// The hash of the transactions.
    package let payload: Digest

    package init(
        context: Digest, lane: LaneIdentifier, position: UInt64, parent: Digest, transactionCount: UInt32,
        byteCount: UInt64, gas: UInt64, payload: Digest
    ) {
        self.context = context
        self.lane = lane
        self.position = position
        self.parent = parent
        self.transactionCount = transactionCount
        self.byteCount = byteCount
        self.gas = gas
        self.payload = payload
    }

    /// What names the batch, and what its owner signs.
    package func digest(in suite: Suite) -> Digest {
        var encoder = CanonicalEncoder(continuing: DisseminationDomain.header)
        encode(to: &encoder)
        return suite.hash(encoder.bytes)
    }

    package func place(in suite: Suite) -> LanePlace {
        LanePlace(lane: lane, position: position, digest: digest(in: suite))
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(context)
        encoder.encode(lane)
        encoder.encode(position)
        encoder.encode(parent)
        encoder.encode(transactionCount)
        encoder.encode(byteCount)
        encoder.encode(gas)
        encoder.encode(payload)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("batch version \(version) is not known"), at: start)
        }
        context = try decoder.decode()
        lane = try decoder.decode()
        position = try decoder.decode()
        parent = try decoder.decode()
        transactionCount = try decoder.decode()
        byteCount = try decoder.decode()
        gas = try decoder.decode()
        payload = try decoder.decode()
        guard position >= 1, (position == 1) == (parent == .zero) else {
            throw CodingError(.invalid("a batch at position \(position) with another's parent"), at: start)
        }
    }
}

/// Why a batch may follow the one before it in its lane.
package enum BatchLink: Hashable, Sendable, CanonicalCodable {
    /// It is the lane's first.
    case first
    /// Enough orderers hold the one before.
    case certified(BatchCertificate)
    /// The one before went in-line with this decision.
    case decided(UInt64)

    package func encode(to encoder: inout CanonicalEncoder) {
        switch self {
        case .first: encoder.encode(variant: 0)
        case .certified(let certificate):
            encoder.encode(variant: 1)
            encoder.encode(certificate)
        case .decided(let decision):
            encoder.encode(variant: 2)
            encoder.encode(decision)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let variant = try decoder.decodeVariant()
        switch variant {
        case 0: self = .first
        case 1: self = .certified(try decoder.decode())
        case 2: self = .decided(try decoder.decode())
        default: throw CodingError(.unknownVariant(variant), at: start)
        }
    }
}
