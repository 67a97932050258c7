package import Cryptography
package import Primitives

/// What orderers say to each other of batches. One byte for the format, one for the kind, then the contents.
package enum DisseminationMessage: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    /// From a lane's owner: its next batch.
    case batch(Batch)
    /// To a lane's owner: its sender holds the batch, durably.
    case acknowledgement(LanePlace, Signature)
    /// A lane's tip, to those who may not know of it.
    case tip(BatchCertificate)
    /// From a leader that was told of a tip: whatever it proposes from some decisions after this one on covers it.
    case noted(LanePlace, lastProposed: UInt64)
    /// Its sender lacks this batch, and those before it in the lane down to a position.
    case fetch(LanePlace, above: UInt64)
    /// An answer to that.
    case fetched(Batch)

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        switch self {
        case .batch(let batch):
            encoder.encode(UInt8(0))
            encoder.encode(batch)
        case .acknowledgement(let place, let signature):
            encoder.encode(UInt8(1))
            encoder.encode(place)
            encoder.encode(signature)
        case .tip(let certificate):
            encoder.encode(UInt8(2))
            encoder.encode(certificate)
        case .noted(let place, let lastProposed):
            encoder.encode(UInt8(3))
            encoder.encode(place)
            encoder.encode(lastProposed)
        case .fetch(let place, let above):
            encoder.encode(UInt8(4))
            encoder.encode(place)
            encoder.encode(above)
        case .fetched(let batch):
            encoder.encode(UInt8(5))
            encoder.encode(batch)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("message version \(version) is not known"), at: 0)
        }
        let start = decoder.offset
        let kind: UInt8 = try decoder.decode()
        switch kind {
        case 0: self = .batch(try decoder.decode())
        case 1: self = .acknowledgement(try decoder.decode(), try decoder.decode())
        case 2: self = .tip(try decoder.decode())
        case 3: self = .noted(try decoder.decode(), lastProposed: try decoder.decode())
        case 4: self = .fetch(try decoder.decode(), above: try decoder.decode())
        case 5: self = .fetched(try decoder.decode())
        default: throw CodingError(.unknownVariant(UInt32(kind)), at: start)
        }
    }
}
