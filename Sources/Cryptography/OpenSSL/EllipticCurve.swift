internal import COpenSSL
internal import Primitives

/// A curve whose keys OpenSSL uses, and the kind of key that it is for.
///
/// `@unchecked Sendable`: group and template are made once, never changed and never freed; OpenSSL may read them on
/// several threads at the same time.
struct EllipticCurve: @unchecked Sendable {
    /// OpenSSL's names. A key on SM2's curve of the kind "EC" would sign ECDSA.
    let keyType, groupName: StaticString
    /// The group's order.
    let order: UInt256
    /// The largest private key.
    let scalarMax: UInt256
    /// `EC_GROUP`.
    let group: OpaquePointer
    /// `EVP_PKEY` with the generator as its public key: copies of it take up other keys faster than new ones are made.
    let template: OpaquePointer

    /// NIST's P-256 (FIPS 186-4, D.1.2.3), also named secp256r1 and prime256v1.
    static let p256: EllipticCurve = {
        let order = UInt256(
            limbs: 0xF3B9_CAC2_FC63_2551, 0xBCE6_FAAD_A717_9E84, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_0000_0000)
        return EllipticCurve("EC", "prime256v1", NID_X9_62_prime256v1, order, scalarMax: order.less(1))
    }()

    /// SM2's recommended curve (GB/T 32918.5-2017). Its private keys end at the order less 2 (GB/T 32918.1, 6.1).
    static let sm2: EllipticCurve = {
        let order = UInt256(
            limbs: 0x53BB_F409_39D5_4123, 0x7203_DF6B_21C6_052B, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFE_FFFF_FFFF)
        return EllipticCurve("SM2", "SM2", NID_sm2, order, scalarMax: order.less(2))
    }()

    private init(
        _ keyType: StaticString, _ groupName: StaticString, _ identifier: Int32, _ order: UInt256, scalarMax: UInt256
    ) {
        guard let group = EC_GROUP_new_by_curve_name(identifier), let generator = EC_GROUP_get0_generator(group),
            let encoded = Self.encode(generator, in: group),
            let template = EllipticKey.make(keyType, groupName, encoded, privateKey: nil)
        else { preconditionFailure("this OpenSSL has no curve \(groupName)") }
        (self.keyType, self.groupName) = (keyType, groupName)
        (self.order, self.scalarMax) = (order, scalarMax)
        (self.group, self.template) = (group, template)
    }

    /// A point's uncompressed form (SEC 1): 4, x, y. Nil for the point at infinity.
    static func encode(_ point: OpaquePointer, in group: OpaquePointer) -> InlineBytes<65>? {
        var output = InlineBytes<65>(repeating: 0)
        let count = output.storage.withMutablePointer {
            EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, $0, 65, nil)
        }
        return count == 65 ? output : nil
    }
}

extension UInt256 {
    fileprivate func less(_ number: UInt64) -> UInt256 { subtractingReportingOverflow(UInt256(number)).partialValue }
}
