import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// Signatures that no honest signer makes: their numbers are chosen, and the key or e is made to fit.
@Suite struct SM2ConstructedTests {
    private let scalars = NaiveModular.n
    private let base = SM2AffinePoint.parameters.base
    private let order = SM2AffinePoint.order

    private func compressed(_ point: SM2AffinePoint) -> InlineBytes<33> {
        InlineBytes(copying: point.compressed.span, at: 0)
    }

    private func digest(_ number: UInt256) -> Digest { Digest(copying: number.bigEndianBytes.span, at: 0) }

    /// Our answer, after it is held against OpenSSL's.
    private func answer(e: UInt256, _ key: SM2AffinePoint, r: UInt256, s: UInt256) throws -> Bool {
        let signature = try #require(Signature(r.bigEndianBytes + s.bigEndianBytes))
        let ours = SM2Verification.isValid(e: digest(e), publicKey: compressed(key), signature: signature)
        let theirs = SM2Peer.isValid(e: digest(e), publicKey: compressed(key), signature: signature)
        #expect(ours == theirs, "e \(e), key \(compressed(key)), r \(r), s \(s)")
        return ours
    }

    /// Checks sG + tP with P = dG, where e is made so that the signature is valid. Gives back whether the sum is a
    /// point.
    private func check(s: UInt256, t: UInt256, d: UInt256) throws -> Bool {
        let r = scalars.difference(t, s)
        let key = try #require(SM2Point.multiple(d, of: base).affine)
        let factor = scalars.sum(s, scalars.product(t, d))
        guard let sum = SM2Point.multiple(factor, of: base).affine else {
            for e in [r, .zero, UInt256(1), scalars.difference(r, UInt256(1))] {
                #expect(try !answer(e: e, key, r: r, s: s))
            }
            return false
        }
        let e = scalars.difference(r, scalars.reduced(sum.x.number))
        // r, s and t are in range, or the signature is not valid.
        let isInRange = ![r, s, t].contains(.zero)
        #expect(try answer(e: e, key, r: r, s: s) == isInRange, "s \(s), t \(t), d \(d)")
        #expect(try !answer(e: scalars.sum(e, UInt256(1)), key, r: r, s: s))
        // The same r or s with n added is out of range.
        if let larger = r.adding(order) { #expect(try !answer(e: e, key, r: larger, s: s)) }
        if let larger = s.adding(order) { #expect(try !answer(e: e, key, r: r, s: larger)) }
        // The same e in its other coding.
        if let larger = e.adding(order) { #expect(try answer(e: larger, key, r: r, s: s) == isInRange) }
        return true
    }

    /// Keys G, -G and their small multiples with small s and t: the sums meet the tables' entries in every way.
    @Test func smallNumbersMeetEveryException() throws {
        var infinite = 0
        for d in [-17, -3, -2, -1, 1, 2, 3, 5, 16] {
            for s in [-18, -2, -1, 0, 1, 2, 3, 4, 17] {
                for t in [-33, -6, -1, 0, 1, 2, 3, 34] {
                    let isPoint = try check(s: scalars.number(s), t: scalars.number(t), d: scalars.number(d))
                    #expect(isPoint == (s + t * d != 0))
                    if !isPoint { infinite += 1 }
                }
            }
        }
        #expect(infinite > 20)
    }

    /// sG = tP and sG = -tP with numbers of full size, and sums that stay small for long.
    @Test func equalAndOppositeSummands() throws {
        var generator = SeededGenerator(seed: 67)
        for _ in 0..<50 {
            let (t, d) = (
                UInt256.random(below: scalars, using: &generator), UInt256.random(below: scalars, using: &generator)
            )
            let s = scalars.product(t, d)
            guard ![t, d, s].contains(.zero) else { continue }
            #expect(try check(s: s, t: t, d: d))
            #expect(try !check(s: scalars.negative(s), t: t, d: d))
            for offset in [-1, 1, 2, 255] {
                #expect(try check(s: scalars.sum(scalars.negative(s), scalars.number(offset)), t: t, d: d))
            }
        }
        // With P = G or P = -G the halves of the sum cancel or meet at every step.
        for d in [scalars.number(1), scalars.number(-1)] {
            for _ in 0..<50 {
                let t = UInt256.random(below: scalars, using: &generator)
                let low = UInt256(limbs: t.limb0, t.limb1, 0, 0)
                for s in [t, scalars.negative(t), scalars.difference(t, low), scalars.difference(low, t)] {
                    _ = try check(s: s, t: t, d: d)
                }
            }
        }
    }

    /// The point with the first x from `start` upwards, below p.
    private func point(from start: UInt256) throws -> SM2AffinePoint {
        var x = start
        while true {
            let key = InlineBytes<33>(copying: ([2] + x.bigEndianBytes).span, at: 0)
            if let point = SM2AffinePoint(compressed: key) { return point }
            x = try #require(x.adding(UInt256(1)))
        }
    }

    /// The key for which sG + tP is the given point: P = (point - sG) / t.
    private func key(for point: SM2AffinePoint, s: UInt256, t: UInt256) throws -> SM2AffinePoint {
        let difference = SM2Point.multiple(scalars.negative(s), of: base).adding(point)
        let affine = try #require(difference.affine)
        return try #require(SM2Point.multiple(scalars.inverse(t), of: affine).affine)
    }

    /// x1 from n to p - 1, where e + x1 wraps once more: r - e is x1 - n.
    @Test func largeXIsTakenModuloTheOrder() throws {
        var generator = SeededGenerator(seed: 68)
        let gap = try #require(SM2FieldElement.modulus.subtracting(order))
        let lastX = try #require(SM2FieldElement.modulus.subtracting(UInt256(60)))
        for start in [order, try #require(order.adding(UInt256(1 << 40))), lastX] {
            let point = try point(from: start)
            #expect(point.x.number >= order)
            for _ in 0..<10 {
                let s = UInt256.random(below: scalars, using: &generator)
                let t = UInt256.random(below: scalars, using: &generator)
                let r = scalars.difference(t, s)
                guard ![r, s, t].contains(.zero) else { continue }
                let key = try key(for: point, s: s, t: t)
                let e = scalars.difference(r, scalars.reduced(point.x.number))
                #expect(try answer(e: e, key, r: r, s: s))
                #expect(try !answer(e: scalars.sum(e, UInt256(1)), key, r: r, s: s))
            }
        }
        // A small x1 is no number from n upwards: neither x1 + n nor x1 + p - n may pass for it.
        for start in [UInt256(1), gap] {
            let point = try point(from: start)
            let (s, t) = (UInt256(12_345), UInt256(67_890))
            let r = scalars.difference(t, s)
            let key = try key(for: point, s: s, t: t)
            #expect(try answer(e: scalars.difference(r, point.x.number), key, r: r, s: s))
            let wrong = try #require(point.x.number.adding(gap))
            #expect(try !answer(e: scalars.difference(r, wrong), key, r: r, s: s))
        }
    }
}
