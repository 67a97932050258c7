internal import Primitives

extension SM2Point {
    /// `first * G + second * point`, by Straus's interleaving with signed windows. Variable time: public data only.
    static func doubleScalarMultiple(_ first: UInt256, _ second: UInt256, _ point: SM2AffinePoint) -> SM2Point {
        let baseDigits = SM2SignedWindows(of: first, width: SM2OddMultiples.baseWidth).digits
        let pointDigits = SM2SignedWindows(of: second, width: SM2OddMultiples.pointWidth).digits
        let baseMultiples = SM2OddMultiples.ofBase
        let pointMultiples = SM2OddMultiples.inline(of: point)
        var sum = infinity
        for index in stride(from: SM2SignedWindows.count - 1, through: 0, by: -1) {
            sum = sum.doubled()
            let baseDigit = Int(baseDigits[index])
            if baseDigit > 0 { sum = sum.adding(baseMultiples[baseDigit / 2]) }
            if baseDigit < 0 { sum = sum.adding(-baseMultiples[-baseDigit / 2]) }
            let pointDigit = Int(pointDigits[index])
            if pointDigit > 0 { sum = sum.adding(pointMultiples[pointDigit / 2]) }
            if pointDigit < 0 { sum = sum.adding(-pointMultiples[-pointDigit / 2]) }
        }
        return sum
    }
}

/// A scalar's non-adjacent form: digit `i` is worth 2^i, and is zero or odd and below 2^(width - 1) in size.
struct SM2SignedWindows {
    /// A carry may leave the 256 bits.
    static let count = 257
    private(set) var digits = InlineArray<257, Int16>(repeating: 0)

    /// The width is 2 ... 16.
    init(of scalar: UInt256, width: Int) {
        let limbs: InlineArray<6, UInt64> = [scalar.limb0, scalar.limb1, scalar.limb2, scalar.limb3, 0, 0]
        var carry: UInt64 = 0
        var index = 0
        while index < Self.count {
            let (limb, shift) = (index >> 6, UInt64(index & 63))
            let bits = limbs[limb] &>> shift | (limbs[limb + 1] &<< 1) &<< (63 - shift)
            // Zeros under no carry and ones under a carry give the digit zero, and the carry moves on.
            let zeros = (carry == 0 ? bits : ~bits).trailingZeroBitCount
            guard zeros == 0 else {
                index += zeros
                continue
            }
            let window = Int(bits & (1 &<< UInt64(width) - 1)) + Int(carry)
            carry = UInt64(window >> (width - 1))
            digits[index] = Int16(window - Int(carry) << width)
            index += width
        }
    }
}

/// The multiples 1, 3, 5, ... of a point.
enum SM2OddMultiples {
    /// The window of the base point, whose table is made once, is wider than that of others.
    static let baseWidth = 9
    static let pointWidth = 5

    static let ofBase: [SM2AffinePoint] = {
        let base = SM2Point(SM2AffinePoint.parameters.base)
        let double = SM2AddablePoint(base.doubled())
        var multiples = [base]
        for _ in 1..<1 << (baseWidth - 2) { multiples.append(multiples[multiples.count - 1].adding(double)) }
        return SM2AffinePoint.normalized(multiples)
    }()

    /// The 2^(pointWidth - 2) multiples of another point, without an allocation.
    static func inline(of point: SM2AffinePoint) -> InlineArray<8, SM2AddablePoint> {
        var next = SM2Point(point)
        let double = SM2AddablePoint(next.doubled())
        return InlineArray { _ in
            defer { next = next.adding(double) }
            return SM2AddablePoint(next)
        }
    }
}
