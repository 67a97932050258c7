/// A scalar k as a fraction of two numbers below 2^128: numerator = ± denominator * k modulo the group's order L.
///
/// With it a check needs half of the doublings: as the denominator is not zero modulo the prime L, [8](s B - R - k A) is
/// the neutral point exactly if its multiple by the denominator is (Antipa, Brown, Gallant, Lambert, Struik, Vanstone
/// 2005; Pornin 2020). The factor 8 takes the parts of small order away, so this holds for all A and R.
///
/// The fraction comes from Euclid's algorithm on L and k, stopped at the first remainder below 2^127: its cofactor is
/// at most L over the remainder before, so below 2^126. Lehmer's method does most steps on single words.
struct ShortFraction {
    private(set) var numerator: UInt128
    private(set) var denominator: UInt128
    /// Whether the denominator is to be taken negative.
    private(set) var isNegative: Bool

    private static let numeratorBits = 127

    var numeratorWords: InlineArray<4, UInt64> {
        [UInt64(truncatingIfNeeded: numerator), UInt64(truncatingIfNeeded: numerator >> 64), 0, 0]
    }

    /// Nil if the parts came out too long, which the bounds above exclude.
    init?(_ scalar: Scalar) {
        var state = Euclid(larger: Scalar.order, smaller: scalar.words)
        while state.smaller.bitCount > Self.numeratorBits { state.advance(toBits: Self.numeratorBits) }
        guard state.smaller[2] | state.smaller[3] == 0 else { return nil }
        numerator = UInt128(state.smaller[1]) << 64 | UInt128(state.smaller[0])
        (denominator, isNegative) = (state.smallerCofactor, state.isOdd)
        guard denominator != 0 else { return nil }
    }
}

/// Two successive remainders of Euclid's algorithm, with the sizes of the cofactors by which the first smaller number
/// gives them modulo the first larger one. The cofactors' signs alternate.
private struct Euclid {
    private(set) var larger, smaller: InlineArray<4, UInt64>
    private(set) var largerCofactor: UInt128 = 0
    private(set) var smallerCofactor: UInt128 = 1
    /// Whether an odd number of steps was made: then the smaller remainder's cofactor is negative.
    private(set) var isOdd = false

    init(larger: InlineArray<4, UInt64>, smaller: InlineArray<4, UInt64>) {
        (self.larger, self.smaller) = (larger, smaller)
    }

    /// Makes at least one step, and about as many as single words allow, but stops below the bits.
    mutating func advance(toBits bits: Int) {
        let shift = larger.bitCount - 63
        let threshold: UInt64 = shift < bits ? 1 << UInt64(min(bits - shift, 63)) : 1
        let steps = LehmerSteps(larger.word(at: shift), smaller.word(at: shift), threshold: threshold)
        if steps.isEmpty { return divide() }
        let (first, second) = (larger, smaller)
        larger = .combination(steps.a, first, steps.b, second, isNegative: steps.isOdd)
        smaller = .combination(steps.d, second, steps.c, first, isNegative: steps.isOdd)
        let (t, u) = (largerCofactor, smallerCofactor)
        largerCofactor = UInt128(steps.a) &* t &+ UInt128(steps.b) &* u
        smallerCofactor = UInt128(steps.c) &* t &+ UInt128(steps.d) &* u
        if steps.isOdd { isOdd.toggle() }
    }

    /// One step by long division, where the quotient is too long for single words: as good as never.
    private mutating func divide() {
        var remainder = larger
        var quotient: UInt128 = 0
        for shift in stride(from: larger.bitCount - smaller.bitCount, through: 0, by: -1) {
            let multiple = smaller.shiftedLeft(by: shift)
            guard !remainder.isLess(than: multiple) else { continue }
            remainder = .combination(1, remainder, 1, multiple, isNegative: false)
            quotient |= 1 << UInt128(shift)
        }
        (larger, smaller) = (smaller, remainder)
        (largerCofactor, smallerCofactor) = (smallerCofactor, largerCofactor &+ quotient &* smallerCofactor)
        isOdd.toggle()
    }
}

/// Steps of Euclid's algorithm found on the leading words x and y of two numbers, as the matrix that makes them:
/// larger' = ±(a larger - b smaller), smaller' = ±(d smaller - c larger).
private struct LehmerSteps {
    private(set) var a: UInt64 = 1
    private(set) var b: UInt64 = 0
    private(set) var c: UInt64 = 0
    private(set) var d: UInt64 = 1
    private(set) var isOdd = false

    var isEmpty: Bool { b == 0 }

    /// Takes quotients as long as they are surely those of the whole numbers (Jebelean 1993; as d >= c, one condition
    /// serves for both signs), and y is not below the threshold.
    init(_ x: UInt64, _ y: UInt64, threshold: UInt64) {
        var (x, y) = (x, y)
        while y >= threshold {
            let quotient = x / y
            let rest = x &- quotient &* y
            // The product is at most x, as y is at least d.
            let nextD = b &+ quotient &* d
            guard rest >= nextD, y &- rest >= nextD &+ d else { return }
            (a, c) = (c, a &+ quotient &* c)
            (b, d) = (d, nextD)
            (x, y) = (y, rest)
            isOdd.toggle()
        }
    }
}

// MARK: - Integers of four words

extension InlineArray<4, UInt64> {
    fileprivate var bitCount: Int {
        for index in stride(from: 3, through: 0, by: -1) where self[index] != 0 {
            return 64 * (index + 1) - self[index].leadingZeroBitCount
        }
        return 0
    }

    /// The 64 bits from bit `shift` on, which must not be negative.
    fileprivate func word(at shift: Int) -> UInt64 {
        let (index, bits) = (shift >> 6, UInt64(shift & 63))
        guard bits > 0, index < 3 else { return self[index] >> bits }
        return self[index] &>> bits | self[index + 1] &<< (64 &- bits)
    }

    fileprivate func shiftedLeft(by shift: Int) -> Self {
        Self { index in
            let from = index - shift >> 6
            guard from >= 0 else { return 0 }
            let low = from > 0 && shift & 63 > 0 ? self[from - 1] >> UInt64(64 - shift & 63) : 0
            return self[from] << UInt64(shift & 63) | low
        }
    }

    fileprivate func isLess(than other: Self) -> Bool {
        for index in stride(from: 3, through: 0, by: -1) where self[index] != other[index] {
            return self[index] < other[index]
        }
        return false
    }

    /// ±(p x - q y), which is known to be from 0 to 2^256.
    @inline(__always)
    fileprivate static func combination(_ p: UInt64, _ x: Self, _ q: UInt64, _ y: Self, isNegative: Bool) -> Self {
        let (plus, minus) = isNegative ? (y, x) : (x, y)
        let (plusFactor, minusFactor) = isNegative ? (q, p) : (p, q)
        var (result, carry, borrow) = (Self(repeating: 0), UInt64(0), UInt64(0))
        for index in 0..<4 {
            WideScalar.addProduct(plus[index], plusFactor, to: &result[index], &carry)
            var product: UInt64 = 0
            WideScalar.addProduct(minus[index], minusFactor, to: &product, &borrow)
            let (value, overflow) = result[index].subtractingReportingOverflow(product)
            result[index] = value
            if overflow { borrow &+= 1 }
        }
        return result
    }
}
