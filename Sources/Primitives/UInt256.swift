/// An unsigned integer of 256 bits: amounts, and the words of the Ethereum machine.
///
/// Coded as 32 bytes, little-endian, as BCS codes its integers.
package struct UInt256: Hashable, Comparable, Sendable {
    /// The least significant limb first.
    package let limb0, limb1, limb2, limb3: UInt64

    package static let zero = UInt256(0)
    package static let max = UInt256(limbs: .max, .max, .max, .max)

    package init(limbs limb0: UInt64, _ limb1: UInt64, _ limb2: UInt64, _ limb3: UInt64) {
        (self.limb0, self.limb1, self.limb2, self.limb3) = (limb0, limb1, limb2, limb3)
    }

    package init(_ value: UInt64) { self.init(limbs: value, 0, 0, 0) }

    package var isZero: Bool { limb0 | limb1 | limb2 | limb3 == 0 }

    /// The value if it fits 64 bits.
    package var uint64: UInt64? { limb1 | limb2 | limb3 == 0 ? limb0 : nil }

    package static func < (left: UInt256, right: UInt256) -> Bool { left.subtractingReportingOverflow(right).overflow }
}

// MARK: - Arithmetic

extension UInt256 {
    package func addingReportingOverflow(_ other: UInt256) -> (partialValue: UInt256, overflow: Bool) {
        var carry = false
        let sum = UInt256(
            limbs: Self.add(limb0, other.limb0, &carry), Self.add(limb1, other.limb1, &carry),
            Self.add(limb2, other.limb2, &carry), Self.add(limb3, other.limb3, &carry))
        return (sum, carry)
    }

    package func subtractingReportingOverflow(_ other: UInt256) -> (partialValue: UInt256, overflow: Bool) {
        var borrow = false
        let difference = UInt256(
            limbs: Self.subtract(limb0, other.limb0, &borrow), Self.subtract(limb1, other.limb1, &borrow),
            Self.subtract(limb2, other.limb2, &borrow), Self.subtract(limb3, other.limb3, &borrow))
        return (difference, borrow)
    }

    /// The sum, or nil if it does not fit.
    package func adding(_ other: UInt256) -> UInt256? {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? nil : sum
    }

    /// The difference, or nil if it would be negative.
    package func subtracting(_ other: UInt256) -> UInt256? {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? nil : difference
    }

    /// `self * factor + addend`, or nil if it does not fit.
    package func multiplied(by factor: UInt64, adding addend: UInt64 = 0) -> UInt256? {
        var carry = addend
        let product = UInt256(
            limbs: Self.multiply(limb0, factor, &carry), Self.multiply(limb1, factor, &carry),
            Self.multiply(limb2, factor, &carry), Self.multiply(limb3, factor, &carry))
        return carry == 0 ? product : nil
    }

    /// Quotient and remainder. `divisor` must not be zero.
    package func quotientAndRemainder(dividingBy divisor: UInt64) -> (quotient: UInt256, remainder: UInt64) {
        let step3 = divisor.dividingFullWidth((0, limb3))
        let step2 = divisor.dividingFullWidth((step3.remainder, limb2))
        let step1 = divisor.dividingFullWidth((step2.remainder, limb1))
        let step0 = divisor.dividingFullWidth((step1.remainder, limb0))
        return (
            UInt256(limbs: step0.quotient, step1.quotient, step2.quotient, step3.quotient), step0.remainder
        )
    }

    @inline(__always)
    private static func add(_ left: UInt64, _ right: UInt64, _ carry: inout Bool) -> UInt64 {
        let (first, overflow1) = left.addingReportingOverflow(right)
        let (sum, overflow2) = first.addingReportingOverflow(carry ? 1 : 0)
        carry = overflow1 || overflow2
        return sum
    }

    @inline(__always)
    private static func subtract(_ left: UInt64, _ right: UInt64, _ borrow: inout Bool) -> UInt64 {
        let (first, overflow1) = left.subtractingReportingOverflow(right)
        let (difference, overflow2) = first.subtractingReportingOverflow(borrow ? 1 : 0)
        borrow = overflow1 || overflow2
        return difference
    }

    @inline(__always)
    private static func multiply(_ left: UInt64, _ right: UInt64, _ carry: inout UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        let (low, overflow) = product.low.addingReportingOverflow(carry)
        carry = product.high &+ (overflow ? 1 : 0)
        return low
    }
}

// MARK: - Coding

extension UInt256: CanonicalEncodable, CanonicalDecodable {
    package func encode(to encoder: inout CanonicalEncoder) { append(to: &encoder.bytes) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) { self = try decoder.decode(UInt256.self) }

    /// Appends the 32 bytes, the least significant first.
    func append(to bytes: inout [UInt8]) {
        appendWords(
            [limb0.littleEndian, limb1.littleEndian, limb2.littleEndian, limb3.littleEndian], byteCount: 32, to: &bytes)
    }

    /// Reads 32 bytes, the least significant first. The caller has checked the bounds.
    init(copying source: Span<UInt8>, at offset: Int) {
        self.init(
            limbs: loadLittleEndian(source, offset), loadLittleEndian(source, offset + 8),
            loadLittleEndian(source, offset + 16), loadLittleEndian(source, offset + 24))
    }
}

// MARK: - Big-endian bytes

extension UInt256 {
    /// The value of at most 32 bytes, the most significant first.
    package init(bigEndian bytes: ArraySlice<UInt8>) {
        precondition(bytes.count <= 32)
        var limbs: [4 of UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.reversed().enumerated() {
            limbs[index >> 3] |= UInt64(byte) << UInt64(8 * (index & 7))
        }
        self.init(limbs: limbs[0], limbs[1], limbs[2], limbs[3])
    }

    /// The 32 bytes, the most significant first: as Ethereum writes its integers.
    package var bigEndianBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for limb in [limb3, limb2, limb1, limb0] { appendBigEndian(limb, to: &bytes) }
        return bytes
    }
}

// MARK: - Text

extension UInt256: CustomStringConvertible {
    /// Decimal digits.
    package var description: String {
        var digits: [UInt8] = []
        var rest = self
        repeat {
            var (quotient, chunk) = rest.quotientAndRemainder(dividingBy: Self.decimalChunk)
            for _ in 0..<(quotient.isZero ? 1 : Self.decimalChunkDigits) {
                repeat {
                    digits.append(UInt8(ascii: "0") + UInt8(chunk % 10))
                    chunk /= 10
                } while quotient.isZero && chunk > 0
            }
            swap(&rest, &quotient)
        } while !rest.isZero
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    /// The value of decimal digits, or nil if there are none, others, or too many for 256 bits.
    package init?(decimal text: some StringProtocol) {
        guard !text.isEmpty else { return nil }
        var value = UInt256.zero
        for digit in text.utf8 {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9"),
                let next = value.multiplied(by: 10, adding: UInt64(digit - UInt8(ascii: "0")))
            else { return nil }
            value = next
        }
        self = value
    }

    private static let decimalChunk: UInt64 = 10_000_000_000_000_000_000
    private static let decimalChunkDigits = 19
}
