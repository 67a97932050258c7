import Primitives
import TestSupport
import Testing

@Suite struct RLPTests {
    // MARK: Properties

    @Test func `what is encoded decodes`() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let item = RLPItem.random(depth: 5, using: &generator)
            let bytes = item.rlpBytes
            #expect(try RLPItem(rlp: bytes) == item)
            var decoder = RLPDecoder(bytes)
            #expect(try decoder.skip() == 0..<bytes.count)
            #expect(decoder.isAtEnd)
            // No coding is another one's beginning.
            let cut = Int.random(in: 0..<bytes.count, using: &generator)
            #expect(throws: RLPError.self) { try RLPItem(rlp: Array(bytes[..<cut])) }
        }
    }

    /// Skipping and reading must judge alike, and nothing but the canonical coding may pass.
    @Test func `whatever decodes encodes to the same bytes`() {
        var generator = SeededGenerator(seed: 4)
        var (accepted, refused) = (0, 0)
        for _ in 0..<50_000 {
            var bytes = RLPItem.random(depth: 3, using: &generator).rlpBytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = generator.structuralByte()
            }
            var decoder = RLPDecoder(bytes)
            let skips = (try? decoder.skip()) != nil && decoder.isAtEnd
            let item = try? RLPItem(rlp: bytes)
            #expect(skips == (item != nil))
            if let item { #expect(item.rlpBytes == bytes) }
            if item == nil { refused += 1 } else { accepted += 1 }
        }
        #expect(accepted > 1000 && refused > 1000, "\(accepted) accepted, \(refused) refused")
    }

    @Test func `integers of all lengths`() throws {
        var generator = SeededGenerator(seed: 5)
        for bits in 0...256 {
            for _ in 0..<10 {
                let value = UInt256.random(bits: bits, using: &generator)
                var encoder = RLPEncoder()
                encoder.encode(value)
                var decoder = RLPDecoder(encoder.bytes)
                #expect(try decoder.decodeUInt256() == value)
                #expect(UInt256(bigEndian: value.bigEndianBytes[...]) == value)
                guard bits <= 64 else { continue }
                var small = RLPDecoder(encoder.bytes)
                #expect(try small.decodeUInt64() == value.uint64)
            }
        }
    }

    // MARK: Refusals

    @Test(arguments: [
        ("", RLPError(.truncated, at: 0)), ("81", RLPError(.truncated, at: 0)), ("b8", RLPError(.truncated, at: 0)),
        ("c102ff", RLPError(.trailingBytes(1), at: 2)), ("8100", RLPError(.headerOfSingleByte, at: 0)),
        ("c2817f", RLPError(.headerOfSingleByte, at: 1)), ("b83700", RLPError(.longFormOfShortLength, at: 0)),
        ("b800", RLPError(.leadingZeroInLength, at: 0)), ("f90001", RLPError(.leadingZeroInLength, at: 0)),
        ("bfffffffffffffffff", RLPError(.truncated, at: 0)), ("c3c2c281", RLPError(.truncated, at: 2)),
        ("c28201", RLPError(.truncated, at: 1)),
    ])
    func `what is not canonical is refused, with the place`(_ digits: String, _ error: RLPError) throws {
        let bytes = try #require([UInt8](hexadecimal: digits))
        #expect(throws: error) { try RLPItem(rlp: bytes) }
        #expect(throws: error) {
            var decoder = RLPDecoder(bytes)
            _ = try decoder.skip()
            try decoder.finish()
        }
    }

    @Test func `values of another type are refused`() {
        func expect(_ digits: String, _ reason: RLPError.Reason, _ read: (inout RLPDecoder) throws(RLPError) -> Void) {
            var decoder = RLPDecoder([UInt8](hexadecimal: digits) ?? [])
            let error = #expect(throws: RLPError.self) { try read(&decoder) }
            #expect(error == RLPError(reason, at: 0))
        }
        expect("00", .leadingZeroInInteger) { decoder throws(RLPError) in _ = try decoder.decodeUInt64() }
        expect("820001", .leadingZeroInInteger) { decoder throws(RLPError) in _ = try decoder.decodeUInt256() }
        expect("89010000000000000000", .integerTooLarge(byteCount: 9, maximum: 8)) { decoder throws(RLPError) in
            _ = try decoder.decodeUInt64()
        }
        expect("c0", .notBytes) { decoder throws(RLPError) in _ = try decoder.decodeUInt64() }
        expect("80", .notList) { decoder throws(RLPError) in _ = try decoder.enterList() }
        expect("82aabb", .wrongLength(byteCount: 2, expected: 20)) { decoder throws(RLPError) in
            _ = try decoder.decodeOption(Address.self)
        }
        expect("83aabbcc", .aboveLimit(3, maximum: 2)) { decoder throws(RLPError) in
            _ = try decoder.decodeBytes(maximum: 2)
        }
        expect("c3010203", .aboveLimit(3, maximum: 2)) { decoder throws(RLPError) in
            _ = try decoder.decodeSequence(maximum: 2) { (list) throws(RLPError) in try list.decodeUInt64() }
        }
    }

    @Test func `a list's items are its own`() throws {
        // The second item's header claims a byte of what follows the list.
        var decoder = RLPDecoder([0xC2, 0x01, 0x82, 0xAA, 0xBB])
        #expect(throws: RLPError(.truncated, at: 2)) {
            try decoder.decodeList { (list) throws(RLPError) in
                (try list.decodeUInt64(), try list.decodeBytes(maximum: 9))
            }
        }
        var second = RLPDecoder([0xC2, 0x01, 0x02])
        #expect(throws: RLPError(.trailingBytes(1), at: 2)) {
            try second.decodeList { (list) throws(RLPError) in try list.decodeUInt64() }
        }
    }

    @Test func `depth is limited`() throws {
        var bytes: [UInt8] = RLPItem.nested(RLPLimits.depthMax).rlpBytes
        #expect(try RLPItem(rlp: bytes) == RLPItem.nested(RLPLimits.depthMax))
        bytes = RLPItem.nested(RLPLimits.depthMax + 1).rlpBytes
        #expect(throws: RLPError.self) { try RLPItem(rlp: bytes) }
        var decoder = RLPDecoder(bytes)
        let error = #expect(throws: RLPError.self) { try decoder.skip() }
        #expect(error?.reason == .tooDeep)
    }

    @Test func `a structure is read without a tree`() throws {
        let receiver = try #require(Address(hexadecimal: "0x00112233445566778899aabbccddeeff00112233"))
        var encoder = RLPEncoder()
        encoder.encodeList { list in
            list.encode(7)
            list.encode(option: receiver)
            list.encode(option: Address?.none)
            list.encodeList { for number: UInt64 in [1, 128, 65_536] { $0.encode(number) } }
            list.encode(bytes: [UInt8](repeating: 9, count: 300))
        }
        var decoder = RLPDecoder([0xFF] + encoder.bytes, in: 1..<encoder.bytes.count + 1)
        try decoder.decodeList { (list) throws(RLPError) in
            #expect(try list.decodeUInt64() == 7)
            #expect(try list.decodeOption(Address.self) == receiver)
            #expect(try list.decodeOption(Address.self) == nil)
            let numbers = try list.decodeSequence(maximum: 3) { (item) throws(RLPError) in try item.decodeUInt64() }
            #expect(numbers == [1, 128, 65_536])
            #expect(try list.decodeRange().count == 300)
        }
        try decoder.finish()
    }
}

