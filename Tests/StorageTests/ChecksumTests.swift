import Storage
import Primitives
import TestSupport
import Testing

/// RFC 3720, appendix B.4: "CRC Examples".
@Suite struct ChecksumTests {
    @Test func `RFC 3720 examples`() {
        let examples: [([UInt8], UInt32)] = [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0...31), 0x46DD_794E),
            ((0...31).reversed(), 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283),
        ]
        for (bytes, expected) in examples {
            #expect(Checksum.crc32c(bytes) == expected)
            #expect(Checksum.crc32cPortable(bytes) == expected)
        }
    }

    @Test func `the instruction and the table agree, whole and in pieces`() {
        var generator = SeededGenerator(seed: 1)
        for count in 0..<300 {
            let bytes = generator.bytes(count)
            #expect(Checksum.crc32c(bytes) == Checksum.crc32cPortable(bytes))
            let cut = Int.random(in: 0...count, using: &generator)
            let first = Checksum.crc32c(bytes, in: 0..<cut)
            #expect(Checksum.crc32c(bytes, in: cut..<count, continuing: first) == Checksum.crc32c(bytes))
        }
    }
}
