import Primitives
import TestSupport
import Testing

@Suite struct StoreKeyTests {
    private func randomBytes(_ generator: inout SeededGenerator) -> [UInt8] {
        let count =
            [Int.random(in: 0...12, using: &generator), Int.random(in: 55...75, using: &generator)]
            .randomElement(using: &generator) ?? 0
        // Few different bytes, zeros among them, so that keys share prefixes.
        return (0..<count).map { _ in [0, 0, 1, 0xFF].randomElement(using: &generator) ?? 0 }
    }

    @Test func `ordering, equality, prefix and bytes are those of the bytes`() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<30_000 {
            let first = randomBytes(&generator)
            var second = randomBytes(&generator)
            if Bool.random(using: &generator) {
                second = first + second.prefix(3)
            }
            let (left, right) = (StoreKey(first), StoreKey(second))
            #expect(left.bytes == first)
            #expect((left < right) == first.lexicographicallyPrecedes(second))
            #expect((right < left) == second.lexicographicallyPrecedes(first))
            #expect((left == right) == (first == second))
            #expect(right.hasPrefix(left) == second.starts(with: first))
            if first == second { #expect(left.hashValue == right.hashValue) }
        }
    }

    @Test func `a builder gives the key of the joined bytes`() {
        var generator = SeededGenerator(seed: 6)
        var builder = StoreKey.Builder()
        for _ in 0..<2000 {
            let address = InlineBytes<20>(generator.bytes(20)) ?? InlineBytes(repeating: 0)
            let digest = Digest(generator.bytes(32)) ?? .zero
            let rest = generator.bytes(Int.random(in: 0..<40, using: &generator))
            builder.start()
            builder.append(0x0102_0304 as UInt32)
            builder.append(9 as UInt8)
            builder.append(fixedBytes: address)
            builder.append(fixedBytes: digest)
            builder.append(0x0506 as UInt64)
            builder.append(rest)
            let expected = [1, 2, 3, 4, 9] + address.bytes + digest.bytes + [0, 0, 0, 0, 0, 0, 5, 6] + rest
            #expect(builder.key == StoreKey(expected))
            #expect(builder.key.bytes == expected)
        }
    }
}

/// Parts of keys, held against the bytes.
@Suite struct StoreKeyPartTests {
    @Test func `prefixes and joined keys are those of the bytes`() {
        var generator = SeededGenerator(seed: 4)
        for count in [0, 1, 7, 8, 9, 45, 63, 64, 65, 80, 128] {
            let bytes = generator.bytes(count)
            for kept in 0...count { #expect(StoreKey(bytes).prefix(kept) == StoreKey(Array(bytes[..<kept]))) }
            for other in [0, 1, 8, 20, 64, 70] {
                let more = generator.bytes(other)
                var joined = StoreKey(bytes)
                joined.append(StoreKey(more))
                #expect(joined == StoreKey(bytes + more) && joined.bytes == bytes + more)
                for start in [0, 1, 7, 8, 20, 63, 64, 65] where start <= count {
                    var part: [UInt8] = [9]
                    StoreKey(bytes).appendBytes(from: start, to: &part)
                    #expect(part == [9] + bytes[start...])
                }
            }
        }
    }
}
