/// An integer modulo p = 2^255 - 19, as five limbs of 51 bits, the least significant first.
///
/// Only for public data: nothing here hides its operands from a clock.
/// Invariant: every limb is below 2^52, so that products and their sums fit 128 bits.
struct FieldElement: Sendable {
    private var l0, l1, l2, l3, l4: UInt64

    private static let mask: UInt64 = 1 << 51 - 1

    private init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64, _ l4: UInt64) {
        (self.l0, self.l1, self.l2, self.l3, self.l4) = (l0, l1, l2, l3, l4)
    }

    /// Takes sums whose limbs are below 2^59 back to the invariant.
    @inline(__always)
    private static func carried(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64, _ l4: UInt64) -> Self {
        Self(
            l0 & mask &+ 19 &* (l4 &>> 51), l1 & mask &+ l0 &>> 51, l2 & mask &+ l1 &>> 51,
            l3 & mask &+ l2 &>> 51, l4 & mask &+ l3 &>> 51)
    }

    init(_ value: UInt32) { self.init(UInt64(value), 0, 0, 0, 0) }

    static let zero = FieldElement(0)
    static let one = FieldElement(1)
}

// MARK: - Arithmetic

extension FieldElement {
    @inline(__always)
    static func + (a: Self, b: Self) -> Self {
        carried(a.l0 &+ b.l0, a.l1 &+ b.l1, a.l2 &+ b.l2, a.l3 &+ b.l3, a.l4 &+ b.l4)
    }

    @inline(__always)
    static func - (a: Self, b: Self) -> Self {
        // 4 p is added first; its limbs are above any limb of b.
        let low: UInt64 = 4 * (mask - 18)
        let high: UInt64 = 4 * mask
        return carried(
            a.l0 &+ low &- b.l0, a.l1 &+ high &- b.l1, a.l2 &+ high &- b.l2, a.l3 &+ high &- b.l3,
            a.l4 &+ high &- b.l4)
    }

    static prefix func - (a: Self) -> Self { zero - a }

    @inline(__always)
    static func * (a: Self, b: Self) -> Self {
        // What lies above 2^255 comes back times 19.
        let (b1, b2, b3, b4) = (19 &* b.l1, 19 &* b.l2, 19 &* b.l3, 19 &* b.l4)
        return reduced(
            wide(a.l0, b.l0) &+ wide(a.l1, b4) &+ wide(a.l2, b3) &+ wide(a.l3, b2) &+ wide(a.l4, b1),
            wide(a.l0, b.l1) &+ wide(a.l1, b.l0) &+ wide(a.l2, b4) &+ wide(a.l3, b3) &+ wide(a.l4, b2),
            wide(a.l0, b.l2) &+ wide(a.l1, b.l1) &+ wide(a.l2, b.l0) &+ wide(a.l3, b4) &+ wide(a.l4, b3),
            wide(a.l0, b.l3) &+ wide(a.l1, b.l2) &+ wide(a.l2, b.l1) &+ wide(a.l3, b.l0) &+ wide(a.l4, b4),
            wide(a.l0, b.l4) &+ wide(a.l1, b.l3) &+ wide(a.l2, b.l2) &+ wide(a.l3, b.l1) &+ wide(a.l4, b.l0))
    }

    @inline(__always)
    func squared() -> Self {
        let (d0, d1, d2) = (2 &* l0, 2 &* l1, 2 &* l2)
        let (n3, n4) = (19 &* l3, 19 &* l4)
        return Self.reduced(
            Self.wide(l0, l0) &+ Self.wide(d1, n4) &+ Self.wide(d2, n3),
            Self.wide(d0, l1) &+ Self.wide(d2, n4) &+ Self.wide(l3, n3),
            Self.wide(d0, l2) &+ Self.wide(l1, l1) &+ Self.wide(2 &* l3, n4),
            Self.wide(d0, l3) &+ Self.wide(d1, l2) &+ Self.wide(l4, n4),
            Self.wide(d0, l4) &+ Self.wide(d1, l3) &+ Self.wide(l2, l2))
    }

    @inline(__always)
    private static func wide(_ a: UInt64, _ b: UInt64) -> UInt128 { UInt128(a) &* UInt128(b) }

