import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// An equation of one member with scalars of long runs of zeros or ones, or of one digit repeated.
struct HostileSum {
    private let key, commitment: [UInt8]
    private let keyScalar: InlineArray<4, UInt64>
    private let commitmentScalar: UInt128
    private let isNegative: Bool
    let baseScalar: Scalar

    /// Every other equation has the same point twice, with scalars that cancel, and vanishes; as those of small order do.
    init(
        _ encodings: [[UInt8]], hasShortKeys: Bool, isOfSmallOrder: Bool, _ generator: inout SeededGenerator
    ) throws {
        func word() -> UInt64 {
            [0, 1, .max, .max << 1, 0x8888_8888_8888_8888, 0x7777_7777_7777_7777, 1 << 63][Int(generator.next() % 7)]
        }
        func encoding() -> [UInt8] {
            encodings[Int(generator.next() % UInt64(isOfSmallOrder ? 14 : encodings.count))]
        }
        let (low, high) = (word(), word())
        (key, commitmentScalar) = (encoding(), UInt128(high) << 64 | UInt128(low))
        let isCancelling = generator.next() % 2 == 0
        commitment = isCancelling ? key : encoding()
        isNegative = isCancelling || generator.next() % 2 == 0
        let upper: (UInt64, UInt64) = hasShortKeys ? (0, 0) : (word(), word() >> 3)
        keyScalar = isCancelling ? [low, high, 0, 0] : [word(), word(), upper.0, upper.1]
        baseScalar =
            isCancelling || isOfSmallOrder
            ? .zero : try #require(Scalar(canonical: [word(), word(), word(), word() >> 4]))
    }

    func member(by kernel: Ed25519Kernel) -> Ed25519Member {
        let points = kernel.decode([key, commitment].map(\.fourWords)).points
        return Ed25519Member(
            key: points[0], times: keyScalar, commitment: points[1], times: commitmentScalar, isNegative: isNegative)
    }

    /// By our Swift arithmetic.
    var vanishes: Bool {
        guard let key = key.point, let commitment = commitment.point else { return false }
        func bytes(_ words: InlineArray<4, UInt64>) -> InlineArray<32, UInt8> {
            InlineArray { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
        }
        let short: InlineArray<4, UInt64> = [
            UInt64(truncatingIfNeeded: commitmentScalar), UInt64(truncatingIfNeeded: commitmentScalar >> 64), 0, 0,
        ]
        let first = EdwardsPoint.doubleScalarMultiple(bytes(baseScalar.words), bytes(keyScalar), key)
        let second = EdwardsPoint.doubleScalarMultiple(InlineArray(repeating: 0), bytes(short), commitment)
        let addable = AddableEdwardsPoint(second)
        return (first + (isNegative ? -addable : addable)).multipliedByCofactor().isIdentity
    }
}
