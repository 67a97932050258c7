import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct SM2FieldElementTests {
    private let naive = NaiveModular.p

    /// Numbers at the ends of the range, and at those of their kept form.
    private static let edges: [UInt256] = {
        let naive = NaiveModular.p
        var numbers = (0..<5).flatMap { [naive.number($0), naive.number(-1 - $0)] }
        for shift in [31, 32, 63, 64, 95, 96, 127, 128, 159, 160, 191, 192, 223, 224, 254, 255] {
            let power = naive.power(UInt256(2), UInt256(UInt64(shift)))
            numbers += [power, naive.difference(power, UInt256(1)), naive.negative(power)]
        }
        // The element whose limbs are those of a given number.
        let inverse = naive.inverse(naive.power(UInt256(2), UInt256(256)))
        return numbers + numbers.map { naive.product($0, inverse) }
    }()

    private func check(_ a: UInt256, _ b: UInt256) throws {
        let (x, y) = (try #require(SM2FieldElement(a)), try #require(SM2FieldElement(b)))
        let sum = (x + y).number == naive.sum(a, b)
        let difference = (x - y).number == naive.difference(a, b)
        let product = (x * y).number == naive.product(a, b)
        #expect(sum && difference && product, "\(a), \(b)")
    }

    private func check(_ a: UInt256) throws {
        let x = try #require(SM2FieldElement(a))
        #expect(x.number == a)
        #expect(x.isOdd == (a.limb0 & 1 == 1))
        #expect(x.isZero == a.isZero)
        #expect(x.squared().number == naive.product(a, a), "\(a)")
        #expect((-x).number == naive.negative(a), "\(a)")
        #expect(x.halved() + x.halved() == x, "\(a)")
        #expect(x.halved().number < SM2FieldElement.modulus)
    }

    @Test func edgesAgreeWithNaiveArithmetic() throws {
        for a in Self.edges {
            try check(a)
            for b in Self.edges { try check(a, b) }
        }
    }

    @Test func randomNumbersAgreeWithNaiveArithmetic() throws {
        var generator = SeededGenerator(seed: 61)
        for _ in 0..<20_000 {
            let a = UInt256.random(below: naive, using: &generator)
            try check(a)
            try check(a, UInt256.random(below: naive, using: &generator))
        }
    }

    @Test func numbersFromPUpwardsAreRefused() throws {
        let p = SM2FieldElement.modulus
        #expect(SM2FieldElement(p) == nil)
        #expect(SM2FieldElement(try #require(p.adding(UInt256(1)))) == nil)
        #expect(SM2FieldElement(.max) == nil)
        #expect(SM2FieldElement.one.number == UInt256(1))
        #expect(SM2FieldElement.zero.number == .zero)
    }

    @Test func inversesAndRootsAreRight() throws {
        var generator = SeededGenerator(seed: 62)
        let random = (0..<300).map { _ in UInt256.random(below: naive, using: &generator) }
        for a in Self.edges + random where !a.isZero {
            let x = try #require(SM2FieldElement(a))
            #expect(x * x.inverted() == .one, "\(a)")
            let root = try #require(x.squared().squareRoot(), "\(a)")
            #expect(root == x || root == -x, "\(a)")
            // -1 is no square modulo p: of x and -x exactly one is.
            #expect((x.squareRoot() == nil) != ((-x).squareRoot() == nil), "\(a)")
        }
        #expect(SM2FieldElement.zero.inverted() == .zero)
        #expect(SM2FieldElement.zero.squareRoot() == .zero)
    }
}
