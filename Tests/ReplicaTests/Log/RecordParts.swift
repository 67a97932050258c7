import Primitives
import Storage

/// A record taken apart by its description, and put together again with checksums that match: knows nothing of the
/// code that it tests.
struct RecordParts {
    struct Chunk {
        var first: UInt32
        var bytes: [UInt8]
        var plainByteCount: UInt32
    }

    /// Preamble, head, identities, expiries.
    var front: [[UInt8]]
    var chunks: [Chunk]
    /// What follows the last chunk.
    var rest: [UInt8] = []

    init(_ record: [UInt8]) {
        func number(_ bytes: [UInt8], _ offset: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        let (head, expiries) = (number(record, 4), number(record, 8))
        let (transactions, chunkCount) = (number(record, 12), number(record, 16))
        var offset = 0
        var parts: [[UInt8]] = []
        for count in [20, head, 32 * transactions, expiries, 16 * chunkCount] {
            parts.append(Array(record[offset..<offset + count]))
            offset += count + 4
        }
        let table = parts.removeLast()
        front = parts
        chunks = []
        for index in 0..<chunkCount {
            let count = number(table, 16 * index + 4)
            chunks.append(
                Chunk(
                    first: UInt32(number(table, 16 * index)), bytes: Array(record[offset..<offset + count]),
                    plainByteCount: UInt32(number(table, 16 * index + 8))))
            offset += count
        }
    }

    var table: [UInt8] {
        var encoder = CanonicalEncoder()
        for chunk in chunks {
            encoder.encode(chunk.first)
            encoder.encode(UInt32(chunk.bytes.count))
            encoder.encode(chunk.plainByteCount)
            encoder.encode(Checksum.crc32c(chunk.bytes))
        }
        return encoder.bytes
    }

    var record: [UInt8] { record(table: table) }

    func record(table: [UInt8]) -> [UInt8] {
        var encoder = CanonicalEncoder()
        for part in front + [table] {
            encoder.bytes += part
            encoder.encode(Checksum.crc32c(part))
        }
        return encoder.bytes + chunks.flatMap(\.bytes) + rest
    }

    /// The plain bytes of a chunk.
    func plain(_ index: Int) throws -> [UInt8] {
        let chunk = chunks[index]
        guard Int(chunk.plainByteCount) != chunk.bytes.count else { return chunk.bytes }
        return try Decompressor().decompress(chunk.bytes, plainByteCount: Int(chunk.plainByteCount))
    }
}
