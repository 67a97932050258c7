import CEd25519
import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// Products by AVX2 against additions only, with the largest limbs that its bounds allow, and those that are rounded at
/// the edge.
@Suite(.enabled(if: Ed25519Kernel.present.contains(.avx2), "this processor has no AVX2")) struct Ed25519FieldTests {
    private static let modulus = NaiveModular(
        modulus: UInt256(limbs: .max - 18, .max, .max, .max >> 1))

    /// The most that the limbs of a product, or of what is narrowed, may have.
    private static let unit = 0x1p50 + 0x1p12
    private static let sizes: [Double] = [
        0, 1, 19, 0x1p25, 0x1p26 - 1, 0x1p49, 0x1p50 - 1, 0x1p50, 0x1p50 + 1, unit - 1, unit,
    ]

    private func value(_ limbs: [Double]) -> UInt256 {
        limbs.reversed().reduce(.zero) { value, limb in
            let shifted = (0..<51).reduce(value) { value, _ in Self.modulus.sum(value, value) }
            return Self.modulus.sum(shifted, Self.modulus.number(Int(limb)))
        }
    }

    private func expectProduct(_ a: [Double], _ b: [Double]?, _ place: SourceLocation = #_sourceLocation) {
        var product = [Double](repeating: .nan, count: 5)
        // The arrays have the five limbs that the call reads and writes.
        cairn_ed25519_product_avx2(a, b, &product)
        guard product.allSatisfy({ abs($0) <= Self.unit && $0 == $0.rounded() }) else {
            Issue.record("the product of \(a) and \(b ?? a) has the limbs \(product)", sourceLocation: place)
            return
        }
        let expected = Self.modulus.product(value(a), value(b ?? a))
        #expect(value(product) == expected, "\(a), \(b ?? a)", sourceLocation: place)
    }

    private func signed(_ size: Double, _ signs: Int) -> [Double] {
        (0..<5).map { signs >> $0 & 1 == 1 ? -size : size }
    }

    @Test func theLargestFactorsWithAllSigns() {
        // The last are at the very edge of what is split right.
        for (first, second) in [
            (3 * Self.unit, Self.unit), (0x1p51 - 1, Self.unit), (0x1p51, 0x1p51), (0x1p52, 0x1p50),
        ] {
            for signs in 0..<1 << 10 {
                expectProduct(signed(first, signs), signed(second, signs >> 5))
                expectProduct(signed(second, signs), signed(first, signs >> 5))
            }
        }
    }

    @Test func theLargestSquaresWithAllSigns() {
        for size in [Self.unit, Self.unit + 1, (1.4 * 0x1p50).rounded(.down)] {
            for signs in 0..<1 << 5 { expectProduct(signed(size, signs), nil) }
        }
    }

    /// Among them products that lie in the middle between two multiples of 2^51.
    @Test func mixedLimbs() {
        var generator = SeededGenerator(seed: 95)
        func limb() -> Double {
            let size =
                generator.next() % 3 == 0
                ? Double(generator.next() % (1 << 50)) : Self.sizes[Int(generator.next() % UInt64(Self.sizes.count))]
            return generator.next() % 2 == 0 ? size : -size
        }
        for _ in 0..<2_000 {
            let (a, b) = ((0..<5).map { _ in limb() }, (0..<5).map { _ in limb() })
            expectProduct(a, b)
            expectProduct(a.map { 3 * $0 }, b)
            expectProduct(a, nil)
        }
    }
}
