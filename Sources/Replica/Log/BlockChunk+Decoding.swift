internal import Cryptography
internal import Ledger
internal import Primitives
internal import Storage

extension BlockChunk {
    /// The table of a block's chunks: each transaction is in one, each chunk has one, and all lie in `byteCountMax`
    /// bytes; together they hold no more than may be decompressed at once.
    static func table(
        count: Int, of transactionCount: Int, byteCountMax: Int, from decoder: inout CanonicalDecoder
    ) throws(CodingError) -> [BlockChunk] {
        guard (count == 0) == (transactionCount == 0) else {
            throw CodingError(.invalid("chunks without transactions, or transactions without chunks"), at: 0)
        }
        var table: [BlockChunk] = []
        table.reserveCapacity(count)
        var (byteCount, plainByteCount) = (0, 0)
        for _ in 0..<count {
            let start = decoder.offset
            let chunk: BlockChunk = try decoder.decode()
            let isNext = table.last.map { $0.first < chunk.first } ?? (chunk.first == 0)
            byteCount += chunk.byteCount
            plainByteCount += chunk.plainByteCount
            guard isNext, chunk.first < transactionCount, byteCount <= byteCountMax,
                chunk.byteCount > 0, chunk.byteCount <= chunk.plainByteCount,
                plainByteCount <= StorageLimits.plainBytesMax
            else { throw CodingError(.invalid("a chunk that can't be"), at: start) }
            table.append(chunk)
        }
        return table
    }
}

/// Where an entry stands in its chunk's plain bytes.
struct BlockChunkEntry {
    let transaction: Range<Int>
    /// The receipt and the writes.
    let result: Range<Int>

    /// The entries that fill a chunk.
    static func entries(count: Int, in plain: [UInt8]) throws(CodingError) -> [BlockChunkEntry] {
        var decoder = CanonicalDecoder(plain)
        var entries: [BlockChunkEntry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let transaction = try decoder.skipBytes(maximum: LedgerLimits.transactionByteCountMax)
            let result = try decoder.skipBytes(maximum: StorageLimits.plainBytesMax)
            entries.append(BlockChunkEntry(transaction: transaction, result: result))
        }
        try decoder.finish()
        return entries
    }

    func decode(from plain: [UInt8], in suite: Suite) throws(CodingError) -> BlockEntry {
        var decoder = CanonicalDecoder(plain, in: transaction)
        let signed = try SignedTransaction(from: &decoder, suite: suite)
        try decoder.finish()
        decoder = CanonicalDecoder(plain, in: result)
        let receipt = try Receipt(of: signed.identity, resultFrom: &decoder)
        let writes = try WriteCoding.decode(after: signed.contract, from: &decoder)
        try decoder.finish()
        return BlockEntry(transaction: signed, receipt: receipt, writes: writes)
    }
}
