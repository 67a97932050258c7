import Primitives
import TestSupport
import Testing

@testable import Cryptography

extension SM2Point {
    /// The affine form, or nil at infinity.
    var affine: SM2AffinePoint? { isInfinity ? nil : SM2AffinePoint.normalized([self])[0] }

    /// A multiple by doubling and adding, bit by bit.
    static func multiple(_ scalar: UInt256, of point: SM2AffinePoint) -> SM2Point {
        scalar.bitsFromTheTop.reduce(.infinity) { sum, bit in
            let double = sum.doubled()
            return bit ? double.adding(point) : double
        }
    }
}

extension SM2AffinePoint {
    var compressed: [UInt8] { [y.isOdd ? 3 : 2] + x.number.bigEndianBytes }
}

@Suite struct SM2PointTests {
    private let base = SM2AffinePoint.parameters.base

    private func isOnCurve(_ point: SM2AffinePoint) -> Bool {
        let x = point.x
        return point.y.squared() == x.squared() * x - (x + x + x) + SM2AffinePoint.parameters.b
    }

    private func addable(_ point: SM2Point) -> SM2AddablePoint { SM2AddablePoint(point) }

    /// Forms of one point with other Z.
    private func forms(_ point: SM2AffinePoint) -> [SM2Point] {
        let other = SM2Point.multiple(UInt256(5), of: base)
        return [SM2Point(point), SM2Point(point).adding(addable(other)).adding(-addable(other))]
    }

    @Test func theOrderTimesTheBaseIsInfinity() throws {
        #expect(isOnCurve(base))
        #expect(SM2Point.multiple(SM2AffinePoint.order, of: base).isInfinity)
        let last = try #require(SM2AffinePoint.order.subtracting(UInt256(1)))
        #expect(SM2Point.multiple(last, of: base).affine == -base)
    }

    @Test func exceptionalSumsAreRight() throws {
        let point = try #require(SM2Point.multiple(UInt256(77), of: base).affine)
        let double = try #require(SM2Point(point).doubled().affine)
        #expect(isOnCurve(double))
        for form in forms(point) {
            #expect(form.affine == point)
            #expect(form.adding(point).affine == double)
            #expect(form.adding(-point).isInfinity)
            #expect(SM2Point.infinity.adding(addable(form)).affine == point)
            #expect(form.adding(addable(.infinity)).affine == point)
            for other in forms(point) {
                #expect(form.adding(addable(other)).affine == double)
                #expect(form.adding(-addable(other)).isInfinity)
            }
        }
        #expect(SM2Point.infinity.doubled().isInfinity)
        #expect(SM2Point.infinity.adding(point).affine == point)
        #expect(SM2Point.infinity.adding(addable(.infinity)).isInfinity)
    }

    @Test func sumsAreAssociative() throws {
        var generator = SeededGenerator(seed: 63)
        for _ in 0..<50 {
            let points = try (0..<3).map { _ in
                let scalar = UInt256.random(below: .n, using: &generator)
                return try #require(SM2Point.multiple(scalar, of: base).affine)
            }
            let first = SM2Point(points[0]).adding(points[1]).adding(points[2])
            let second = SM2Point(points[0]).adding(addable(SM2Point(points[1]).adding(points[2])))
            #expect(first.affine == second.affine)
            #expect(isOnCurve(try #require(first.affine)))
        }
    }

    @Test func theTableHoldsTheOddMultiples() throws {
        let table = SM2OddMultiples.ofBase
        #expect(table.count == 1 << (SM2OddMultiples.baseWidth - 2))
        #expect(table[0] == base)
        for index in 1..<table.count {
            #expect(SM2Point.multiple(UInt256(UInt64(2 * index + 1)), of: base).affine == table[index])
        }
        #expect(SM2OddMultiples.inline(of: base).count == 1 << (SM2OddMultiples.pointWidth - 2))
    }

    @Test(arguments: [2, 3, SM2OddMultiples.pointWidth, 7, SM2OddMultiples.baseWidth, 16])
    func windowsAddUpToTheScalar(width: Int) {
        var generator = SeededGenerator(seed: 64)
        let ones = (0..<256).map { shift in
            UInt256(limbs: .max, .max, .max, .max).bitsFromTheTop.enumerated().reduce(UInt256.zero) { number, bit in
                let double = number.addingReportingOverflow(number).partialValue
                return bit.offset < shift ? double : double.adding(UInt256(1)) ?? double
            }
        }
        let random = (0..<500).map { _ in UInt256.random(below: .n, using: &generator) }
        for scalar in [.zero, .max] + ones + random {
            let digits = SM2SignedWindows(of: scalar, width: width).digits
            var sum = UInt256.zero
            var lastSet = -width
            // From the top, modulo 2^256.
            for index in (0..<257).reversed() {
                sum = sum.addingReportingOverflow(sum).partialValue
                let digit = Int(digits[index])
                let size = UInt256(UInt64(abs(digit)))
                sum =
                    digit < 0
                    ? sum.subtractingReportingOverflow(size).partialValue
                    : sum.addingReportingOverflow(size).partialValue
            }
            for index in 0..<257 where digits[index] != 0 {
                #expect(index - lastSet >= width && digits[index] & 1 == 1)
                #expect(abs(Int(digits[index])) < 1 << (width - 1))
                lastSet = index
            }
            #expect(sum == scalar)
            // The topmost digit of what is not zero is positive, so that the sum is not off by 2^256.
            if lastSet >= 0 { #expect(digits[lastSet] > 0) }
        }
    }

    @Test func doubleMultiplesAgreeWithSingleSteps() throws {
        var generator = SeededGenerator(seed: 65)
        let edges = [-2, -1, 0, 1, 2, 15, 16, 17].map(NaiveModular.n.number)
        let random = (0..<60).map { _ in UInt256.random(below: .n, using: &generator) }
        for (index, first) in (edges + random).enumerated() {
            for second in index < edges.count ? edges : [UInt256.random(below: .n, using: &generator)] {
                let point = try #require(SM2Point.multiple(random[index % 60], of: base).affine)
                let expected = SM2Point.multiple(first, of: base)
                    .adding(addable(SM2Point.multiple(second, of: point)))
                let sum = SM2Point.doubleScalarMultiple(first, second, point)
                #expect(sum.affine == expected.affine)
            }
        }
    }
}
