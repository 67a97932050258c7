import Primitives
import TestSupport
import Testing

/// Bytes that are no value's coding are refused, with the reason and the place.
@Suite struct HostileDecodingTests {
    @Test(arguments: [
        ("8000", 0), ("ff8000", 0), ("808080808000", 0), ("8080808010", 0), ("ffffffff1f", 0), ("ffffffffff", 0),
        ("ffffffffff01", 0),
    ])
    func lengthsNotShortestOrBeyond32Bits(_ digits: String, _ offset: Int) {
        #expect(throws: CodingError(.nonCanonicalLength, at: offset)) {
            try decode(digits) { decoder in try decoder.decodeVariant() }
        }
    }

    @Test func theLargestVariantDecodes() throws {
        #expect(try decode("ffffffff0f") { decoder in try decoder.decodeVariant() } == .max)
    }

    @Test func everyOtherBooleanByteIsRefused() {
        for byte in UInt8(2)...255 {
            #expect(throws: CodingError(.notABoolean(byte), at: 0)) { try Bool(canonicalBytes: [byte]) }
            #expect(throws: CodingError(.notABoolean(byte), at: 0)) {
                var decoder = CanonicalDecoder([byte, 0])
                _ = try decoder.decodeOption(UInt8.self)
            }
        }
    }

    @Test(arguments: ["01ff", "02c080", "03eda080", "04f4908080", "02c3"])
    func textsThatAreNotUTF8(_ digits: String) {
        let expected = digits == "02c3" ? CodingError(.truncated, at: 0) : CodingError(.notUTF8, at: 0)
        #expect(throws: expected) { try decode(digits) { decoder in try decoder.decodeString(maximum: 10) } }
    }

    @Test func namesAreOfVisibleASCII() throws {
        func name(_ text: String) throws -> String {
            var encoder = CanonicalEncoder()
            encoder.encode(text)
            var decoder = CanonicalDecoder(encoder.bytes)
            return try decoder.decodeName(maximum: 64)
        }
        #expect(try name("transfer!~") == "transfer!~")
        #expect(try name("") == "")
        // The Kelvin sign is equal to K where Swift compares texts.
        #expect("\u{212A}" == "K")
        for bad in ["\u{212A}", "a b", "a\n", "\u{7F}", "é", "\0"] {
            #expect(throws: CodingError.self) { try name(bad) }
        }
    }

    @Test func trailingBytes() {
        #expect(throws: CodingError(.trailingBytes(2), at: 4)) { try UInt32(canonicalBytes: [1, 0, 0, 0, 5, 6]) }
    }

    /// A length far beyond what is there is refused before anything is reserved: a test run would not survive else.
    @Test func lengthBombs() {
        let bomb = "ffffffff07"
        #expect(throws: CodingError(.lengthAboveLimit(length: 2_147_483_647, maximum: 1000), at: 0)) {
            try decode(bomb) { decoder in try decoder.decodeBytes(maximum: 1000) }
        }
        #expect(throws: CodingError(.truncated, at: 0)) {
            try decode(bomb) { decoder in try decoder.decodeBytes(maximum: .max) }
        }
        #expect(throws: CodingError(.truncated, at: 0)) {
            try decode(bomb) { decoder in
                try decoder.decodeSequence(of: Digest.self, maximum: .max, elementByteCountMin: 32)
            }
        }
        #expect(throws: CodingError(.lengthAboveLimit(length: 0xFFFF_FFFF, maximum: 0x7FFF_FFFF), at: 0)) {
            try decode("ffffffff0f") { decoder in try decoder.decodeLength(maximum: .max) }
        }
        // Three elements of two bytes at least do not fit five bytes.
        #expect(throws: CodingError(.truncated, at: 0)) {
            try decode("03 0102030405") { decoder in try decoder.decodeLength(maximum: 10, elementByteCountMin: 2) }
        }
    }

    @Test func depthIsLimited() throws {
        let deepest = Nest(depth: CodingLimits.depthMax + 1)
        #expect(try Nest(canonicalBytes: deepest.canonicalBytes) == deepest)
        let tooDeep = Nest(depth: CodingLimits.depthMax + 2)
        #expect(throws: CodingError(.tooDeep, at: CodingLimits.depthMax + 1)) {
            try Nest(canonicalBytes: tooDeep.canonicalBytes)
        }
        #expect(throws: CodingError(.tooDeep, at: CodingLimits.depthMax + 1)) {
            try Nest(canonicalBytes: [UInt8](repeating: 1, count: 1_000_000))
        }
    }

    /// Each truncation is refused as such, at the start of the part that does not fit any more.
    @Test func truncations() throws {
        let bytes = Everything.sample.canonicalBytes
        #expect(try Everything(canonicalBytes: bytes) == Everything.sample)
        // The number, the amount, the digest, the address, the option's tag and its number.
        let starts = [0, 4, 36, 68, 88, 89]
        for count in bytes.indices {
            let error = #expect(throws: CodingError.self) { try Everything(canonicalBytes: Array(bytes[..<count])) }
            #expect(error?.reason == .truncated, "cut to \(count) bytes: \(String(describing: error))")
            let last = count < 91 ? starts.last { $0 <= count } : error.map { min($0.offset, count) }
            #expect(error?.offset == last, "cut to \(count) bytes")
        }
        // The count of three choices needs two bytes for each.
        #expect(throws: CodingError(.truncated, at: 91)) { try Everything(canonicalBytes: Array(bytes[..<97])) }
    }

    /// Whatever single byte changes: refused, or another value whose coding is just those bytes.
    @Test func mutations() {
        let bytes = Everything.sample.canonicalBytes
        for index in bytes.indices {
            for byte in UInt8.min...UInt8.max where byte != bytes[index] {
                var changed = bytes
                changed[index] = byte
                guard let value = try? Everything(canonicalBytes: changed) else { continue }
                #expect(value.canonicalBytes == changed)
                #expect(value != Everything.sample)
            }
        }
    }

    @Test func randomBytesNeverTrap() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let bytes = generator.bytes(Int.random(in: 0...200, using: &generator))
            guard let value = try? Everything(canonicalBytes: bytes) else { continue }
            #expect(value.canonicalBytes == bytes)
        }
    }

    @Test func aRangeOfAnArrayIsDecodedWithinItsBounds() throws {
        var decoder = CanonicalDecoder([9, 9, 1, 0, 0, 0, 9], in: 2..<6)
        #expect(try decoder.decode(UInt32.self) == 1)
        #expect(decoder.slice(from: 2) == [1, 0, 0, 0])
        #expect(throws: CodingError(.truncated, at: 6)) { try decoder.decode(UInt8.self) }
        try decoder.finish()
    }
}
