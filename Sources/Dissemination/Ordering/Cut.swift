package import Primitives

/// The value of a decision: for some lanes how far they are ordered from now on, and the proposer's clock.
package struct Cut: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    /// A lane's tip, and why its batches can be had.
    package enum Tip: Hashable, Sendable, CanonicalCodable {
        case certified(BatchCertificate)
        /// The lane's next batch itself.
        case inLine(Batch)

        package var lane: LaneIdentifier {
            switch self {
            case .certified(let certificate): certificate.place.lane
            case .inLine(let batch): batch.header.lane
            }
        }

        package func encode(to encoder: inout CanonicalEncoder) {
            switch self {
            case .certified(let certificate):
                encoder.encode(variant: 0)
                encoder.encode(certificate)
            case .inLine(let batch):
                encoder.encode(variant: 1)
                encoder.encode(batch)
            }
        }

        package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
            let start = decoder.offset
            let variant = try decoder.decodeVariant()
            switch variant {
            case 0: self = .certified(try decoder.decode())
            case 1: self = .inLine(try decoder.decode())
            default: throw CodingError(.unknownVariant(variant), at: start)
            }
        }
    }

    package let reading: Timestamp
    /// Ascending by lane, each lane once.
    package let tips: [Tip]

    package init(reading: Timestamp, tips: [Tip]) {
        self.reading = reading
        self.tips = tips
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(reading)
        encoder.encode(sequence: tips)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("cut version \(version) is not known"), at: start)
        }
        reading = try decoder.decode()
        tips = try decoder.decodeSequence(maximum: DisseminationLimits.cutLanesMax, elementByteCountMin: 50)
        for (left, right) in zip(tips, tips.dropFirst()) where left.lane >= right.lane {
            throw CodingError(.notAscending, at: start)
        }
    }
}
