import CSodium
import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// The shim's parts against libsodium and our Swift arithmetic.
@Suite struct Ed25519KernelTests {
    /// Random bytes, codings about p and 2^255, and all of small order.
    private func encodings() -> [[UInt8]] {
        var generator = SeededGenerator(seed: 81)
        var encodings = (0..<1000).map { _ in generator.bytes(32) } + ZIP215Tests.encodings
        for low in UInt8.min...UInt8.max {
            for top in [0x7F, 0xFF] as [UInt8] {
                encodings.append([low] + [UInt8](repeating: 0xFF, count: 30) + [top])
                encodings.append([low] + [UInt8](repeating: 0, count: 30) + [top & 0x80])
            }
        }
        return encodings
    }

    @Test(arguments: Ed25519Kernel.present) func decodesAsTheSwiftArithmetic(kernel: Ed25519Kernel) {
        let encodings = encodings()
        for count in [0, 1, 15, 16, 17, encodings.count] {
            let (points, isPoint) = kernel.decode(encodings.prefix(count).map(\.fourWords))
            for index in 0..<count {
                let swift = encodings[index].point
                #expect((isPoint[index] == 1) == (swift != nil), "\(encodings[index].hexadecimal)")
                guard let swift, isPoint[index] == 1 else { continue }
                let limbs = withUnsafeBytes(of: points[index]) { Array($0.bindMemory(to: UInt64.self)) }
                #expect(field(limbs[0..<5]) == swift.x.value)
                #expect(field(limbs[5..<10]) == swift.y.value)
                #expect(field(limbs[10..<15]) == swift.t.value)
            }
        }
    }

    /// The canonical bytes of limbs that may be a little above 51 bits.
    private func field(_ limbs: ArraySlice<UInt64>) -> [UInt8] {
        let radix = FieldElement(1 << 17) * FieldElement(1 << 17) * FieldElement(1 << 17)
        let sum = limbs.reversed().reduce(FieldElement.zero) { sum, limb in
            let high = FieldElement(UInt32(limb >> 32)) * FieldElement(1 << 16) * FieldElement(1 << 16)
            return sum * radix + high + FieldElement(UInt32(truncatingIfNeeded: limb))
        }
        return sum.value
    }

    /// [8](a A + r R + b B) with libsodium's own a A, r R and b B: the sum vanishes only with the right b.
    @Test(arguments: Ed25519Kernel.present, [false, true])
    func sumsAreRight(kernel: Ed25519Kernel, hasShortKeys: Bool) throws {
        var generator = SeededGenerator(seed: 82)
        for count in [1, 7, 8, 9, 16, 40] {
            var bases = [WideScalar](repeating: WideScalar(), count: kernel.lanes)
            let members = try (0..<count).map { index in
                let member = try RandomMember(&generator, isShort: hasShortKeys)
                bases[index % kernel.lanes].add(member.keyScalar, times: member.keyLogarithm)
                bases[index % kernel.lanes].add(
                    member.commitmentScalar,
                    times: member.isNegative ? -member.commitmentLogarithm : member.commitmentLogarithm)
                return member.made(by: kernel)
            }
            var scalars = bases.map { -Scalar(reducing: $0) }
            #expect(kernel.sumsVanish(members, scalars, hasShortKeys: hasShortKeys) == bases.map { _ in true })
            let wrong = count % kernel.lanes
            bases[wrong].add(1, times: try #require(Scalar(canonical: [1, 0, 0, 0])))
            scalars[wrong] = -Scalar(reducing: bases[wrong])
            #expect(
                kernel.sumsVanish(members, scalars, hasShortKeys: hasShortKeys) == bases.indices.map { $0 != wrong })
        }
    }

