/// A point of the curve, or infinity, in Jacobian coordinates: x = X/Z^2, y = Y/Z^3, and Z = 0 at infinity.
///
/// Every sum is right, whatever its operands: attackers choose them. Not for secrets: the time tells which case it was.
struct SM2Point: Sendable {
    private(set) var x, y, z: SM2FieldElement

    static let infinity = SM2Point(x: .one, y: .one, z: .zero)

    private init(x: SM2FieldElement, y: SM2FieldElement, z: SM2FieldElement) { (self.x, self.y, self.z) = (x, y, z) }

    init(_ point: SM2AffinePoint) { self.init(x: point.x, y: point.y, z: .one) }

    init(_ point: SM2AddablePoint) { self.init(x: point.x, y: point.y, z: point.z) }

    var isInfinity: Bool { z.isZero }

    /// Twice the point (Hankerson, Menezes, Vanstone 2004, algorithm 3.21). Infinity stays what it is, and no other
    /// point is its own negative.
    @inline(never)
    func doubled() -> SM2Point {
        let zz = z.squared()
        let difference = (x - zz) * (x + zz)
        let slope = difference + difference + difference
        let doubleY = y + y
        let fourYY = doubleY.squared()
        let fourXYY = x * fourYY
        let newX = slope.squared() - (fourXYY + fourXYY)
        let newY = slope * (fourXYY - newX) - fourYY.squared().halved()
        return SM2Point(x: newX, y: newY, z: doubleY * z)
    }

    /// The sum with a point whose Z is 1.
    @inline(never)
    func adding(_ other: SM2AffinePoint) -> SM2Point {
        if isInfinity { return SM2Point(other) }
        let zz = z.squared()
        return sum(
            x1: x, y1: y, x2: other.x * zz, y2: other.y * (z * zz), productOfZ: z)
    }

    @inline(never)
    func adding(_ other: SM2AddablePoint) -> SM2Point {
        if isInfinity { return SM2Point(other) }
        if other.z.isZero { return self }
        let zz = z.squared()
        return sum(
            x1: x * other.zz, y1: y * other.zzz, x2: other.x * zz, y2: other.y * (z * zz), productOfZ: z * other.z)
    }

    /// The sum of `self` and a point, neither of them infinity, where (x1, y1) and (x2, y2) are their X and Y brought
    /// to one Z, the product of theirs.
    @inline(__always)
    private func sum(
        x1: SM2FieldElement, y1: SM2FieldElement, x2: SM2FieldElement, y2: SM2FieldElement, productOfZ: SM2FieldElement
    ) -> SM2Point {
        let h = x2 - x1
        let r = y2 - y1
        // The formula fails for equal x: then the points are equal, or each other's negative.
        if h.isZero { return r.isZero ? doubled() : .infinity }
        let hh = h.squared()
        let hhh = h * hh
        let v = x1 * hh
        let newX = r.squared() - hhh - (v + v)
        return SM2Point(x: newX, y: r * (v - newX) - y1 * hhh, z: productOfZ * h)
    }
}

/// A point made ready to be added often: with the powers of its Z.
struct SM2AddablePoint: Sendable {
    let x: SM2FieldElement
    private(set) var y: SM2FieldElement
    let z, zz, zzz: SM2FieldElement

    init(_ point: SM2Point) {
        (x, y, z) = (point.x, point.y, point.z)
        zz = z.squared()
        zzz = z * zz
    }

    static prefix func - (point: Self) -> Self {
        var negative = point
        negative.y = -point.y
        return negative
    }
}

// MARK: - Affine coordinates

extension SM2AffinePoint {
    /// The affine forms of points, none of them infinity, with one inversion for all (Montgomery 1987).
    static func normalized(_ points: [SM2Point]) -> [SM2AffinePoint] {
        var products: [SM2FieldElement] = [.one]
        for point in points { products.append(products[products.count - 1] * point.z) }
        var inverse = products[points.count].inverted()
        var normalized: [SM2AffinePoint] = []
        for index in points.indices.reversed() {
            let point = points[index]
            let inverseZ = inverse * products[index]
            let square = inverseZ.squared()
            inverse = inverse * point.z
            normalized.append(SM2AffinePoint(x: point.x * square, y: point.y * (square * inverseZ)))
        }
        return normalized.reversed()
    }
}
