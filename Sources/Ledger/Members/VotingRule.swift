package import Primitives

/// How many organisations must agree to a proposal. Each has one vote.
package enum VotingRule: Hashable, Sendable, CanonicalCodable, CustomStringConvertible {
    /// More than half of them.
    case majority
    /// Two thirds of them, or more.
    case twoThirds
    case all
    /// So many. Invariant: at least 1.
    case number(UInt32)

    /// How many of `count` organisations must agree, which may be more than there are. Demands that there is one.
    package func needed(of count: Int) -> Int {
        precondition(count > 0)
        return switch self {
        case .majority: count / 2 + 1
        case .twoThirds: (2 * count + 2) / 3
        case .all: count
        case .number(let number): Int(number)
        }
    }

    package var description: String {
        switch self {
        case .majority: "majority"
        case .twoThirds: "two-thirds"
        case .all: "all"
        case .number(let number): "\(number)"
        }
    }

    /// Reads what `description` gives.
    package init?(_ text: String) {
        switch text {
        case "majority": self = .majority
        case "two-thirds": self = .twoThirds
        case "all": self = .all
        default:
            guard let number = UInt32(text), number > 0, "\(number)" == text else { return nil }
            self = .number(number)
        }
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        switch self {
        case .majority: encoder.encode(variant: 0)
        case .twoThirds: encoder.encode(variant: 1)
        case .all: encoder.encode(variant: 2)
        case .number(let number):
            encoder.encode(variant: 3)
            encoder.encode(number)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        switch try decoder.decodeVariant() {
        case 0: self = .majority
        case 1: self = .twoThirds
        case 2: self = .all
        case 3:
            let number: UInt32 = try decoder.decode()
            guard number > 0 else { throw CodingError(.invalid("a rule by which nobody need agree"), at: start) }
            self = .number(number)
        case let variant: throw CodingError(.unknownVariant(variant), at: start)
        }
    }
}
