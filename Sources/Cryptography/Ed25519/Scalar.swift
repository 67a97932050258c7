/// An integer modulo the order L of edwards25519's large group, below L: four words, the least significant first.
///
/// Only for public data: nothing here hides its operands from a clock.
struct Scalar: Sendable {
    let words: InlineArray<4, UInt64>

    static let zero = Scalar(words: [0, 0, 0, 0])

    /// L = 2^252 + 27742317777372353535851937790883648493.
    static let order: InlineArray<4, UInt64> = [
        0x5812_631A_5CF5_D3ED, 0x14DE_F9DE_A2F7_9CD6, 0, 0x1000_0000_0000_0000,
    ]

    private init(words: InlineArray<4, UInt64>) { self.words = words }

    /// The scalar of these words, or nil unless they are below L.
    init?(canonical words: InlineArray<4, UInt64>) {
        guard Self.isLess(words, Self.order) else { return nil }
        self.init(words: words)
    }

    /// Any integer below 2^512, reduced.
    ///
    /// What lies above 2^252 comes back times 2^252 - L, three times, with changing signs. Each time it is shorter.
    init(reducing wide: WideScalar) {
        let x = wide.words
        let (y, w) = Self.foldedTwice(x)
        let v = Self.timesExcess([w[3] >> 60 | w[4] << 4, 0, 0, 0, 0])
        let top: UInt64 = 1 << 60 - 1
        // 2 L is added first, so that the result is not negative; it is below 5 L.
        var result: InlineArray<4, UInt64> = Self.order
        result = Self.sum(result, Self.order)
        result = Self.sum(result, [x[0], x[1], x[2], x[3] & top])
        result = Self.difference(result, [y[0], y[1], y[2], y[3] & top])
        result = Self.sum(result, [w[0], w[1], w[2], w[3] & top])
        result = Self.difference(result, [v[0], v[1], v[2], v[3]])
        while !Self.isLess(result, Self.order) { result = Self.difference(result, Self.order) }
        self.init(words: result)
    }

    static prefix func - (scalar: Scalar) -> Scalar {
        let words = scalar.words
        let isZero = words[0] | words[1] | words[2] | words[3] == 0
        return isZero ? scalar : Scalar(words: difference(order, words))
    }

    // MARK: Steps

    /// The part of x above 2^252 times the excess, and the part of that above 2^252 times the excess.
    @inline(__always)
    private static func foldedTwice(
        _ x: InlineArray<8, UInt64>
    ) -> (InlineArray<8, UInt64>, InlineArray<8, UInt64>) {
        let y = timesExcess([
            x[3] >> 60 | x[4] << 4, x[4] >> 60 | x[5] << 4, x[5] >> 60 | x[6] << 4, x[6] >> 60 | x[7] << 4, x[7] >> 60,
        ])
        let w = timesExcess([y[3] >> 60 | y[4] << 4, y[4] >> 60 | y[5] << 4, y[5] >> 60 | y[6] << 4, 0, 0])
        return (y, w)
    }

    /// The product with L - 2^252, two words.
    @inline(__always)
    private static func timesExcess(_ value: InlineArray<5, UInt64>) -> InlineArray<8, UInt64> {
        var product = InlineArray<8, UInt64>(repeating: 0)
        for row in 0..<2 {
            var carry: UInt64 = 0
            for index in 0..<5 {
                WideScalar.addProduct(value[index], order[row], to: &product[index + row], &carry)
            }
            product[5 + row] = carry
        }
        return product
    }

    @inline(__always)
    private static func isLess(_ a: InlineArray<4, UInt64>, _ b: InlineArray<4, UInt64>) -> Bool {
        for index in stride(from: 3, through: 0, by: -1) where a[index] != b[index] { return a[index] < b[index] }
        return false
    }

    /// Modulo 2^256.
    @inline(__always)
    private static func sum(_ a: InlineArray<4, UInt64>, _ b: InlineArray<4, UInt64>) -> InlineArray<4, UInt64> {
        var result = a
        var carry = false
        for index in 0..<4 {
            let (first, firstCarry) = a[index].addingReportingOverflow(b[index])
            let (second, secondCarry) = first.addingReportingOverflow(carry ? 1 : 0)
            result[index] = second
            carry = firstCarry || secondCarry
        }
        return result
    }

    /// Modulo 2^256.
    @inline(__always)
    private static func difference(_ a: InlineArray<4, UInt64>, _ b: InlineArray<4, UInt64>) -> InlineArray<4, UInt64> {
        var result = a
        var borrow = false
        for index in 0..<4 {
            let (first, firstBorrow) = a[index].subtractingReportingOverflow(b[index])
            let (second, secondBorrow) = first.subtractingReportingOverflow(borrow ? 1 : 0)
            result[index] = second
            borrow = firstBorrow || secondBorrow
        }
        return result
    }
}

/// A sum of products on its way to be reduced: an integer below 2^512.
struct WideScalar: Sendable {
    var words: InlineArray<8, UInt64>

    init() { words = .init(repeating: 0) }

    init(words: InlineArray<8, UInt64>) { self.words = words }

    /// Adds the product of a number below 2^128 and a scalar. The sum of 2^100 of them fits.
    @inline(__always)
    mutating func add(_ short: UInt128, times scalar: Scalar) {
        addRow(UInt64(truncatingIfNeeded: short), scalar, at: 0)
        addRow(UInt64(truncatingIfNeeded: short >> 64), scalar, at: 1)
    }

    @inline(__always)
    private mutating func addRow(_ factor: UInt64, _ scalar: Scalar, at row: Int) {
        var carry: UInt64 = 0
        for index in 0..<4 { Self.addProduct(scalar.words[index], factor, to: &words[index + row], &carry) }
        for index in (4 + row)..<8 {
            let (value, overflow) = words[index].addingReportingOverflow(carry)
            words[index] = value
            carry = overflow ? 1 : 0
        }
    }

    /// word + a b + carry, into word and carry: it never overflows.
    @inline(__always)
    static func addProduct(_ a: UInt64, _ b: UInt64, to word: inout UInt64, _ carry: inout UInt64) {
        let sum = UInt128(a) &* UInt128(b) &+ UInt128(word) &+ UInt128(carry)
        word = UInt64(truncatingIfNeeded: sum)
        carry = UInt64(truncatingIfNeeded: sum >> 64)
    }
}
