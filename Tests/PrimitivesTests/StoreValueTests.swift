import Primitives
import TestSupport
import Testing

/// Values in place and in arrays, held against the bytes that they are made of.
@Suite struct StoreValueTests {
    @Test func `every length gives back its bytes`() {
        var generator = SeededGenerator(seed: 1)
        for count in 0...3 * StoreValue.inlineByteCount {
            let bytes = generator.bytes(count)
            let value = StoreValue(bytes)
            #expect(value.bytes == bytes && value.count == count)
            var appended: [UInt8] = [1, 2, 3]
            value.append(to: &appended)
            #expect(appended == [1, 2, 3] + bytes)
            var encoder = CanonicalEncoder()
            encoder.encode(bytes: value)
            var expected = CanonicalEncoder()
            expected.encode(bytes: bytes)
            #expect(encoder.bytes == expected.bytes)
        }
    }

    @Test func `equal if the bytes are`() {
        var generator = SeededGenerator(seed: 2)
        for count in [0, 1, 7, 8, 9, 33, 39, 40, 41, 64, 200] {
            let bytes = generator.bytes(count)
            #expect(StoreValue(bytes) == StoreValue(bytes))
            #expect(StoreValue(bytes).hashValue == StoreValue(bytes).hashValue)
            // Zeros at the end count, although what is not used is zero too.
            #expect(StoreValue(bytes) != StoreValue(bytes + [0]))
            for index in bytes.indices {
                var other = bytes
                other[index] ^= 1
                #expect(StoreValue(bytes) != StoreValue(other))
            }
        }
    }

    @Test func `words are the bytes`() {
        let value = StoreValue(words: [0x0807_0605_0403_0201, 9, 0, 0, 0], count: 9)
        #expect(value == StoreValue([1, 2, 3, 4, 5, 6, 7, 8, 9]))
    }

    @Test func `a key is read as its bytes`() throws {
        var generator = SeededGenerator(seed: 3)
        for count in [0, 1, 7, 8, 15, 16, 63, 64, 65, 100] {
            let bytes = generator.bytes(count)
            var encoder = CanonicalEncoder()
            encoder.encode(bytes: bytes)
            var decoder = CanonicalDecoder(encoder.bytes + [7])
            #expect(try decoder.decodeKey(maximum: 100) == StoreKey(bytes))
            #expect(try decoder.decode(UInt8.self) == 7)
            decoder = CanonicalDecoder(Array(encoder.bytes.dropLast()))
            #expect(throws: CodingError.self) { try decoder.decodeKey(maximum: 100) }
            decoder = CanonicalDecoder(encoder.bytes)
            if count > 0 { #expect(throws: CodingError.self) { try decoder.decodeKey(maximum: count - 1) } }
        }
    }
}
