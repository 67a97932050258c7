internal import Primitives

/// An integer a modulo p = 2^256 - 2^224 - 2^96 + 2^64 - 1, kept as a * 2^256 mod p (Montgomery 1985).
///
/// Only for public data: nothing here hides its operands from a clock.
/// Invariant: the limbs, the least significant first, are a number below p, so that equal elements have equal limbs.
struct SM2FieldElement: Hashable, Sendable {
    private let limb0, limb1, limb2, limb3: UInt64

    // p, limb by limb.
    private static let p0: UInt64 = 0xFFFF_FFFF_FFFF_FFFF
    private static let p1: UInt64 = 0xFFFF_FFFF_0000_0000
    private static let p2: UInt64 = 0xFFFF_FFFF_FFFF_FFFF
    private static let p3: UInt64 = 0xFFFF_FFFE_FFFF_FFFF

    @inline(__always)
    private init(_ limb0: UInt64, _ limb1: UInt64, _ limb2: UInt64, _ limb3: UInt64) {
        (self.limb0, self.limb1, self.limb2, self.limb3) = (limb0, limb1, limb2, limb3)
    }

    static let zero = SM2FieldElement(0, 0, 0, 0)
    /// 2^256 mod p.
    static let one = SM2FieldElement(1, 0xFFFF_FFFF, 0, 0x1_0000_0000)
    /// 2^512 mod p, times which a number takes on the form that is kept.
    private static let square = SM2FieldElement(
        0x0000_0002_0000_0003, 0x0000_0002_FFFF_FFFF, 0x0000_0001_0000_0001, 0x0000_0004_0000_0002)

    var isZero: Bool { limb0 | limb1 | limb2 | limb3 == 0 }
}

// MARK: - Numbers

extension SM2FieldElement {
    static let modulus = UInt256(limbs: p0, p1, p2, p3)

    /// The element of a number, or nil if it is p or more.
    init?(_ number: UInt256) {
        guard number < Self.modulus else { return nil }
        self = Self(number.limb0, number.limb1, number.limb2, number.limb3) * Self.square
    }

    /// The number below p.
    var number: UInt256 {
        let reduced = Self.reduced(limb0, limb1, limb2, limb3, 0, 0, 0, 0)
        return UInt256(limbs: reduced.limb0, reduced.limb1, reduced.limb2, reduced.limb3)
    }

    var isOdd: Bool { number.limb0 & 1 == 1 }
}

// MARK: - Sums

extension SM2FieldElement {
    @inline(__always)
    static func + (a: Self, b: Self) -> Self {
        var carry: UInt64 = 0
        let s0 = a.limb0.adding(b.limb0, &carry)
        let s1 = a.limb1.adding(b.limb1, &carry)
        let s2 = a.limb2.adding(b.limb2, &carry)
        let s3 = a.limb3.adding(b.limb3, &carry)
        return reducedOnce(s0, s1, s2, s3, carry)
    }

    @inline(__always)
    static func - (a: Self, b: Self) -> Self {
        var borrow: UInt64 = 0
        let d0 = a.limb0.subtracting(b.limb0, &borrow)
        let d1 = a.limb1.subtracting(b.limb1, &borrow)
        let d2 = a.limb2.subtracting(b.limb2, &borrow)
        let d3 = a.limb3.subtracting(b.limb3, &borrow)
        return adding(p: borrow, to: d0, d1, d2, d3)
    }

    static prefix func - (a: Self) -> Self { zero - a }

    /// Half of the element: of the number, or, if that is odd, of the number plus p.
    @inline(__always)
    func halved() -> Self {
        let mask = 0 &- (limb0 & 1)
        var carry: UInt64 = 0
        let s0 = limb0.adding(Self.p0 & mask, &carry)
        let s1 = limb1.adding(Self.p1 & mask, &carry)
        let s2 = limb2.adding(Self.p2 & mask, &carry)
        let s3 = limb3.adding(Self.p3 & mask, &carry)
        return Self(
            s0 &>> 1 | s1 &<< 63, s1 &>> 1 | s2 &<< 63, s2 &>> 1 | s3 &<< 63, s3 &>> 1 | carry &<< 63)
    }

    /// Takes p off a number below 2p, whose bit 256 is `high`, if it is p or more.
    @inline(__always)
    private static func reducedOnce(
        _ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64, _ high: UInt64
    ) -> Self {
        var borrow: UInt64 = 0
        let d0 = l0.subtracting(p0, &borrow)
        let d1 = l1.subtracting(p1, &borrow)
        let d2 = l2.subtracting(p2, &borrow)
        let d3 = l3.subtracting(p3, &borrow)
        // Chosen by a mask: a branch would be mispredicted half the time.
        let keep = 0 &- (borrow & ~high)
        return Self(
            d0 & ~keep | l0 & keep, d1 & ~keep | l1 & keep, d2 & ~keep | l2 & keep, d3 & ~keep | l3 & keep)
    }

    /// Adds p if `isNegative` is 1, and nothing if it is 0.
    @inline(__always)
    private static func adding(
        p isNegative: UInt64, to l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64
    ) -> Self {
        let mask = 0 &- isNegative
        var carry: UInt64 = 0
        return Self(
            l0.adding(p0 & mask, &carry), l1.adding(p1 & mask, &carry), l2.adding(p2 & mask, &carry),
            l3.adding(p3 & mask, &carry))
    }
}

