/// Steps of arithmetic on numbers of many limbs. In this form the compiler makes chains of carry instructions of them.
extension UInt64 {
    /// The sum of both and a carry of 0 or 1, which becomes the next one.
    @inline(__always)
    func adding(_ other: UInt64, _ carry: inout UInt64) -> UInt64 {
        let (first, overflow1) = addingReportingOverflow(other)
        let (sum, overflow2) = first.addingReportingOverflow(carry)
        // At most one of them is set.
        carry = overflow1 != overflow2 ? 1 : 0
        return sum
    }

    /// The difference of both, less a borrow of 0 or 1, which becomes the next one.
    @inline(__always)
    func subtracting(_ other: UInt64, _ borrow: inout UInt64) -> UInt64 {
        let (first, overflow1) = subtractingReportingOverflow(other)
        let (difference, overflow2) = first.subtractingReportingOverflow(borrow)
        // At most one of them is set.
        borrow = overflow1 != overflow2 ? 1 : 0
        return difference
    }

    /// The low limb of `self * factor + addend + carry`, which fits two limbs; the high one becomes the next carry.
    @inline(__always)
    func multiplied(_ factor: UInt64, adding addend: UInt64, _ carry: inout UInt64) -> UInt64 {
        let sum = UInt128(self) &* UInt128(factor) &+ UInt128(addend) &+ UInt128(carry)
        carry = UInt64(truncatingIfNeeded: sum &>> 64)
        return UInt64(truncatingIfNeeded: sum)
    }
}
