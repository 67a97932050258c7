internal import Primitives

/// A point of the curve y^2 = x^3 - 3x + b over the field of p (sm2p256v1, GB/T 32918.5), other than infinity.
///
/// The points and infinity are a group of prime order n: no other point is its own negative.
struct SM2AffinePoint: Hashable, Sendable {
    var x, y: SM2FieldElement

    /// The group's order.
    static let order = UInt256(
        limbs: 0x53BB_F409_39D5_4123, 0x7203_DF6B_21C6_052B, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFE_FFFF_FFFF)

    static prefix func - (point: Self) -> Self { Self(x: point.x, y: -point.y) }

    /// b and the coordinates of the base point G.
    static let parameters = (
        b: element(0xDDBC_BD41_4D94_0E93, 0xF397_89F5_15AB_8F92, 0x4D5A_9E4B_CF65_09A7, 0x28E9_FA9E_9D9F_5E34),
        base: SM2AffinePoint(
            x: element(0x715A_4589_334C_74C7, 0x8FE3_0BBF_F266_0BE1, 0x5F99_0446_6A39_C994, 0x32C4_AE2C_1F19_8119),
            y: element(0x02DF_32E5_2139_F0A0, 0xD0A9_877C_C62A_4740, 0x59BD_CEE3_6B69_2153, 0xBC37_36A2_F4F6_779C))
    )

    private static func element(_ limb0: UInt64, _ limb1: UInt64, _ limb2: UInt64, _ limb3: UInt64) -> SM2FieldElement {
        guard let element = SM2FieldElement(UInt256(limbs: limb0, limb1, limb2, limb3)) else {
            preconditionFailure("the curve's parameters are below p")
        }
        return element
    }
}

// MARK: - Coding

extension SM2AffinePoint {
    /// Decodes the compressed form (GB/T 32918.1, 4.2.10): 2 or 3 by the parity of y, then x, big-endian. Nil unless x
    /// is below p and that of a point.
    init?(compressed bytes: InlineBytes<33>) {
        let prefix = bytes.storage[0]
        guard prefix == 2 || prefix == 3, let x = SM2FieldElement(UInt256(bigEndian: bytes.storage.span, at: 1)),
            let y = (x.squared() * x - (x + x + x) + Self.parameters.b).squareRoot()
        else { return nil }
        // y is not zero, as no point is its own negative.
        self.init(x: x, y: y.isOdd == (prefix == 3) ? y : -y)
    }

    /// x and y, big-endian, after one another.
    var coordinates: InlineArray<64, UInt8> {
        let bytes = x.number.bigEndianBytes + y.number.bigEndianBytes
        return InlineArray { bytes[$0] }
    }
}
