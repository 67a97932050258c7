package import Primitives

/// The check of SM2 signatures (GB/T 32918.2, 7.1) on the curve sm2p256v1, with our own arithmetic, on public data.
///
/// The rule: r and s are 1 ... n - 1; t = r + s mod n is not zero; with (x1, y1) = sG + tP, which is not infinity,
/// r = e + x1 mod n. The key P is the compressed form of a point of the curve. The range is all there is to check of s:
/// unlike ECDSA's (r, n - s), no second signature follows from a valid one without the key.
package enum SM2Verification {
    /// Whether a signature, r and then s, big-endian, is valid for the number `e`, taken modulo n, and the key.
    package static func isValid(e: Digest, publicKey: InlineBytes<33>, signature: Signature) -> Bool {
        guard let point = SM2AffinePoint(compressed: publicKey) else { return false }
        return isValid(e: UInt256(bigEndian: e.inlineBytes.span, at: 0), publicKey: point, signature: signature)
    }

    static func isValid(e: UInt256, publicKey: SM2AffinePoint, signature: Signature) -> Bool {
        let r = UInt256(bigEndian: signature.storage.span, at: 0)
        let s = UInt256(bigEndian: signature.storage.span, at: 32)
        guard !r.isZero, r < SM2AffinePoint.order, !s.isZero, s < SM2AffinePoint.order else { return false }
        // s - (n - r) = r + s - n.
        let t = SM2Scalar.difference(s, SM2Scalar.difference(.zero, r))
        guard !t.isZero else { return false }
        let sum = SM2Point.doubleScalarMultiple(s, t, publicKey)
        return sum.hasX(congruentTo: SM2Scalar.difference(r, SM2Scalar.reduced(e)))
    }
}

/// Numbers modulo the group's order n.
enum SM2Scalar {
    /// The difference modulo n of two numbers below n.
    static func difference(_ left: UInt256, _ right: UInt256) -> UInt256 {
        let (difference, isNegative) = left.subtractingReportingOverflow(right)
        return isNegative ? difference.addingReportingOverflow(SM2AffinePoint.order).partialValue : difference
    }

    /// Any number modulo n: 2^256 is below 2n.
    static func reduced(_ number: UInt256) -> UInt256 { number.subtracting(SM2AffinePoint.order) ?? number }
}

extension SM2Point {
    /// Whether the point is not infinity, and its x equals the number, which is below n, modulo n.
    ///
    /// x is below p, and p is between n and 2n: there are two such x at most. They are compared as X = x Z^2, which
    /// saves an inversion.
    func hasX(congruentTo number: UInt256) -> Bool {
        guard !isInfinity else { return false }
        let zz = z.squared()
        return [number, number.adding(SM2AffinePoint.order)].contains { candidate in
            // Nil if the candidate is p or more.
            candidate.flatMap { SM2FieldElement($0) }.map { $0 * zz == x } ?? false
        }
    }
}
