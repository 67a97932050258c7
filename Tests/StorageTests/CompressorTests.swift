import Storage
import Primitives
import TestSupport
import Testing

@Suite struct CompressorTests {
    private let compressor = Compressor()
    private let decompressor = Decompressor()

    private func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        var target: [UInt8] = []
        return compressor.compress(bytes, appendingTo: &target) ? target : nil
    }

    @Test func `what was compressed comes back`() throws {
        var generator = SeededGenerator(seed: 1)
        for count in [16, 40, 1000, 32 << 10, 1 << 20] {
            for alphabet in [1, 2, 3] {
                let bytes = (0..<count).map { _ in UInt8(Int.random(in: 0..<alphabet, using: &generator)) }
                guard let block = compressed(bytes) else {
                    #expect(count <= 40)
                    continue
                }
                #expect(block.count < bytes.count)
                #expect(try decompressor.decompress(block, plainByteCount: count) == bytes)
                #expect(try Decompressor().decompress(block, plainByteCount: count) == bytes)
                #expect(compressed(bytes) == block)
            }
        }
    }

    @Test func `what gets no shorter is left alone`() {
        var generator = SeededGenerator(seed: 2)
        for count in [0, 1, 2, 15, 5000] {
            var target: [UInt8] = [7]
            #expect(!compressor.compress(generator.bytes(count), appendingTo: &target))
            #expect(target == [7])
        }
    }

    @Test func `another length than the stated one`() throws {
        let block = try #require(compressed([UInt8](repeating: 3, count: 1 << 20)))
        #expect(block.count < 200, "a bomb: little that becomes much")
        for count in [0, 1, block.count, (1 << 20) - 1, (1 << 20) + 1, StorageLimits.plainBytesMax] {
            #expect(throws: StorageError.notDecompressible(byteCount: block.count, plainByteCount: count)) {
                try decompressor.decompress(block, plainByteCount: count)
            }
        }
        let above = StorageLimits.plainBytesMax + 1
        #expect(
            throws: StorageError.aboveLimit(
                what: "compressed data", byteCount: above, maximum: StorageLimits.plainBytesMax)
        ) { try decompressor.decompress(block, plainByteCount: above) }
        #expect(throws: StorageError.self) { try decompressor.decompress(block, plainByteCount: -1) }
    }

    @Test func `damaged and foreign bytes give an error or bytes of the stated length`() throws {
        var generator = SeededGenerator(seed: 3)
        let bytes = (0..<3000).map { UInt8(($0 / 7) % 50) ^ UInt8(generator.next() % 3) }
        let block = try #require(compressed(bytes))
        for index in block.indices {
            var damaged = block
            damaged[index] ^= UInt8(1 + generator.next() % 255)
            if let plain = try? decompressor.decompress(damaged, plainByteCount: 3000) {
                #expect(plain.count == 3000)
            }
            #expect(throws: StorageError.self) {
                try decompressor.decompress(Array(block[..<index]), plainByteCount: 3000)
            }
        }
        for count in 0..<500 {
            #expect(throws: StorageError.self) {
                try decompressor.decompress(generator.bytes(count % 60), plainByteCount: count)
            }
        }
        #expect(try decompressor.decompress(block, plainByteCount: 3000) == bytes, "it is still of use")
    }
}
