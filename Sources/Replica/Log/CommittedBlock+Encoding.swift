internal import Cryptography
internal import Ledger
internal import Primitives
internal import Storage

extension CommittedBlock {
    /// What the block log holds of the block; laid out as `BlockRecord` says.
    package var record: [UInt8] {
        let count = certified.block.transactions.count
        precondition(certified.receipts.count == count && writes.transactionCount == count, "one of each")
        var head = CanonicalEncoder(reservingCapacity: 1024)
        head.encode(header)
        head.encode(certified.certificate)
        let expiries = ExpiryColumn.bytes(of: certified.block.transactions.map(\.expiry))
        let chunks = encodeChunks()
        var preamble = CanonicalEncoder()
        BlockRecordPreamble(
            headByteCount: head.bytes.count, expiriesByteCount: expiries.count, transactionCount: count,
            chunkCount: chunks.table.count
        ).encode(to: &preamble)
        var table = CanonicalEncoder(reservingCapacity: chunks.table.count * BlockChunk.byteCount)
        for chunk in chunks.table { chunk.encode(to: &table) }

        var record: [UInt8] = []
        record.reserveCapacity(1024 + 44 * count + table.bytes.count + chunks.bytes.count)
        for part in [preamble.bytes, head.bytes, encodeIdentities(), expiries, table.bytes] {
            BlockRecord.append(part, to: &record)
        }
        record.append(contentsOf: chunks.bytes)
        return record
    }

    private func encodeIdentities() -> [UInt8] {
        var encoder = CanonicalEncoder(reservingCapacity: certified.block.transactions.count * Digest.byteCount)
        for signed in certified.block.transactions { encoder.encode(signed.identity) }
        return encoder.bytes
    }

    private func encodeChunks() -> (table: [BlockChunk], bytes: [UInt8]) {
        var writer = BlockChunkWriter()
        for (index, signed) in certified.block.transactions.enumerated() {
            writer.append(
                signed, certified.receipts.resultCoding(at: index), writes[transaction: index])
        }
        return writer.finish()
    }
}

/// Gathers entries into chunks.
private struct BlockChunkWriter {
    private var table: [BlockChunk] = []
    private var bytes: [UInt8] = []
    private var plain: [UInt8] = []
    private let compressor = Compressor()
    private var first = 0
    private var next = 0
    private var entry = CanonicalEncoder(reservingCapacity: 1024)
    private var written = CanonicalEncoder(reservingCapacity: 1024)

    /// Takes a transaction with the coding of its receipt, without the identity, and its writes.
    mutating func append(_ signed: SignedTransaction, _ receipt: ArraySlice<UInt8>, _ writes: ArraySlice<StateWrite>) {
        written.bytes.removeAll(keepingCapacity: true)
        WriteCoding.encode(writes, after: signed.contract, to: &written)
        entry.bytes.removeAll(keepingCapacity: true)
        entry.encode(bytes: signed.canonicalBytes)
        entry.encode(length: receipt.count + written.bytes.count)
        entry.bytes.append(contentsOf: receipt)
        entry.bytes.append(contentsOf: written.bytes)
        if !plain.isEmpty, plain.count + entry.bytes.count > ReplicaLimits.recordChunkByteCount { endChunk() }
        plain.append(contentsOf: entry.bytes)
        next += 1
    }

    mutating func finish() -> (table: [BlockChunk], bytes: [UInt8]) {
        if !plain.isEmpty { endChunk() }
        return (table, bytes)
    }

    private mutating func endChunk() {
        let start = bytes.count
        if !compressor.compress(plain, appendingTo: &bytes) { bytes.append(contentsOf: plain) }
        table.append(
            BlockChunk(
                first: first, byteCount: bytes.count - start, plainByteCount: plain.count,
                checksum: Checksum.crc32c(bytes, in: start..<bytes.count)))
        plain.removeAll(keepingCapacity: true)
        first = next
    }
}
