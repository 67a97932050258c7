import CSodium
import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// What attackers put into batches so that errors cancel.
@Suite struct Ed25519AttackTests {
    /// Two signatures with s + 1 and s - 1: their errors cancel in every sum whose coefficients are equal.
    private func cancellingPair() throws -> [Ed25519Case] {
        try Ed25519Case.honest(count: 2, seed: 91).enumerated().map { index, test in
            var one = [UInt8](repeating: 0, count: 32)
            one[0] = 1
            var s = Array(test.signature.bytes.suffix(32))
            if index == 0 {
                crypto_core_ed25519_scalar_add(&s, s, one)
            } else {
                crypto_core_ed25519_scalar_sub(&s, s, one)
            }
            let signature = try #require(Signature(test.signature.bytes.prefix(32) + s))
            return Ed25519Case(
                message: test.message, publicKey: test.publicKey, signature: signature, isValid: false)
        }
    }

    @Test(arguments: Ed25519Kernel.present) func thePairCancelsWithEqualCoefficients(kernel: Ed25519Kernel) throws {
        let pair = try cancellingPair()
        var (base, members) = (WideScalar(), [Ed25519Member](repeating: .none, count: kernel.lanes + 1))
        for (index, test) in pair.enumerated() {
            let claim = test.claim
            let points = kernel.decode([claim.publicKey, claim.commitment]).points
            base.add(1, times: try #require(Scalar(canonical: claim.s)))
            members[index * kernel.lanes] = Ed25519Member(
                key: points[0], times: claim.challenge.words, commitment: points[1], times: 1)
        }
        var scalars = [Scalar](repeating: .zero, count: kernel.lanes)
        scalars[0] = -Scalar(reducing: base)
        // This is why coefficients must not be equal, or known beforehand.
        #expect(kernel.sumsVanish(members, scalars, hasShortKeys: false) == scalars.map { _ in true })
    }

    @Test(arguments: Ed25519Path.all) func thePairIsFoundInEveryPlace(path: Ed25519Path) throws {
        let pair = try cancellingPair()
        for distance in [1, 8, 16] {
            for start in 0..<16 {
                var cases = Ed25519PathTests.honest
                cases[start] = pair[0]
                cases[start + distance] = pair[1]
                #expect(path.answers(cases) == cases.map(\.isValid), "\(start), \(distance)")
            }
        }
        let all = (0..<64).map { pair[$0 / 8 % 2] }
        #expect(path.answers(all) == all.map { _ in false })
    }

    @Test func coefficientsDependOnEverythingAndTheOrder() throws {
        let cases = Array(Ed25519PathTests.honest.prefix(9))
        let coefficients = BatchCoefficients.coefficients(of: cases.map(\.claim))
        #expect(BatchCoefficients.coefficients(of: cases.map(\.claim)) == coefficients)
        #expect(Set(coefficients).count == 9)
        #expect(coefficients.allSatisfy { $0 >> 96 != 0 })
        var others: [[Ed25519Case]] = [cases.reversed(), Array(cases.dropLast())]
        for change in 0..<4 {
            var changed = cases
            switch change {
            case 0: changed[8].publicKey[31] ^= 1
            case 1: changed[8].signature.storage[31] ^= 1
            case 2: changed[8].signature.storage[63] ^= 1
            default: changed[8].message.append(1)
            }
            others.append(changed)
        }
        for other in others {
            let found = BatchCoefficients.coefficients(of: other.map(\.claim))
            #expect(zip(found, coefficients).allSatisfy { $0 != $1 })
        }
    }

    /// Keys and commitments with parts of small order are valid, whatever the coefficients make of those parts.
    @Test(arguments: Ed25519Path.all) func partsOfSmallOrderChangeNoAnswer(path: Ed25519Path) throws {
        Sodium.demandReady()
        var generator = SeededGenerator(seed: 92)
        var cases: [Ed25519Case] = []
        for torsion in ZIP215Tests.torsionPoints {
            for other in ZIP215Tests.torsionPoints {
                let test = try Self.mixedOrder(torsion, other, &generator)
                cases.append(test)
                if cases.count % 5 == 0 { cases.append(test.damaged(&generator)) }
            }
        }
        #expect(cases.map(\.isValidAlone) == cases.map(\.isValid))
        #expect(path.answers(cases) == cases.map(\.isValid))
        #expect(path.answers(cases.filter(\.isValid)) == cases.filter(\.isValid).map { _ in true })
    }

    private static func mixedOrder(
        _ torsion: EdwardsPoint, _ other: EdwardsPoint, _ generator: inout SeededGenerator
    ) throws -> Ed25519Case {
        func scalar(_ wide: [UInt8]) -> [UInt8] {
            var scalar = [UInt8](repeating: 0, count: 32)
            crypto_core_ed25519_scalar_reduce(&scalar, wide)
            return scalar
        }
        func product(_ scalar: [UInt8], plus point: EdwardsPoint) throws -> [UInt8] {
            var product = [UInt8](repeating: 0, count: 32)
            try #require(crypto_scalarmult_ed25519_base_noclamp(&product, scalar) == 0)
            let decoded = try #require(product.point)
            let sum = (decoded + AddableEdwardsPoint(point)).bytes
            return (0..<32).map { sum[$0] }
        }
        let (a, r, message) = (scalar(generator.bytes(64)), scalar(generator.bytes(64)), generator.bytes(40))
        let (key, commitment) = (try product(a, plus: torsion), try product(r, plus: other))
        var (hash, s) = ([UInt8](repeating: 0, count: 64), [UInt8](repeating: 0, count: 32))
        let hashed = commitment + key + message
        crypto_hash_sha512(&hash, hashed, UInt64(hashed.count))
        crypto_core_ed25519_scalar_mul(&s, scalar(hash), a)
        crypto_core_ed25519_scalar_add(&s, s, r)
        return Ed25519Case(
            message: message, publicKey: key, signature: try #require(Signature(commitment + s)), isValid: true)
    }

    // MARK: History

    @Test func historyFollowsTheFailures() {
        let history = BatchHistory()
        #expect(!history.expectsFailure)
        for _ in 0..<8 { history.enter(failing: 8, of: 8) }
        #expect(history.expectsFailure)
        for _ in 0..<16 { history.enter(failing: 0, of: 8) }
        #expect(!history.expectsFailure)
        // One false signature in each batch spoils one equation of eight: batches stay worth it.
        for _ in 0..<100 { history.enter(failing: 1, of: 8) }
        #expect(!history.expectsFailure)
    }

    @Test(arguments: Ed25519Kernel.present) func checksAloneTeachTheHistoryToo(kernel: Ed25519Kernel) {
        let history = BatchHistory()
        for _ in 0..<20 { history.enter(failing: 8, of: 8) }
        let verification = BatchVerification(kernel: kernel, history: history)
        let claims = Ed25519PathTests.honest.map(\.claim)
        for _ in 0..<20 { _ = verification.answers(claims) }
        #expect(!history.expectsFailure)
        var generator = SeededGenerator(seed: 93)
        let bad = Ed25519PathTests.honest.map { test -> Ed25519Claim in
            var test = test
            test.message += generator.bytes(1)
            return test.claim
        }
        for _ in 0..<20 { _ = verification.answers(bad) }
        #expect(history.expectsFailure)
    }
}