// MARK: - Random items

extension RLPItem {
    fileprivate static func random(depth: Int, using generator: inout SeededGenerator) -> RLPItem {
        if depth > 0, Bool.random(using: &generator) {
            let count = Int.random(in: 0...5, using: &generator)
            return .list((0..<count).map { _ in random(depth: depth - 1, using: &generator) })
        }
        let counts = [0, 1, 1, 2, 20, 32, 54, 55, 56, 57, 255, 256]
        return .bytes(generator.bytes(counts[Int.random(in: 0..<counts.count, using: &generator)]))
    }

    fileprivate static func nested(_ depth: Int) -> RLPItem {
        (1..<depth).reduce(RLPItem.list([])) { item, _ in .list([item]) }
    }
}

extension SeededGenerator {
    /// Any byte, but most often one that means something in a header.
    fileprivate mutating func structuralByte() -> UInt8 {
        let special: [UInt8] = [0, 1, 0x37, 0x38, 0x7F, 0x80, 0x81, 0xB7, 0xB8, 0xB9, 0xC0, 0xC1, 0xF7, 0xF8, 0xFF]
        let any = UInt8.random(in: 0...255, using: &self)
        return Bool.random(using: &self) ? any : special[Int(any) % special.count]
    }
}

extension UInt256 {
    /// A value of exactly so many bits.
    fileprivate static func random(bits: Int, using generator: inout SeededGenerator) -> UInt256 {
        var bytes = [UInt8](repeating: 0, count: 32)
        for bit in 0..<bits where bit == bits - 1 || Bool.random(using: &generator) {
            bytes[31 - bit / 8] |= 1 << UInt8(bit % 8)
        }
        return UInt256(bigEndian: bytes[...])
    }
}