    /// Carries column sums, each below 2^112, into limbs.
    @inline(__always)
    private static func reduced(_ c0: UInt128, _ c1: UInt128, _ c2: UInt128, _ c3: UInt128, _ c4: UInt128) -> Self {
        let s1 = c1 &+ c0 &>> 51
        let s2 = c2 &+ s1 &>> 51
        let s3 = c3 &+ s2 &>> 51
        let s4 = c4 &+ s3 &>> 51
        // The last column has no factor 19, so what is carried out of it is below 2^57.
        let first = UInt64(truncatingIfNeeded: c0) & mask &+ 19 &* UInt64(truncatingIfNeeded: s4 &>> 51)
        return Self(
            first & mask, UInt64(truncatingIfNeeded: s1) & mask &+ first &>> 51,
            UInt64(truncatingIfNeeded: s2) & mask, UInt64(truncatingIfNeeded: s3) & mask,
            UInt64(truncatingIfNeeded: s4) & mask)
    }
}

// MARK: - Powers

extension FieldElement {
    func squared(times count: Int) -> Self {
        var result = self
        for _ in 0..<count { result = result.squared() }
        return result
    }

    /// The power 2^252 - 3 = (p - 5) / 8, from which square roots are made.
    func raisedToPMinus5Over8() -> Self {
        // The name says to which power of two, less one, the value is raised.
        let to2 = squared() * self
        let to4 = to2.squared(times: 2) * to2
        let to5 = to4.squared() * self
        let to10 = to5.squared(times: 5) * to5
        let to20 = to10.squared(times: 10) * to10
        let to40 = to20.squared(times: 20) * to20
        let to50 = to40.squared(times: 10) * to10
        let to100 = to50.squared(times: 50) * to50
        let to200 = to100.squared(times: 100) * to100
        let to250 = to200.squared(times: 50) * to50
        return to250.squared(times: 2) * self
    }

    /// The inverse; zero for zero. p - 2 = 8 * (2^252 - 3) + 3.
    func inverted() -> Self { raisedToPMinus5Over8().squared(times: 3) * squared() * self }

    /// A square root of -1: 2 to the power (p - 1) / 4 = 2 * (2^252 - 3) + 1.
    static let squareRootOfMinusOne = FieldElement(2).raisedToPMinus5Over8().squared() * FieldElement(2)
}

// MARK: - Bytes

extension FieldElement {
    /// The low 255 bits of 32 little-endian bytes, reduced: values from p upwards are taken too (ZIP 215).
    init(bytes: InlineArray<32, UInt8>) {
        func bits(from byte: Int, shift: UInt64) -> UInt64 {
            var word: UInt64 = 0
            for index in 0..<8 { word |= UInt64(bytes[byte + index]) << UInt64(8 * index) }
            return word >> shift & Self.mask
        }
        self.init(
            bits(from: 0, shift: 0), bits(from: 6, shift: 3), bits(from: 12, shift: 6), bits(from: 19, shift: 1),
            bits(from: 24, shift: 12))
    }

    /// The one coding of the value: 32 little-endian bytes below p.
    var bytes: InlineArray<32, UInt8> {
        let words = canonicalWords
        return InlineArray { index in UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(8 * (index % 8))) }
    }

    /// The value below p as four words of 64 bits.
    private var canonicalWords: InlineArray<4, UInt64> {
        var value = Self.carried(l0, l1, l2, l3, l4)
        // The value is below 2p. Adding 19 carries out of bit 255 exactly if it is p or more.
        var carry = (value.l0 &+ 19) >> 51
        carry = (value.l1 &+ carry) >> 51
        carry = (value.l2 &+ carry) >> 51
        carry = (value.l3 &+ carry) >> 51
        carry = (value.l4 &+ carry) >> 51
        value.l0 &+= 19 &* carry
        value.l1 &+= value.l0 >> 51
        value.l2 &+= value.l1 >> 51
        value.l3 &+= value.l2 >> 51
        value.l4 &+= value.l3 >> 51
        let (m0, m1, m2) = (value.l0 & Self.mask, value.l1 & Self.mask, value.l2 & Self.mask)
        let (m3, m4) = (value.l3 & Self.mask, value.l4 & Self.mask)
        return [m0 | m1 << 51, m1 >> 13 | m2 << 38, m2 >> 26 | m3 << 25, m3 >> 39 | m4 << 12]
    }

    var isZero: Bool {
        let words = canonicalWords
        return words[0] | words[1] | words[2] | words[3] == 0
    }

    /// RFC 8032's sign: whether the canonical value is odd.
    var isOdd: Bool { canonicalWords[0] & 1 == 1 }

    static func == (a: Self, b: Self) -> Bool { (a - b).isZero }
}
