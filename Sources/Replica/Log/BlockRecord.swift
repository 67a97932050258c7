internal import Ledger
internal import Primitives
internal import Storage

/// A block in the block log: laid out so that a part can be read without the rest, and compressed.
///
/// | part | bytes |
/// |---|---|
/// | preamble | format version (1), three zeros, lengths of head and expiries (4 each), numbers of transactions and chunks (4 each) |
/// | head | `BlockHeader`, `BlockCertificate` |
/// | identities | 32 for each transaction |
/// | expiries | the least (8), a width from 0 to 8 (1), then for each how much later it is, in that many bytes |
/// | chunk table | `BlockChunk`, 16 for each chunk |
/// | chunks | as the table says |
///
/// Integers are little-endian. Each part but the chunks, whose checksums are in the table, is followed by its CRC-32C.
/// A chunk holds the entries of consecutive transactions, as a Zstandard frame where that is shorter:
///
/// | field of an entry | coding |
/// |---|---|
/// | length of the transaction | ULEB128 |
/// | transaction | `SignedTransaction` |
/// | length of the rest | ULEB128 |
/// | receipt | `Receipt` without the identity |
/// | writes | number, then each |
///
/// A write is coded as `WriteCoding` says.
enum BlockRecord {
    /// Version 1 was the canonical coding of the block as a whole.
    static let formatVersion: UInt8 = 2
    static let checksumByteCount = 4
    static let expiryFrameByteCount = 9

    /// Appends a part and its checksum.
    static func append(_ part: [UInt8], to record: inout [UInt8]) {
        record.append(contentsOf: part)
        var encoder = CanonicalEncoder()
        encoder.encode(Checksum.crc32c(part))
        record.append(contentsOf: encoder.bytes)
    }
}

/// The first bytes of a record, which say where its parts are.
struct BlockRecordPreamble {
    static let byteCount = 20

    let headByteCount: Int
    let expiriesByteCount: Int
    let transactionCount: Int
    let chunkCount: Int

    // MARK: Where the parts are, without their checksums

    var head: Range<Int> { part(after: 0..<Self.byteCount, byteCount: headByteCount) }
    var identities: Range<Int> { part(after: head, byteCount: transactionCount * Digest.byteCount) }
    var expiries: Range<Int> { part(after: identities, byteCount: expiriesByteCount) }
    var table: Range<Int> { part(after: expiries, byteCount: chunkCount * BlockChunk.byteCount) }
    var chunksStart: Int { table.upperBound + BlockRecord.checksumByteCount }

    private func part(after previous: Range<Int>, byteCount: Int) -> Range<Int> {
        let start = previous.upperBound + BlockRecord.checksumByteCount
        return start..<start + byteCount
    }

    // MARK: Coding

    func encode(to encoder: inout CanonicalEncoder) {
        for byte in [BlockRecord.formatVersion, 0, 0, 0] { encoder.encode(byte) }
        for number in [headByteCount, expiriesByteCount, transactionCount, chunkCount] {
            encoder.encode(UInt32(number))
        }
    }
}

extension BlockRecordPreamble {
    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        guard try Self.decodeVersion(from: &decoder) == UInt32(BlockRecord.formatVersion) else {
            throw CodingError(.invalid("a preamble that is not zero where it should be"), at: 1)
        }
        headByteCount = Int(try decoder.decode(UInt32.self))
        expiriesByteCount = Int(try decoder.decode(UInt32.self))
        transactionCount = Int(try decoder.decode(UInt32.self))
        chunkCount = Int(try decoder.decode(UInt32.self))
        guard transactionCount <= LedgerLimits.blockTransactionCountMax, chunkCount <= transactionCount,
            headByteCount <= ReplicaLimits.recordHeadByteCountMax,
            expiriesByteCount <= BlockRecord.expiryFrameByteCount + 8 * transactionCount
        else { throw CodingError(.invalid("a preamble with numbers that no block has"), at: 4) }
    }

    /// The version and what follows it, if the version is known.
    private static func decodeVersion(from decoder: inout CanonicalDecoder) throws(CodingError) -> UInt32 {
        let start: UInt32 = try decoder.decode()
        let version = UInt8(truncatingIfNeeded: start)
        guard version >= BlockRecord.formatVersion else {
            throw CodingError(.invalid("format \(version), made by an older version of this program"), at: 0)
        }
        guard version == BlockRecord.formatVersion else {
            throw CodingError(.invalid("format \(version), which this program does not know"), at: 0)
        }
        return start
    }
}

/// What a record's table says of a chunk.
struct BlockChunk: Hashable {
    static let byteCount = 16

    /// The place in the block of the first transaction in it.
    let first: Int
    /// In the record.
    let byteCount: Int
    /// Decompressed: the same if it is not compressed.
    let plainByteCount: Int
    /// The CRC-32C of the bytes in the record.
    let checksum: UInt32
}

extension BlockChunk: CanonicalCodable {
    func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(UInt32(first))
        encoder.encode(UInt32(byteCount))
        encoder.encode(UInt32(plainByteCount))
        encoder.encode(checksum)
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        first = Int(try decoder.decode(UInt32.self))
        byteCount = Int(try decoder.decode(UInt32.self))
        plainByteCount = Int(try decoder.decode(UInt32.self))
        checksum = try decoder.decode()
    }
}
