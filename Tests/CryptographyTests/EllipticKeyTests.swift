import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// What P-256 and SM2 have in common.
@Suite struct EllipticKeyTests {
    static let schemes: [SignatureScheme] = [.p256, .sm2]

    private func curve(_ scheme: SignatureScheme) -> EllipticCurve { scheme == .p256 ? .p256 : .sm2 }

    @Test(arguments: schemes) func damagedSignaturesAndKeysAreRefused(scheme: SignatureScheme) throws {
        let key = try SoftwareKey(scheme: scheme, seed: [UInt8](repeating: 3, count: 32))
        let digest = Cryptography.Suite.national.hash([1])
        let good = try key.sign(digest)
        func isValid(_ bytes: [UInt8], _ signature: Signature, _ digest: Digest) throws -> Bool {
            let publicKey = try #require(PublicKey(scheme: scheme, bytes: bytes))
            return SignatureCheck(publicKey: publicKey, digest: digest, signature: signature).isValid
        }
        #expect(try isValid(key.publicKey.bytes, good, digest))
        for bit in 0..<512 {
            var damaged = good.bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try !isValid(key.publicKey.bytes, #require(Signature(damaged)), digest))
        }
        for bit in 0..<264 {
            var damaged = key.publicKey.bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try !isValid(damaged, good, digest))
        }
        #expect(try !isValid(key.publicKey.bytes, good, .zero))
        #expect(try !isValid(key.publicKey.bytes, Signature(repeating: 0), digest))
        #expect(try !isValid([UInt8](repeating: 0, count: 33), good, digest))
        #expect(!OpenSSL.hasErrors)
    }

    @Test(arguments: schemes) func onlyTwoFormsOfAPointAreTaken(scheme: SignatureScheme) throws {
        let curve = curve(scheme)
        let scalar = try GuardedBytes.copying([UInt8](repeating: 5, count: 32).span)
        let pair = try #require(EllipticKey(curve, scalar: scalar))
        let coordinates = pair.coordinates
        let point = coordinates.span.indices.map { coordinates[$0] }
        let compressed = pair.compressed.bytes
        func isKey(_ bytes: [UInt8]) -> Bool { EllipticKey(curve, publicKey: bytes.span) != nil }
        #expect(isKey([4] + point) && isKey(compressed))
        #expect(EllipticKey(curve, publicKey: ([4] + point).span)?.compressed.bytes == compressed)
        // Infinity; hybrid forms; no point; other lengths and marks.
        var beside = point
        beside[63] ^= 1
        let others: [[UInt8]] = [
            [], [0], [0] + [UInt8](repeating: 0, count: 32), [0] + [UInt8](repeating: 0, count: 64), [6] + point,
            [7] + point, [4] + beside, [2] + point, [4] + compressed.dropFirst(), [5] + compressed.dropFirst(),
            Array(compressed.dropLast()), compressed + [0], [4] + point + [0],
        ]
        for bytes in others { #expect(!isKey(bytes), "\(bytes.hexadecimal)") }
        // x is not reduced: the field's prime more than an x would be another name of the same point.
        for prime in [
            "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
            "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff",
        ] {
            let bytes = try #require([UInt8](hexadecimal: prime))
            for mark: UInt8 in [2, 3] where scheme == (prime.hasPrefix("fffffffe") ? .sm2 : .p256) {
                #expect(!isKey([mark] + bytes))
            }
        }
        #expect(!OpenSSL.hasErrors)
    }

    @Test(arguments: schemes) func privateKeysEndBelowTheOrder(scheme: SignatureScheme) throws {
        let order = curve(scheme).order
        func seed(orderLess number: UInt64) throws -> [UInt8] {
            let bytes = try #require(order.subtracting(UInt256(number))).bigEndianBytes
            return bytes.span.indices.map { bytes[$0] }
        }
        let last: UInt64 = scheme == .sm2 ? 2 : 1
        for number in 0..<last {
            let seed = try seed(orderLess: number)
            #expect(reason { _ = try SoftwareKey(scheme: scheme, seed: seed) } == .notAKey)
        }
        let zeros = [UInt8](repeating: 0, count: 32)
        #expect(reason { _ = try SoftwareKey(scheme: scheme, seed: zeros) } == .notAKey)
        let largest = [UInt8](repeating: 255, count: 32)
        #expect(reason { _ = try SoftwareKey(scheme: scheme, seed: largest) } == .notAKey)
        for seed in [try seed(orderLess: last), zeros.dropLast() + [1]] {
            let key = try SoftwareKey(scheme: scheme, seed: seed)
            let signature = try key.sign(.zero)
            #expect(SignatureCheck(publicKey: key.publicKey, digest: .zero, signature: signature).isValid)
        }
    }

    @Test(arguments: schemes) func severalThreadsMaySignAndVerify(scheme: SignatureScheme) async throws {
        let key = try SoftwareKey.generate(scheme)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<4 {
                group.addTask {
                    try (0..<20).allSatisfy { number in
                        let digest = Cryptography.Suite.national.hash([UInt8(task), UInt8(number)])
                        let signature = try key.sign(digest)
                        return SignatureCheck(publicKey: key.publicKey, digest: digest, signature: signature).isValid
                    }
                }
            }
            for try await isValid in group { #expect(isValid) }
        }
    }
}
