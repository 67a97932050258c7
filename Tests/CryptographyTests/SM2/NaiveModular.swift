import Primitives
import TestSupport

@testable import Cryptography

/// Arithmetic modulo a number, by additions only: what fast arithmetic is held against. To reduce any number, the modulus
/// must be above 2^255.
struct NaiveModular {
    let modulus: UInt256

    static let p = NaiveModular(modulus: SM2FieldElement.modulus)
    static let n = NaiveModular(modulus: SM2AffinePoint.order)

    func reduced(_ number: UInt256) -> UInt256 { number.subtracting(modulus) ?? number }

    func sum(_ a: UInt256, _ b: UInt256) -> UInt256 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? sum.subtractingReportingOverflow(modulus).partialValue : reduced(sum)
    }

    func negative(_ a: UInt256) -> UInt256 { a.isZero ? a : modulus.subtracting(a) ?? .zero }

    func difference(_ a: UInt256, _ b: UInt256) -> UInt256 { sum(a, negative(b)) }

    func product(_ a: UInt256, _ b: UInt256) -> UInt256 {
        b.bitsFromTheTop.reduce(.zero) { product, bit in
            let double = sum(product, product)
            return bit ? sum(double, a) : double
        }
    }

    func power(_ a: UInt256, _ exponent: UInt256) -> UInt256 {
        exponent.bitsFromTheTop.reduce(UInt256(1)) { power, bit in
            let square = product(power, power)
            return bit ? product(square, a) : square
        }
    }

    /// The inverse, as the modulus is a prime.
    func inverse(_ a: UInt256) -> UInt256 { power(a, modulus.subtracting(UInt256(2)) ?? .zero) }

    /// The number of a small integer, which may be negative.
    func number(_ value: Int) -> UInt256 {
        value < 0 ? negative(UInt256(UInt64(-value))) : UInt256(UInt64(value))
    }
}

extension UInt256 {
    var bitsFromTheTop: [Bool] {
        [limb3, limb2, limb1, limb0].flatMap { limb in
            (0..<64).reversed().map { limb >> UInt64($0) & 1 == 1 }
        }
    }

    /// A number with many limbs of zeros and ones only, below the modulus.
    static func random(below modulus: NaiveModular, using generator: inout SeededGenerator) -> UInt256 {
        func limb() -> UInt64 {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: 0
            case 1: .max
            case 2: 0xFFFF_FFFF
            case 3: 0xFFFF_FFFF_0000_0000
            default: generator.next()
            }
        }
        return modulus.reduced(UInt256(limbs: limb(), limb(), limb(), limb()))
    }
}

extension SM2AffinePoint {
    /// x and y, big-endian, after one another.
    var bytes: [UInt8] {
        let coordinates = coordinates
        return coordinates.indices.map { coordinates[$0] }
    }
}
