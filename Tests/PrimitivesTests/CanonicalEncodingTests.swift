import Primitives
import Testing

/// The examples of Diem's BCS specification (README of the `bcs` crate, sections "ULEB128-Encoded Integers" to
/// "Structures"), and what it demands of maps, which sets follow.
@Suite struct CanonicalEncodingTests {
    @Test(arguments: [
        (0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (16384, "808001"), (2_097_152, "80808001"),
        (268_435_456, "8080808001"), (9487, "8f4a"), (2_147_483_647, "ffffffff07"),
    ])
    func lengths(_ length: Int, _ expected: String) throws {
        var encoder = CanonicalEncoder()
        encoder.encode(variant: UInt32(length))
        #expect(encoder.bytes.hexadecimal == "0x" + expected)
        var decoder = CanonicalDecoder(encoder.bytes)
        #expect(try decoder.decodeVariant() == UInt32(length))
        try decoder.finish()
    }

    @Test func booleans() throws {
        #expect(true.canonicalBytes == [1])
        #expect(false.canonicalBytes == [0])
    }

    @Test func integersAreLittleEndian() throws {
        #expect(UInt8(1).canonicalBytes == [0x01])
        #expect(UInt16(4660).canonicalBytes == [0x34, 0x12])
        #expect(UInt32(305_419_896).canonicalBytes == [0x78, 0x56, 0x34, 0x12])
        #expect(UInt64(0x1234_5678_9ABC_DEF0).canonicalBytes == [0xF0, 0xDE, 0xBC, 0x9A, 0x78, 0x56, 0x34, 0x12])
        #expect(try UInt64(canonicalBytes: [0xF0, 0xDE, 0xBC, 0x9A, 0x78, 0x56, 0x34, 0x12]) == 0x1234_5678_9ABC_DEF0)
    }

    @Test func options() throws {
        var encoder = CanonicalEncoder()
        encoder.encode(UInt8(8) as UInt8?)
        encoder.encode(nil as UInt8?)
        #expect(encoder.bytes == [1, 8, 0])
    }

    @Test func fixedAndVariableSequences() throws {
        var encoder = CanonicalEncoder()
        for number: UInt16 in [1, 2, 3] { encoder.encode(number) }
        encoder.encode(sequence: [UInt16(1), 2])
        #expect(encoder.bytes == [1, 0, 2, 0, 3, 0, 2, 1, 0, 2, 0])
        #expect(
            try decode("020100 0200") { decoder in try decoder.decodeSequence(of: UInt16.self, maximum: 2) } == [1, 2])
    }

    /// "çå∞≠¢õß∂ƒ∫", 10 characters in 24 bytes.
    @Test func strings() throws {
        let text = "çå∞≠¢õß∂ƒ∫"
        let expected = "18c3a7c3a5e2889ee289a0c2a2c3b5c39fe28882c692e288ab"
        var encoder = CanonicalEncoder()
        encoder.encode(text)
        #expect(encoder.bytes.hexadecimal == "0x" + expected)
        #expect(try decode(expected) { decoder in try decoder.decodeString(maximum: 24) } == text)
    }

    /// The specification's `MyStruct { boolean: true, bytes: C0 DE, label: "a" }` and the `Wrapper` around it.
    @Test func structures() throws {
        let inner = MyStruct(boolean: true, bytes: [0xC0, 0xDE], label: "a")
        #expect(inner.canonicalBytes == [1, 2, 0xC0, 0xDE, 1, 0x61])
        let outer = Wrapper(inner: inner, name: "b")
        #expect(outer.canonicalBytes == inner.canonicalBytes + [1, 0x62])
        #expect(try Wrapper(canonicalBytes: outer.canonicalBytes) == outer)
    }

    /// The specification's `enum E { Variant0(u16), Variant1(u8), Variant2(String) }`.
    @Test func enumerations() throws {
        #expect(Choice.variant0(8000).canonicalBytes == [0, 0x40, 0x1F])
        #expect(Choice.variant1(255).canonicalBytes == [1, 0xFF])
        #expect(Choice.variant2("e").canonicalBytes == [2, 1, 0x65])
        for choice in [Choice.variant0(8000), .variant1(255), .variant2("e")] {
            #expect(try Choice(canonicalBytes: choice.canonicalBytes) == choice)
        }
        #expect(throws: CodingError(.unknownVariant(3), at: 0)) { try Choice(canonicalBytes: [3, 0]) }
    }
}