    /// Points of small order, in codings that are not canonical too, the base point and a random one, times scalars of
    /// long runs: each in every lane, against our Swift arithmetic.
    @Test(arguments: Ed25519Kernel.present, [false, true])
    func hostileSumsAreRight(kernel: Ed25519Kernel, hasShortKeys: Bool) throws {
        var generator = SeededGenerator(seed: 84)
        let base = EdwardsPoint.base.bytes
        var random = generator.bytes(32)
        while random.point == nil { random = generator.bytes(32) }
        let encodings = ZIP215Tests.encodings + [base.span.indices.map { base[$0] }, random]
        var found = [false: 0, true: 0]
        for round in 0..<60 {
            let sums = try (0..<kernel.lanes).map { _ in
                try HostileSum(encodings, hasShortKeys: hasShortKeys, isOfSmallOrder: round % 4 == 0, &generator)
            }
            let members = sums.map { $0.member(by: kernel) }
            let answers = kernel.sumsVanish(members, sums.map(\.baseScalar), hasShortKeys: hasShortKeys)
            for (sum, answer) in zip(sums, answers) {
                #expect(sum.vanishes == answer, "\(sum)")
                found[answer, default: 0] += 1
            }
        }
        #expect(found.values.allSatisfy { $0 > 5 })
    }

    @Test(.enabled(if: Ed25519Kernel.best == .ifma)) func hashesAsSodium() {
        var generator = SeededGenerator(seed: 83)
        for count in [0, 1, 7, 8, 9, 100] {
            let messages = (0..<count).map { _ in generator.bytes(96) }
            let hashes = Ed25519Kernel.ifma.hashes(
                ofMessages: messages.flatMap(\.littleEndianWords))
            #expect(hashes.count == count)
            for (message, hash) in zip(messages, hashes) {
                var expected = [UInt8](repeating: 0, count: 64)
                crypto_hash_sha512(&expected, message, 96)
                #expect(expected.littleEndianWords == (0..<8).map { hash[$0] })
            }
        }
    }
}

extension FieldElement {
    fileprivate var value: [UInt8] {
        let bytes = bytes
        return (0..<32).map { bytes[$0] }
    }
}

/// A key and a commitment of known logarithms, with random scalars.
private struct RandomMember {
    let keyLogarithm, commitmentLogarithm: Scalar
    let keyScalar, commitmentScalar: UInt128
    let isNegative: Bool
    let isShort: Bool
    private let key, commitment: [UInt8]

    init(_ generator: inout SeededGenerator, isShort: Bool) throws {
        func random() throws -> (Scalar, [UInt8]) {
            let scalar = Scalar(reducing: generator.bytes(64).wideScalar)
            let bytes = (0..<32).map { UInt8(truncatingIfNeeded: scalar.words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
            var point = [UInt8](repeating: 0, count: 32)
            try #require(crypto_scalarmult_ed25519_base_noclamp(&point, bytes) == 0)
            return (scalar, point)
        }
        (keyLogarithm, key) = try random()
        (commitmentLogarithm, commitment) = try random()
        keyScalar = UInt128(generator.next()) << 64 | UInt128(generator.next())
        commitmentScalar = UInt128(generator.next()) << 64 | UInt128(generator.next())
        isNegative = generator.next() % 2 == 0
        self.isShort = isShort
    }

    func made(by kernel: Ed25519Kernel) -> Ed25519Member {
        let points = kernel.decode([key, commitment].map(\.fourWords)).points
        // A scalar of full length that is worth the same: with the order added once.
        var words: InlineArray<4, UInt64> = [
            UInt64(truncatingIfNeeded: keyScalar), UInt64(truncatingIfNeeded: keyScalar >> 64), 0, 0,
        ]
        if !isShort {
            var carry = false
            for index in 0..<4 {
                let (first, overflow) = words[index].addingReportingOverflow(Scalar.order[index])
                let (second, again) = first.addingReportingOverflow(carry ? 1 : 0)
                words[index] = second
                carry = overflow || again
            }
        }
        return Ed25519Member(
            key: points[0], times: words, commitment: points[1], times: commitmentScalar, isNegative: isNegative)
    }
}
