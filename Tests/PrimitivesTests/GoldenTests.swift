import Primitives
import Testing

/// The bytes of fixed values of the types that all others are made of. A line that has to change is a change of every
/// format.
@Suite struct GoldenTests {
    private static let ascending = (0..<64).map { UInt8($0) }

    private static let formats: [(name: String, coding: [UInt8], digits: String)] = [
        ("Bool", true.canonicalBytes + false.canonicalBytes, "0x0100"),
        ("UInt8", UInt8(0xA1).canonicalBytes, "0xa1"), ("UInt16", UInt16(0xA1B2).canonicalBytes, "0xb2a1"),
        ("UInt32", UInt32(0xA1B2_C3D4).canonicalBytes, "0xd4c3b2a1"),
        ("UInt64", UInt64(0xA1B2_C3D4_E5F6_0718).canonicalBytes, "0x1807f6e5d4c3b2a1"),
        (
            "UInt256", UInt256(limbs: 1, 2, 3, 4 << 56).canonicalBytes,
            "0x0100000000000000020000000000000003000000000000000000000000000004"
        ),
        ("Timestamp", Timestamp(milliseconds: 0x0102_0304).canonicalBytes, "0x0403020100000000"),
        (
            "Digest", Digest(copying: ascending.span, at: 0).canonicalBytes,
            "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        ),
        (
            "Address", Address(copying: ascending.span, at: 0).canonicalBytes,
            "0x000102030405060708090a0b0c0d0e0f10111213"
        ),
        ("InlineBytes", InlineBytes<5>(copying: ascending.span, at: 0).canonicalBytes, "0x0001020304"),
    ]

    @Test(arguments: formats) func `codings stay as they are`(_ name: String, _ coding: [UInt8], _ digits: String) {
        #expect(coding.hexadecimal == digits, "\(name) changed")
    }

    @Test func `lengths, options, texts and sequences`() {
        var encoder = CanonicalEncoder()
        for length in [0, 127, 128, 16_384] { encoder.encode(length: length) }
        encoder.encode(variant: 300)
        encoder.encode(UInt16?.none)
        encoder.encode(UInt16?.some(7))
        encoder.encode("é")
        encoder.encode(bytes: [1, 2])
        encoder.encode(sequence: [UInt16(5), 6])
        #expect(encoder.bytes.hexadecimal == "0x007f8001808001ac0200010700" + "02c3a9" + "020102" + "0205000600")
    }

    @Test func `a system contract's address, and an address as a topic`() {
        #expect(Address.system(0x0100).description == "0x0000000000000000000000000000000000000100")
        #expect(
            Address.system(0x0100).topic.description
                == "0x0000000000000000000000000000000000000000000000000000000000000100")
    }
}
