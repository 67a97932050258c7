import Primitives
import TestSupport
import Testing

/// Digests, addresses and inline bytes are their bytes: in order, in coding, in text.
@Suite struct FixedBytesTests {
    private func check<Value: FixedBytes>(_ type: Value.Type) throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<500 {
            let left = generator.bytes(Value.byteCount)
            var right = generator.bytes(Value.byteCount)
            // Alike up to a random place, so that every byte decides the order at some time.
            let common = Int.random(in: 0...Value.byteCount, using: &generator)
            right.replaceSubrange(..<common, with: left[..<common])
            let (first, second) = (try #require(Value(left)), try #require(Value(right)))
            #expect(first.bytes == left)
            #expect((first < second) == left.lexicographicallyPrecedes(right))
            #expect((first == second) == (left == right))
            #expect(first.canonicalBytes == left)
            #expect(try Value(canonicalBytes: left) == first)
            #expect(first.description == left.hexadecimal)
            #expect(Value(hexadecimal: first.description) == first)
            #expect(Value(copying: ([1, 2, 3] + left + [4]).span, at: 3) == first)
        }
        #expect(Value([UInt8](repeating: 0, count: Value.byteCount - 1)) == nil)
        #expect(Value([UInt8](repeating: 0, count: Value.byteCount + 1)) == nil)
        #expect(throws: CodingError(.truncated, at: 0)) {
            try Value(canonicalBytes: [UInt8](repeating: 0, count: Value.byteCount - 1))
        }
    }

    @Test func digests() throws { try check(Digest.self) }
    @Test func addresses() throws { try check(Address.self) }
    @Test func inlineBytesOf64() throws { try check(InlineBytes<64>.self) }
    @Test func inlineBytesOf33() throws { try check(InlineBytes<33>.self) }

    @Test func bitsAndNibblesOfADigest() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20 {
            let bytes = generator.bytes(32)
            let digest = try #require(Digest(bytes))
            for index in 0..<256 { #expect(digest.bit(at: index) == (bytes[index / 8] >> (7 - index % 8) & 1 == 1)) }
            for index in 0..<64 {
                #expect(digest.nibble(at: index) == Int(index % 2 == 0 ? bytes[index / 2] >> 4 : bytes[index / 2] & 15))
            }
            #expect(Digest(words: digest.words) == digest)
        }
    }

    @Test func systemAddresses() {
        #expect(Address.system(0x0102).description == "0x0000000000000000000000000000000000000102")
    }

    @Test func hexadecimalTexts() {
        #expect([UInt8](hexadecimal: "0x00fFA1") == [0x00, 0xFF, 0xA1])
        #expect([UInt8](hexadecimal: "00ffa1") == [0x00, 0xFF, 0xA1])
        #expect([UInt8](hexadecimal: "0x") == [])
        #expect([UInt8](hexadecimal: "") == [])
        #expect([UInt8]([0x00, 0xFF, 0xA1]).hexadecimal == "0x00ffa1")
        for bad in ["0", "0x0", "0xg0", "0X00", " 00", "00 ", "0x00\u{FF10}0", "é", "0x0x00", "-1", "+1"] {
            #expect([UInt8](hexadecimal: bad) == nil, "\(bad)")
        }
    }

    @Test func delaysOfAnyLengthLieInTheFuture() {
        #expect(Instant(nanoseconds: 5).advanced(byMilliseconds: 2).nanoseconds == 2_000_005)
        #expect(Instant(nanoseconds: 5).advanced(byMilliseconds: .max).nanoseconds == .max)
        #expect(Instant(nanoseconds: .max - 1).advanced(byMilliseconds: 1).nanoseconds == .max)
        #expect(Instant(nanoseconds: 1 << 40).advanced(byMilliseconds: 18_446_744_073_710).nanoseconds == .max)
    }
}
