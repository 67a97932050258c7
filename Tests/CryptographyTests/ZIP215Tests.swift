import CSodium
import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// The cases where ZIP 215 says more than RFC 8032: points of small order, and codings that are not canonical.
@Suite struct ZIP215Tests {
    /// A point of order 8, as the product of the group's order with a point that has such a part.
    static let torsionGenerator: EdwardsPoint = {
        for y in UInt8(2)... {
            var bytes = InlineArray<32, UInt8>(repeating: 0)
            bytes[0] = y
            guard let point = EdwardsPoint(bytes: bytes) else { continue }
            let order = InlineArray<32, UInt8> { orderBytes[$0] }
            let torsion = EdwardsPoint.doubleScalarMultiple(InlineArray(repeating: 0), order, point)
            if !torsion.doubled().doubled().isIdentity { return torsion }
        }
        preconditionFailure("every second point or so has a part of order 8")
    }()

    /// The eight points whose order divides 8.
    static let torsionPoints: [EdwardsPoint] = {
        let step = AddableEdwardsPoint(torsionGenerator)
        return (1..<8).reduce(into: [EdwardsPoint.identity]) { points, _ in
            points.append(points[points.count - 1] + step)
        }
    }()

    /// Every coding that ZIP 215 takes for one of them: y or y + p where that is below 2^255, with either sign where
    /// x is zero.
    static let encodings: [[UInt8]] = {
        var encodings: Set<[UInt8]> = []
        for point in torsionPoints {
            let canonical = point.bytes.span.indices.map { point.bytes[$0] }
            var forms = [canonical]
            // y + p is below 2^255 only for y below 19: its first byte is y + 0xED, the others those of p.
            var withoutSign = canonical
            withoutSign[31] &= 0x7F
            if withoutSign.dropFirst().allSatisfy({ $0 == 0 }), withoutSign[0] < 19 {
                forms.append([0xED + withoutSign[0]] + [UInt8](repeating: 0xFF, count: 30) + [canonical[31] | 0x7F])
            }
            for form in forms {
                encodings.insert(form)
                if point.x.isZero { encodings.insert(form.dropLast() + [form[31] ^ 0x80]) }
            }
        }
        return encodings.sorted { $0.lexicographicallyPrecedes($1) }
    }()

    @Test func thereAre14Encodings() throws {
        #expect(Self.encodings.count == 14)
        // The two well-known y of order 8.
        for known in [
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        ] {
            #expect(Self.encodings.contains(try #require([UInt8](hexadecimal: known))))
        }
        for encoding in Self.encodings {
            let point = try #require(EdwardsPoint(bytes: InlineBytes<32>(copying: encoding.span, at: 0).storage))
            #expect(point.multipliedByCofactor().isIdentity)
        }
    }

    /// ZIP 215's own test: A and R of small order, s = 0, message "Zcash". All 196 are valid.
    @Test func smallOrderCasesAreValid() throws {
        var count = 0
        for key in Self.encodings {
            for r in Self.encodings {
                let signature = try #require(Signature(r + [UInt8](repeating: 0, count: 32)))
                #expect(Ed25519.verify(message: Array("Zcash".utf8), publicKey: key, signature: signature))
                let withOrder = try #require(Signature(r + orderBytes))
                #expect(!Ed25519.verify(message: Array("Zcash".utf8), publicKey: key, signature: withOrder))
                count += 1
            }
        }
        #expect(count == 196)
    }

    /// With s = 1 the equation does not hold for any of them, so that it is not the small order that is accepted.
    @Test func smallOrderWithAnotherSIsRefused() throws {
        for key in Self.encodings {
            let signature = try #require(Signature(Self.encodings[3] + [1] + [UInt8](repeating: 0, count: 31)))
            #expect(!Ed25519.verify(message: Array("Zcash".utf8), publicKey: key, signature: signature))
        }
    }

    /// A = aB + T and R = rB + T' with small T and T': valid by the equation with the factor 8. The scalars and their
    /// products with the base point are libsodium's.
    @Test func mixedOrderSignaturesAreValid() throws {
        Sodium.demandReady()
        var generator = SeededGenerator(seed: 21)
        var refusedBySodium = 0
        for (index, torsion) in Self.torsionPoints.enumerated() {
            for other in Self.torsionPoints {
                let message = generator.bytes(40)
                let (a, r) = (randomScalar(&generator), randomScalar(&generator))
                let key = try encoded(product(a), plus: torsion)
                let pointR = try encoded(product(r), plus: other)
                var s = [UInt8](repeating: 0, count: 32)
                var k = reduced(hash512(pointR + key + message))
                crypto_core_ed25519_scalar_mul(&k, k, a)
                crypto_core_ed25519_scalar_add(&s, k, r)
                let signature = try #require(Signature(pointR + s))
                #expect(Ed25519.verify(message: message, publicKey: key, signature: signature), "\(index)")
                #expect(!Ed25519.verify(message: message + [0], publicKey: key, signature: signature))
                let inline = InlineBytes<32>(copying: key.span, at: 0)
                if !Ed25519.verifyWithSodium(message: message.span, publicKey: inline, signature) {
                    refusedBySodium += 1
                }
            }
        }
        // Without the factor 8 most of them fail: our own arithmetic decided these.
        #expect(refusedBySodium >= 48)
    }

    @Test func multiplicationAgreesWithSodium() throws {
        Sodium.demandReady()
        var generator = SeededGenerator(seed: 22)
        for _ in 0..<100 {
            let scalar = randomScalar(&generator)
            let ours = EdwardsPoint.doubleScalarMultiple(
                InlineBytes<32>(copying: scalar.span, at: 0).storage, InlineArray(repeating: 0), .base)
            let alsoOurs = EdwardsPoint.doubleScalarMultiple(
                InlineArray(repeating: 0), InlineBytes<32>(copying: scalar.span, at: 0).storage, .base)
            #expect(InlineBytes<32>(copying: ours.bytes.span, at: 0).bytes == product(scalar))
            #expect(InlineBytes<32>(copying: alsoOurs.bytes.span, at: 0).bytes == product(scalar))
        }
    }

    // MARK: - libsodium

    private func randomScalar(_ generator: inout SeededGenerator) -> [UInt8] { reduced(generator.bytes(64)) }

    private func reduced(_ wide: [UInt8]) -> [UInt8] {
        var scalar = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_reduce(&scalar, wide)
        return scalar
    }

    private func product(_ scalar: [UInt8]) -> [UInt8] {
        var point = [UInt8](repeating: 0, count: 32)
        #expect(crypto_scalarmult_ed25519_base_noclamp(&point, scalar) == 0)
        return point
    }

    private func hash512(_ bytes: [UInt8]) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 64)
        crypto_hash_sha512(&hash, bytes, UInt64(bytes.count))
        return hash
    }

    private func encoded(_ point: [UInt8], plus other: EdwardsPoint) throws -> [UInt8] {
        let decoded = try #require(EdwardsPoint(bytes: InlineBytes<32>(copying: point.span, at: 0).storage))
        let sum = (decoded + AddableEdwardsPoint(other)).bytes
        return sum.span.indices.map { sum[$0] }
    }
}
