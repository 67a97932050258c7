package import Cryptography
package import Ledger
package import Primitives
package import Storage

/// Reads a block's record by parts, each checked by its checksum; see `BlockRecord` for the layout.
///
/// It keeps the chunk that it read last, so that transactions next to each other cost one.
package struct BlockRecordReader {
    package let header: BlockHeader
    package let certificate: BlockCertificate
    private let read: RangeRead
    private let byteCount: Int
    private let preamble: BlockRecordPreamble
    /// The first bytes of the record, which most often hold all that is not in chunks of a small block.
    private let front: [UInt8]
    private let decompressor = Decompressor()
    private var table: [BlockChunk]?
    private var chunk: (index: Int, entries: [BlockChunkEntry], plain: [UInt8])?

    package var transactionCount: Int { preamble.transactionCount }

    /// Reads the preamble and the head of a record of `byteCount` bytes.
    package init(byteCount: Int, read: @escaping RangeRead) throws(BlockRecordError) {
        self.byteCount = byteCount
        self.read = read
        front = try Self.bytes(0..<min(byteCount, ReplicaLimits.recordFrontByteCount), by: read)
        var source = try Self.part("preamble", 0..<BlockRecordPreamble.byteCount, byteCount, front, read)
        let preamble = try Self.decoding("preamble") { () throws(CodingError) in
            // The version first: only then is it known where a checksum should be.
            try BlockRecordPreamble(from: &source.decoder)
        }
        try source.check("preamble")
        self.preamble = preamble
        var head = try Self.part("head", preamble.head, byteCount, front, read)
        try head.check("head")
        (header, certificate) = try Self.decoding("head") { () throws(CodingError) in
            let decoded = (try head.decoder.decode(BlockHeader.self), try head.decoder.decode(BlockCertificate.self))
            try head.decoder.finish()
            guard decoded.0.transactionCount == UInt32(preamble.transactionCount) else {
                throw CodingError(.invalid("a header that counts other transactions"), at: 0)
            }
            return decoded
        }
    }

    // MARK: Columns

    /// The identities of the block's transactions, in their order.
    package func identities() throws(BlockRecordError) -> [Digest] {
        var source = try checkedPart("identities", preamble.identities)
        var identities: [Digest] = []
        identities.reserveCapacity(transactionCount)
        return try Self.decoding("identities") { () throws(CodingError) in
            for _ in 0..<transactionCount { identities.append(try source.decoder.decode()) }
            return identities
        }
    }

    /// When the block's transactions expire, in their order.
    package func expiries() throws(BlockRecordError) -> [Timestamp] {
        var source = try checkedPart("expiries", preamble.expiries)
        return try Self.decoding("expiries") { () throws(CodingError) in
            try ExpiryColumn.expiries(count: transactionCount, from: &source.decoder)
        }
    }

    // MARK: Entries

    /// A transaction by its place in the block, which must have it, with its result and what it wrote.
    package mutating func entry(at index: Int, in suite: Suite) throws(BlockRecordError) -> BlockEntry {
        precondition(index >= 0 && index < transactionCount, "the block has no such transaction")
        let table = try loadTable()
        let (number, offset) = Self.place(of: index, in: table)
        try loadChunk(number, at: offset, table)
        guard let chunk else { preconditionFailure("the chunk was just read") }
        let place = chunk.entries[index - table[number].first]
        return try Self.decoding("chunk \(number)") { () throws(CodingError) in
            try place.decode(from: chunk.plain, in: suite)
        }
    }

    /// All entries, in their order. Besides, checks that the record ends where its last chunk does.
    mutating func entries(in suite: Suite) throws(BlockRecordError) -> [BlockEntry] {
        let table = try loadTable()
        let end = table.reduce(preamble.chunksStart) { $0 + $1.byteCount }
        guard end == byteCount else {
            throw .damaged(part: "chunk table", CodingError(.trailingBytes(byteCount - end), at: 0))
        }
        var entries: [BlockEntry] = []
        entries.reserveCapacity(transactionCount)
        for index in 0..<transactionCount { entries.append(try entry(at: index, in: suite)) }
        return entries
    }

    /// The chunk that holds a transaction, and how far its bytes are from those of the first.
    private static func place(of index: Int, in table: [BlockChunk]) -> (number: Int, offset: Int) {
        var (number, offset) = (0, 0)
        while number + 1 < table.count, table[number + 1].first <= index {
            offset += table[number].byteCount
            number += 1
        }
        return (number, offset)
    }

    private mutating func loadTable() throws(BlockRecordError) -> [BlockChunk] {
        if let table { return table }
        var source = try checkedPart("chunk table", preamble.table)
        let (count, limit) = (preamble.chunkCount, byteCount - preamble.chunksStart)
        let loaded = try Self.decoding("chunk table") { () throws(CodingError) in
            try BlockChunk.table(count: count, of: transactionCount, byteCountMax: limit, from: &source.decoder)
        }
        table = loaded
        return loaded
    }

    private mutating func loadChunk(
        _ number: Int, at offset: Int, _ table: [BlockChunk]
    ) throws(BlockRecordError) {
        if let chunk, chunk.index == number { return }
        let described = table[number]
        let start = preamble.chunksStart + offset
        let bytes = try Self.bytes(start..<start + described.byteCount, front, by: read)
        guard Checksum.crc32c(bytes) == described.checksum else {
            throw .damaged(part: "chunk \(number)", CodingError(.invalid("its checksum does not match"), at: 0))
        }
        let plain = try plain(described, bytes)
        let end = number + 1 < table.count ? table[number + 1].first : transactionCount
        let entries = try Self.decoding("chunk \(number)") { () throws(CodingError) in
            try BlockChunkEntry.entries(count: end - described.first, in: plain)
        }
        chunk = (number, entries, plain)
    }

    private func plain(_ chunk: BlockChunk, _ bytes: [UInt8]) throws(BlockRecordError) -> [UInt8] {
        guard chunk.plainByteCount != chunk.byteCount else { return bytes }
        do throws(StorageError) {
            return try decompressor.decompress(bytes, plainByteCount: chunk.plainByteCount)
        } catch { throw .unreadable(error) }
    }
}

