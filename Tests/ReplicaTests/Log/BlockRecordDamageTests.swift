import Ledger
import Primitives
import Replica
import Storage
import TestSupport
import Testing

/// Records that are not what was written.
@Suite struct BlockRecordDamageTests {
    private let block: CommittedBlock
    private let record: [UInt8]

    init() throws {
        var samples = RecordSamples(seed: 11)
        block = samples.block(count: 3)
        record = block.record
        let chunks = RecordParts(record).chunks
        // What is compressed is tested, too.
        try #require(chunks.count == 1 && chunks[0].bytes.count < Int(chunks[0].plainByteCount))
    }

    private func decode(_ record: [UInt8]) throws(BlockRecordError) -> CommittedBlock {
        try CommittedBlock(record: record, suite: RecordSamples.suite)
    }

    /// What can be read by parts; an error of any other type than the typed one does not compile.
    private func readParts(
        _ record: [UInt8], _ body: (inout BlockRecordReader) throws(BlockRecordError) -> Bool
    ) -> Bool? {
        do throws(BlockRecordError) {
            var reader = try BlockRecordReader(byteCount: record.count) { Array(record[$0]) }
            return try body(&reader)
        } catch { return nil }
    }

    @Test func `every flipped bit is found`() {
        for index in record.indices {
            for bit in 0..<8 {
                var damaged = record
                damaged[index] ^= 1 << bit
                #expect(throws: BlockRecordError.self) { try decode(damaged) }
            }
        }
    }

    /// Damage elsewhere may go unnoticed by who reads a part, but the part is right.
    @Test func `a part is right or not given`() {
        let transactions = block.certified.block.transactions
        for index in record.indices {
            var damaged = record
            damaged[index] ^= 0x10
            let entries = readParts(damaged) { reader throws(BlockRecordError) in
                guard reader.header == block.header, reader.certificate == block.certified.certificate else {
                    return false
                }
                return try reader.entry(at: 1, in: RecordSamples.suite) == block.entry(at: 1)
            }
            #expect(entries != false)
            let columns = readParts(damaged) { reader throws(BlockRecordError) in
                let (identities, expiries) = (try reader.identities(), try reader.expiries())
                return identities == transactions.map(\.identity) && expiries == transactions.map(\.expiry)
            }
            #expect(columns != false)
        }
    }

    @Test func `every cut, and every byte more`() {
        for count in record.indices {
            #expect(throws: BlockRecordError.self) { try decode(Array(record[..<count])) }
        }
        #expect(throws: BlockRecordError.self) { try decode(record + [0]) }
    }

    /// Changes below checksums that match: by who could write them. Nothing traps, and what decodes holds together.
    @Test func `changed parts with right checksums`() throws {
        let parts = RecordParts(record)
        for part in parts.front.indices {
            for index in parts.front[part].indices {
                for mask: UInt8 in [1, 0x80, 0xFF] {
                    var changed = parts
                    changed.front[part][index] ^= mask
                    expectConsistent(changed.record)
                }
            }
        }
        for index in parts.chunks[0].bytes.indices {
            var changed = parts
            changed.chunks[0].bytes[index] ^= 0xFF
            expectConsistent(changed.record)
        }
        for index in parts.table.indices {
            for mask: UInt8 in [1, 0x80, 0xFF] {
                var table = parts.table
                table[index] ^= mask
                #expect(throws: BlockRecordError.self) { try decode(parts.record(table: table)) }
            }
        }
        let plain = try parts.plain(0)
        for index in plain.indices {
            var changed = parts
            changed.chunks[0].bytes = plain
            changed.chunks[0].bytes[index] ^= 0x81
            expectConsistent(changed.record)
        }
    }

    private func expectConsistent(_ record: [UInt8]) {
        guard let decoded = try? decode(record) else { return }
        let count = decoded.certified.block.transactions.count
        #expect(decoded.certified.receipts.count == count && decoded.writes.transactionCount == count)
        #expect(decoded.header.transactionCount == UInt32(count))
        #expect((try? decode(decoded.record)) == decoded)
    }

    @Test func `columns that are not those of the transactions`() {
        for part in [2, 3] {
            var changed = RecordParts(record)
            changed.front[part][changed.front[part].count - 1] ^= 1
            let error = #expect(throws: BlockRecordError.self) { try decode(changed.record) }
            #expect(error?.description.contains("another identity or expiry") == true)
        }
    }

    @Test func `tables that can't be`() {
        let right = RecordParts(record)
        let plain = right.chunks[0].plainByteCount
        let tables: [[RecordParts.Chunk]] = [
            [], right.chunks + right.chunks,
            [RecordParts.Chunk(first: 1, bytes: right.chunks[0].bytes, plainByteCount: plain)],
            [RecordParts.Chunk(first: 0, bytes: right.chunks[0].bytes, plainByteCount: plain - 1)],
            [RecordParts.Chunk(first: 0, bytes: right.chunks[0].bytes, plainByteCount: plain + 1)],
            [RecordParts.Chunk(first: 0, bytes: right.chunks[0].bytes, plainByteCount: 1)],
            [RecordParts.Chunk(first: 0, bytes: right.chunks[0].bytes, plainByteCount: .max)],
            [RecordParts.Chunk(first: 0, bytes: right.chunks[0].bytes, plainByteCount: 512 << 20)],
            [RecordParts.Chunk(first: 0, bytes: [], plainByteCount: 0)],
        ]
        for table in tables {
            var changed = right
            changed.chunks = table
            changed.front[0][16] = UInt8(table.count)
            #expect(throws: BlockRecordError.self) { try decode(changed.record) }
            changed.front[0][16] = 1
            #expect(throws: BlockRecordError.self) { try decode(changed.record) }
        }
        var longer = right
        longer.rest = [0]
        #expect(throws: BlockRecordError.self) { try decode(longer.record) }
    }

    @Test func `an older format is named as such`() {
        var old = record
        old[0] = 1
        let error = #expect(throws: BlockRecordError.self) { try decode(old) }
        #expect(error?.description.contains("made by an older version") == true)
        old[0] = 3
        let newer = #expect(throws: BlockRecordError.self) { try decode(old) }
        #expect(newer?.description.contains("does not know") == true)
    }

    @Test func `random bytes`() {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<2000 {
            let bytes = generator.bytes(Int.random(in: 0..<200, using: &generator))
            #expect(throws: BlockRecordError.self) { try decode(bytes) }
            #expect(throws: BlockRecordError.self) { try decode(Array(record[..<20]) + bytes) }
        }
    }

    @Test func `a disk that fails is named`() {
        let failure = StorageError.notFound(path: "log")
        #expect(throws: BlockRecordError.unreadable(failure)) {
            try BlockRecordReader(byteCount: 100) { (_) throws(StorageError) in throw failure }
        }
        #expect(throws: BlockRecordError.self) { try BlockRecordReader(byteCount: 100) { _ in [] } }
    }
}
