extension FixedWidthInteger where Self: UnsignedInteger {
    func hasBit(_ index: Int) -> Bool { self >> Self(truncatingIfNeeded: index) & 1 == 1 }

    /// The places of the bits that are set, ascending.
    var setBits: SetBits { SetBits(rest: UInt32(truncatingIfNeeded: self)) }
}

/// The places of the bits that are set in 32, ascending.
struct SetBits: Sequence, IteratorProtocol {
    fileprivate(set) var rest: UInt32

    mutating func next() -> Int? {
        guard rest != 0 else { return nil }
        defer { rest &= rest - 1 }
        return rest.trailingZeroBitCount
    }
}
