/// A point of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2, in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z.
///
/// The formulas (Hisil, Wong, Carter, Dawson 2008) hold for all points of the curve, those of small order included.
struct EdwardsPoint: Sendable {
    var x, y, z, t: FieldElement

    static let d = -FieldElement(121665) * FieldElement(121666).inverted()
    static let doubleD = d + d
    static let identity = EdwardsPoint(x: .zero, y: .one, z: .one, t: .zero)

    var isIdentity: Bool { x.isZero && y == z }

    @inline(__always)
    func doubled() -> EdwardsPoint {
        let a = x.squared()
        let b = y.squared()
        let zz = z.squared()
        let h = a + b
        let e = h - (x + y).squared()
        let g = a - b
        let f = zz + zz + g
        return EdwardsPoint(x: e * f, y: g * h, z: f * g, t: e * h)
    }

    func multipliedByCofactor() -> EdwardsPoint { doubled().doubled().doubled() }
}

/// A point made ready to be added: Y + X, Y - X, 2Z and 2dT.
struct AddableEdwardsPoint: Sendable {
    let sum, difference, doubleZ, doubleDT: FieldElement

    init(_ point: EdwardsPoint) {
        sum = point.y + point.x
        difference = point.y - point.x
        doubleZ = point.z + point.z
        doubleDT = point.t * EdwardsPoint.doubleD
    }

    private init(sum: FieldElement, difference: FieldElement, doubleZ: FieldElement, doubleDT: FieldElement) {
        (self.sum, self.difference, self.doubleZ, self.doubleDT) = (sum, difference, doubleZ, doubleDT)
    }

    static prefix func - (point: Self) -> Self {
        Self(sum: point.difference, difference: point.sum, doubleZ: point.doubleZ, doubleDT: -point.doubleDT)
    }

    @inline(__always)
    static func + (left: EdwardsPoint, right: Self) -> EdwardsPoint {
        let a = (left.y - left.x) * right.difference
        let b = (left.y + left.x) * right.sum
        let c = left.t * right.doubleDT
        let d = left.z * right.doubleZ
        let (e, f, g, h) = (b - a, d - c, d + c, b + a)
        return EdwardsPoint(x: e * f, y: g * h, z: f * g, t: e * h)
    }
}

// MARK: - Coding

extension EdwardsPoint {
    /// Decodes a point by ZIP 215: y may be p or more, and x = 0 may come with a set sign. Nil if there is no such
    /// point on the curve.
    init?(bytes: InlineArray<32, UInt8>) {
        let y = FieldElement(bytes: bytes)
        let yy = y.squared()
        guard var x = Self.squareRoot(ofRatio: yy - .one, to: Self.d * yy + .one) else { return nil }
        if x.isOdd != (bytes[31] >> 7 == 1) { x = -x }
        self.init(x: x, y: y, z: .one, t: x * y)
    }

    /// A square root of u/v (RFC 8032, 5.1.3), or nil if there is none. v is never zero here, as -1/d is no square.
    private static func squareRoot(ofRatio u: FieldElement, to v: FieldElement) -> FieldElement? {
        let v3 = v.squared() * v
        let root = u * v3 * (u * v3.squared() * v).raisedToPMinus5Over8()
        let square = v * root.squared()
        if square == u { return root }
        return square == -u ? root * .squareRootOfMinusOne : nil
    }

    /// The canonical coding (RFC 8032, 5.1.2).
    var bytes: InlineArray<32, UInt8> {
        let inverse = z.inverted()
        var bytes = (y * inverse).bytes
        if (x * inverse).isOdd { bytes[31] |= 0x80 }
        return bytes
    }

    /// The base point: y = 4/5 with x even.
    static let base: EdwardsPoint = {
        guard let point = EdwardsPoint(bytes: (FieldElement(4) * FieldElement(5).inverted()).bytes) else {
            preconditionFailure("4/5 is the y of a point of the curve")
        }
        return point
    }()
}