// MARK: - Products

extension SM2FieldElement {
    @inline(__always)
    static func * (a: Self, b: Self) -> Self {
        var carry: UInt64 = 0
        let t0 = a.limb0.multiplied(b.limb0, adding: 0, &carry)
        var t1 = a.limb0.multiplied(b.limb1, adding: 0, &carry)
        var t2 = a.limb0.multiplied(b.limb2, adding: 0, &carry)
        var t3 = a.limb0.multiplied(b.limb3, adding: 0, &carry)
        var t4 = carry
        carry = 0
        t1 = a.limb1.multiplied(b.limb0, adding: t1, &carry)
        t2 = a.limb1.multiplied(b.limb1, adding: t2, &carry)
        t3 = a.limb1.multiplied(b.limb2, adding: t3, &carry)
        t4 = a.limb1.multiplied(b.limb3, adding: t4, &carry)
        var t5 = carry
        carry = 0
        t2 = a.limb2.multiplied(b.limb0, adding: t2, &carry)
        t3 = a.limb2.multiplied(b.limb1, adding: t3, &carry)
        t4 = a.limb2.multiplied(b.limb2, adding: t4, &carry)
        t5 = a.limb2.multiplied(b.limb3, adding: t5, &carry)
        var t6 = carry
        carry = 0
        t3 = a.limb3.multiplied(b.limb0, adding: t3, &carry)
        t4 = a.limb3.multiplied(b.limb1, adding: t4, &carry)
        t5 = a.limb3.multiplied(b.limb2, adding: t5, &carry)
        t6 = a.limb3.multiplied(b.limb3, adding: t6, &carry)
        return reduced(t0, t1, t2, t3, t4, t5, t6, carry)
    }

    @inline(__always)
    func squared() -> Self {
        // What stands beside the diagonal counts twice.
        var carry: UInt64 = 0
        let t1 = limb0.multiplied(limb1, adding: 0, &carry)
        let t2 = limb0.multiplied(limb2, adding: 0, &carry)
        var t3 = limb0.multiplied(limb3, adding: 0, &carry)
        var t4 = carry
        carry = 0
        t3 = limb1.multiplied(limb2, adding: t3, &carry)
        t4 = limb1.multiplied(limb3, adding: t4, &carry)
        var t5 = carry
        carry = 0
        t5 = limb2.multiplied(limb3, adding: t5, &carry)
        let t6 = carry
        carry = 0
        let q0 = limb0.multipliedFullWidth(by: limb0)
        let q1 = limb1.multipliedFullWidth(by: limb1)
        let q2 = limb2.multipliedFullWidth(by: limb2)
        let q3 = limb3.multipliedFullWidth(by: limb3)
        let s1 = (t1 &<< 1).adding(q0.high, &carry)
        let s2 = (t2 &<< 1 | t1 &>> 63).adding(q1.low, &carry)
        let s3 = (t3 &<< 1 | t2 &>> 63).adding(q1.high, &carry)
        let s4 = (t4 &<< 1 | t3 &>> 63).adding(q2.low, &carry)
        let s5 = (t5 &<< 1 | t4 &>> 63).adding(q2.high, &carry)
        let s6 = (t6 &<< 1 | t5 &>> 63).adding(q3.low, &carry)
        let s7 = (t6 &>> 63).adding(q3.high, &carry)
        return Self.reduced(q0.low, s1, s2, s3, s4, s5, s6, s7)
    }

    /// Divides a number below p * 2^256 by 2^256, modulo p.
    @inline(__always)
    private static func reduced(
        _ t0: UInt64, _ t1: UInt64, _ t2: UInt64, _ t3: UInt64, _ t4: UInt64, _ t5: UInt64, _ t6: UInt64, _ t7: UInt64
    ) -> Self {
        let low = divided(divided(divided(divided((t0, t1, t2, t3)))))
        var carry: UInt64 = 0
        let s0 = low.0.adding(t4, &carry)
        let s1 = low.1.adding(t5, &carry)
        let s2 = low.2.adding(t6, &carry)
        let s3 = low.3.adding(t7, &carry)
        return reducedOnce(s0, s1, s2, s3, carry)
    }

    /// Divides a number below 2^256 by 2^64, modulo p; the result is below 2^256 again.
    ///
    /// As p = -1 modulo 2^64, adding p times the lowest limb m clears that limb. What comes to the others is
    /// m * (p + 1) / 2^64 = m * (2^192 - 2^160 - 2^32 + 1), which takes shifts only.
    @inline(__always)
    private static func divided(_ t: (UInt64, UInt64, UInt64, UInt64)) -> (UInt64, UInt64, UInt64, UInt64) {
        let m = t.0
        let (low, high) = (m &<< 32, m &>> 32)
        var borrow: UInt64 = 0
        let d0 = m.subtracting(low, &borrow)
        let d1 = UInt64(0).subtracting(high, &borrow)
        let d2 = UInt64(0).subtracting(low, &borrow)
        let d3 = m.subtracting(high, &borrow)
        var carry: UInt64 = 0
        return (t.1.adding(d0, &carry), t.2.adding(d1, &carry), t.3.adding(d2, &carry), d3 &+ carry)
    }
}