// MARK: - Parts

/// A part's bytes, with the checksum after them.
private struct RecordPart {
    let bytes: [UInt8]
    var decoder: CanonicalDecoder

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        decoder = CanonicalDecoder(bytes, in: 0..<bytes.count - BlockRecord.checksumByteCount)
    }

    func check(_ name: String) throws(BlockRecordError) {
        let content = 0..<bytes.count - BlockRecord.checksumByteCount
        var stored = CanonicalDecoder(bytes, in: content.upperBound..<bytes.count)
        guard (try? stored.decode(UInt32.self)) == Checksum.crc32c(bytes, in: content) else {
            throw .damaged(part: name, CodingError(.invalid("its checksum does not match"), at: 0))
        }
    }
}

extension BlockRecordReader {
    private func checkedPart(_ name: String, _ range: Range<Int>) throws(BlockRecordError) -> RecordPart {
        let part = try Self.part(name, range, byteCount, front, read)
        try part.check(name)
        return part
    }

    private static func part(
        _ name: String, _ range: Range<Int>, _ byteCount: Int, _ front: [UInt8], _ read: RangeRead
    ) throws(BlockRecordError) -> RecordPart {
        let whole = range.lowerBound..<range.upperBound + BlockRecord.checksumByteCount
        guard whole.upperBound <= byteCount else {
            throw .damaged(part: name, CodingError(.truncated, at: max(0, byteCount - range.lowerBound)))
        }
        return RecordPart(try bytes(whole, front, by: read))
    }

    /// The record's bytes, from the front if they are there.
    private static func bytes(
        _ range: Range<Int>, _ front: [UInt8] = [], by read: RangeRead
    ) throws(BlockRecordError) -> [UInt8] {
        if range.upperBound <= front.count { return Array(front[range]) }
        let bytes: [UInt8]
        do throws(StorageError) { bytes = try read(range) } catch { throw .unreadable(error) }
        guard bytes.count == range.count else {
            throw .damaged(part: "bytes from \(range.lowerBound) on", CodingError(.truncated, at: bytes.count))
        }
        return bytes
    }

    private static func decoding<Value>(
        _ part: String, _ body: () throws(CodingError) -> Value
    ) throws(BlockRecordError) -> Value {
        do throws(CodingError) { return try body() } catch { throw .damaged(part: part, error) }
    }
}
