extension EdwardsPoint {
    /// `first * base + second * point`, by Straus's interleaving with signed windows. Variable time: public data only.
    static func doubleScalarMultiple(
        _ first: InlineArray<32, UInt8>, _ second: InlineArray<32, UInt8>, _ point: EdwardsPoint
    ) -> EdwardsPoint {
        let baseDigits = signedWindows(of: first, width: OddMultiples.baseWidth)
        let pointDigits = signedWindows(of: second, width: OddMultiples.pointWidth)
        let pointMultiples = OddMultiples(of: point, width: OddMultiples.pointWidth)
        var sum = identity
        for index in stride(from: baseDigits.count - 1, through: 0, by: -1) {
            sum = sum.doubled()
            OddMultiples.ofBase.add(baseDigits[index], to: &sum)
            pointMultiples.add(pointDigits[index], to: &sum)
        }
        return sum
    }

    /// The scalar's non-adjacent form: digit `i` is worth 2^i, and is zero or odd and below 2^(width - 1) in size.
    ///
    /// The scalar must be below 2^255, so that 256 digits hold it.
    static func signedWindows(of scalar: InlineArray<32, UInt8>, width: Int) -> InlineArray<256, Int8> {
        func bit(_ index: Int) -> Int { index < 256 ? Int(scalar[index >> 3] >> UInt8(index & 7)) & 1 : 0 }
        var digits = InlineArray<256, Int8>(repeating: 0)
        var carry = 0
        var index = 0
        while index < 256 {
            guard bit(index) + carry == 1 else {
                // Zero, or two: then the carry moves on.
                index += 1
                continue
            }
            var window = carry
            for offset in 0..<width { window += bit(index + offset) << offset }
            carry = window >> (width - 1)
            digits[index] = Int8(window - carry << width)
            index += width
        }
        return digits
    }
}

/// The multiples 1, 3, 5, ... of a point.
struct OddMultiples: Sendable {
    /// The window of the base point, whose table is made once, is wider than that of others.
    static let baseWidth = 7
    static let pointWidth = 5
    static let ofBase = OddMultiples(of: .base, width: baseWidth)

    private let multiples: [AddableEdwardsPoint]

    init(of point: EdwardsPoint, width: Int) {
        let double = AddableEdwardsPoint(point.doubled())
        var next = point
        multiples = (0..<1 << (width - 2)).map { _ in
            defer { next = next + double }
            return AddableEdwardsPoint(next)
        }
    }

    @inline(__always)
    func add(_ digit: Int8, to sum: inout EdwardsPoint) {
        if digit > 0 { sum = sum + multiples[Int(digit) / 2] }
        if digit < 0 { sum = sum + -multiples[Int(-digit) / 2] }
    }
}
