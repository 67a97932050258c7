import Primitives
import TestSupport
import Testing

/// Held against sums and products worked out digit by digit, in base 256 and as by hand in school.
@Suite struct UInt256Tests {
    /// Random values, small and large, with runs of zeros and ones so that carries go far.
    private static func values(_ count: Int, seed: UInt64) -> [UInt256] {
        var generator = SeededGenerator(seed: seed)
        func limb() -> UInt64 {
            switch UInt64.random(in: 0..<6, using: &generator) {
            case 0: 0
            case 1: .max
            case 2: UInt64.random(in: 0...3, using: &generator)
            default: generator.next()
            }
        }
        return [.zero, .max, UInt256(1)] + (0..<count).map { _ in UInt256(limbs: limb(), limb(), limb(), limb()) }
    }

    @Test func additionAndSubtraction() {
        let values = Self.values(60, seed: 4)
        for left in values {
            for right in values {
                let sum = Schoolbook.sum(left.canonicalBytes, right.canonicalBytes)
                let (partial, overflow) = left.addingReportingOverflow(right)
                #expect(partial.canonicalBytes == Array(sum[..<32]))
                #expect(overflow == (sum[32] == 1))
                #expect(left.adding(right) == (overflow ? nil : partial))
                // A difference is what has to be added to get back.
                let (difference, borrow) = left.subtractingReportingOverflow(right)
                let back = Schoolbook.sum(difference.canonicalBytes, right.canonicalBytes)
                #expect(Array(back[..<32]) == left.canonicalBytes)
                #expect(borrow == (back[32] == 1))
                #expect(left.subtracting(right) == (borrow ? nil : difference))
            }
        }
    }

    @Test func multiplicationAndDivision() {
        var generator = SeededGenerator(seed: 5)
        for value in Self.values(300, seed: 6) {
            for factor in [0, 1, 10, UInt64.max, generator.next(), generator.next() >> 32] {
                let addend = generator.next()
                let product = Schoolbook.sum(
                    Schoolbook.product(value.canonicalBytes, factor.canonicalBytes), addend.canonicalBytes)
                let fits = product[32...].allSatisfy { $0 == 0 }
                #expect(
                    value.multiplied(by: factor, adding: addend)?.canonicalBytes == (fits ? Array(product[..<32]) : nil)
                )
                guard factor > 0 else { continue }
                let (quotient, remainder) = value.quotientAndRemainder(dividingBy: factor)
                #expect(remainder < factor)
                let back = Schoolbook.sum(
                    Schoolbook.product(quotient.canonicalBytes, factor.canonicalBytes), remainder.canonicalBytes)
                #expect(Array(back[..<32]) == value.canonicalBytes && back[32...].allSatisfy { $0 == 0 })
            }
        }
    }

    @Test func order() {
        for left in Self.values(60, seed: 7) {
            for right in Self.values(60, seed: 8) + [left] {
                let expected = left.canonicalBytes.reversed().lexicographicallyPrecedes(right.canonicalBytes.reversed())
                #expect((left < right) == expected)
                #expect((left == right) == (left.canonicalBytes == right.canonicalBytes))
            }
        }
    }

    @Test func codingIsLittleEndian() throws {
        let value = UInt256(limbs: 0x0807_0605_0403_0201, 0x100F_0E0D_0C0B_0A09, 0, 0xFF00_0000_0000_0000)
        #expect(value.canonicalBytes == Array(1...16) + [UInt8](repeating: 0, count: 15) + [0xFF])
        for value in Self.values(100, seed: 9) {
            #expect(try UInt256(canonicalBytes: value.canonicalBytes) == value)
        }
    }

    @Test func decimalText() {
        let max = "115792089237316195423570985008687907853269984665640564039457584007913129639935"
        #expect(UInt256.max.description == max)
        #expect(UInt256(decimal: max) == .max)
        #expect(UInt256(decimal: String(max.dropLast()) + "6") == nil)
        #expect(UInt256(decimal: max + "0") == nil)
        #expect(UInt256.zero.description == "0")
        #expect(UInt256(decimal: "007") == UInt256(7))
        for bad in ["", "-1", "+1", " 1", "1 ", "0x1", "1e3", "١", "1_0"] { #expect(UInt256(decimal: bad) == nil) }
        // Around the powers of ten, where chunks of digits meet.
        var power = UInt256(1)
        while let next = power.multiplied(by: 10) {
            power = next
            for value in [power, power.subtracting(UInt256(1)), power.adding(UInt256(1))].compactMap({ $0 }) {
                #expect(value.description == Schoolbook.decimal(value.canonicalBytes))
            }
        }
        for value in Self.values(200, seed: 10) {
            #expect(value.description == Schoolbook.decimal(value.canonicalBytes))
            #expect(UInt256(decimal: value.description) == value)
        }
    }

    @Test func smallValues() {
        #expect(UInt256(limbs: 5, 0, 0, 0).uint64 == 5)
        for value in [UInt256(limbs: 5, 1, 0, 0), UInt256(limbs: 5, 0, 1, 0), UInt256(limbs: 5, 0, 0, 1)] {
            #expect(value.uint64 == nil && !value.isZero)
        }
        #expect(UInt256.zero.isZero)
    }
}

/// Arithmetic on little-endian digits of eight bits, one at a time.
private enum Schoolbook {
    /// One digit longer than the longer of the two.
    static func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var carry = 0
        for index in 0...max(left.count, right.count) {
            let digit =
                (index < left.count ? Int(left[index]) : 0) + (index < right.count ? Int(right[index]) : 0) + carry
            result.append(UInt8(digit % 256))
            carry = digit / 256
        }
        return result
    }

    static func product(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result = [Int](repeating: 0, count: left.count + right.count)
        for (place, digit) in left.enumerated() {
            var carry = 0
            for (other, factor) in right.enumerated() {
                carry += result[place + other] + Int(digit) * Int(factor)
                result[place + other] = carry % 256
                carry /= 256
            }
            result[place + right.count] += carry
        }
        return result.map { UInt8($0) }
    }

    /// By dividing by ten until nothing is left.
    static func decimal(_ digits: [UInt8]) -> String {
        var rest = digits
        var text = ""
        repeat {
            var remainder = 0
            for index in rest.indices.reversed() {
                remainder = remainder * 256 + Int(rest[index])
                rest[index] = UInt8(remainder / 10)
                remainder %= 10
            }
            text = "\(remainder)" + text
        } while rest.contains { $0 != 0 }
        return text
    }
}
