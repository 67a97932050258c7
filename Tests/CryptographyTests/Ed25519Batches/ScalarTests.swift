import CSodium
import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct ScalarTests {
    private func bytes(_ words: InlineArray<4, UInt64>) -> [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
    }

    private func reducedBySodium(_ wide: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_reduce(&result, wide)
        return result
    }

    /// Random numbers, and those with long runs of zeros and ones, and about multiples of the order.
    private func wideNumbers() -> [[UInt8]] {
        var generator = SeededGenerator(seed: 71)
        var numbers = (0..<500).map { _ in generator.bytes(64) }
        for _ in 0..<500 {
            var number: [UInt8] = []
            while number.count < 64 {
                let run = Int(generator.next() % 20) + 1
                number += [UInt8](repeating: [0, 0xFF, 0x10, 0x0F][Int(generator.next() % 4)], count: run)
            }
            numbers.append(Array(number.prefix(64)))
        }
        for shift in 0..<32 {
            for change in [-1, 0, 1] {
                var number = [UInt8](repeating: 0, count: 64)
                for (index, byte) in orderBytes.enumerated() { number[index + shift] = byte }
                number[shift] = UInt8(Int(number[shift]) + change)
                numbers.append(number)
            }
        }
        return numbers
    }

    @Test func reductionAgreesWithSodium() {
        for number in wideNumbers() {
            #expect(bytes(Scalar(reducing: number.wideScalar).words) == reducedBySodium(number))
        }
    }

    @Test func productsAndNegativesAgreeWithSodium() throws {
        var generator = SeededGenerator(seed: 72)
        var (sum, sodiumSum) = (WideScalar(), [UInt8](repeating: 0, count: 32))
        for _ in 0..<300 {
            let scalar = reducedBySodium(generator.bytes(64))
            let short = generator.bytes(16) + [UInt8](repeating: 0, count: 16)
            let shortWords = short.fourWords
            let value = try #require(Scalar(canonical: scalar.fourWords))
            sum.add(UInt128(shortWords[1]) << 64 | UInt128(shortWords[0]), times: value)
            var (product, negative) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32))
            crypto_core_ed25519_scalar_mul(&product, short, scalar)
            crypto_core_ed25519_scalar_add(&sodiumSum, sodiumSum, product)
            crypto_core_ed25519_scalar_negate(&negative, scalar)
            #expect(bytes(Scalar(reducing: sum).words) == sodiumSum)
            #expect(bytes((-value).words) == negative)
        }
        #expect(bytes((-Scalar.zero).words) == [UInt8](repeating: 0, count: 32))
    }

    @Test func onlyScalarsBelowTheOrderAreCanonical() {
        var (below, above) = (Scalar.order, Scalar.order)
        below[0] -= 1
        above[0] += 1
        #expect(Scalar(canonical: below) != nil)
        #expect(Scalar(canonical: Scalar.order) == nil)
        #expect(Scalar(canonical: above) == nil)
        #expect(Scalar(canonical: InlineArray(repeating: .max)) == nil)
        #expect(Scalar(canonical: InlineArray(repeating: 0)) != nil)
    }

    // MARK: Fractions

    /// Random scalars, small and large ones, and those whose division by the order has a long quotient somewhere.
    private func scalars() throws -> [Scalar] {
        var scalars = wideNumbers().map { Scalar(reducing: $0.wideScalar) }
        for bit in 0..<252 {
            var words = InlineArray<4, UInt64>(repeating: 0)
            words[bit / 64] = 1 << UInt64(bit % 64)
            scalars += try [words].map { try #require(Scalar(canonical: $0)) }
            words[0] |= 1
            let next = try #require(Scalar(canonical: words))
            scalars += [next, -next, -(try #require(scalars.last))]
            // About L / 2^n, so that the first quotient is about 2^n.
            var quotient = Scalar.order
            for _ in 0..<(bit + 1) {
                for index in 0..<4 {
                    quotient[index] = quotient[index] >> 1 | (index < 3 ? quotient[index + 1] << 63 : 0)
                }
            }
            scalars.append(try #require(Scalar(canonical: quotient)))
            quotient[0] &+= 1
            scalars.append(try #require(Scalar(canonical: quotient)))
        }
        return scalars
    }

    @Test func fractionsAreShortAndRight() throws {
        let scalars = try scalars()
        #expect(scalars.count > 2000)
        for scalar in scalars {
            let fraction = try #require(ShortFraction(scalar), "\(bytes(scalar.words).hexadecimal)")
            #expect(fraction.numerator < 1 << 127)
            #expect(fraction.denominator > 0 && fraction.denominator < 1 << 127)
            var product = WideScalar()
            product.add(fraction.denominator, times: scalar)
            let value = Scalar(reducing: product)
            #expect(bytes((fraction.isNegative ? -value : value).words) == bytes(fraction.numeratorWords))
        }
    }
}
