import Cryptography
import Ledger
import Primitives
import Replica
import Storage
import TestSupport
import Testing

/// What a block's record gives back, whole and by parts.
@Suite struct BlockRecordTests {
    static let shapes: [(count: Int, byteCount: Int)] = [
        (0, 0), (1, 0), (1, 60), (2, 60), (60, 60), (500, 60), (3, 40_000), (40, 3000), (2, 900_000),
    ]

    private func reader(_ record: [UInt8]) throws -> BlockRecordReader {
        try BlockRecordReader(byteCount: record.count) { Array(record[$0]) }
    }

    @Test(arguments: shapes.indices) func `whole records come back`(_ shape: Int) throws {
        var samples = RecordSamples(seed: UInt64(shape) + 1)
        let block = samples.block(count: Self.shapes[shape].count, byteCount: Self.shapes[shape].byteCount)
        let record = block.record
        #expect(try CommittedBlock(record: record, suite: RecordSamples.suite) == block)
        #expect(block.record == record)
        #expect(RecordParts(record).record == record)
    }

    @Test(arguments: shapes.indices) func `parts come back`(_ shape: Int) throws {
        var samples = RecordSamples(seed: UInt64(shape) + 1)
        let block = samples.block(count: Self.shapes[shape].count, byteCount: Self.shapes[shape].byteCount)
        var reader = try reader(block.record)
        #expect(reader.header == block.header && reader.certificate == block.certified.certificate)
        let transactions = block.certified.block.transactions
        #expect(try reader.identities() == transactions.map(\.identity))
        #expect(try reader.expiries() == transactions.map(\.expiry))
        for index in transactions.indices.shuffled(using: &samples.generator) {
            let entry = try reader.entry(at: index, in: RecordSamples.suite)
            #expect(entry == block.entry(at: index))
            #expect(entry.receipt.transaction == transactions[index].identity)
        }
    }

    @Test func `expiries far apart, and all the same`() throws {
        for expiries: [UInt64] in [[5, .max, 0], [.max, .max], [0], [7, 7, 7], [1 << 40, (1 << 40) + 256]] {
            var samples = RecordSamples(seed: 3)
            let template = samples.block(count: 1).certified
            let transactions = expiries.map { milliseconds in
                var transaction = template.block.transactions[0].transaction
                transaction.expiry = Timestamp(milliseconds: milliseconds)
                return SignedTransaction(
                    transaction: transaction, signatures: [],
                    identity: transaction.identity(in: RecordSamples.suite))
            }
            var writes = BlockWrites()
            for _ in transactions { writes.endTransaction() }
            let header = template.block.header
            let counted = BlockHeader(
                group: header.group, height: header.height, parent: header.parent, epoch: 0, executionVersion: 1,
                decision: 1, time: header.time, transactionCount: UInt32(transactions.count), transactionsRoot: .zero)
            let block = CommittedBlock(
                certified: CertifiedBlock(
                    block: Block(header: counted, transactions: transactions),
                    receipts: transactions.map {
                        Receipt(transaction: $0.identity, outcome: .success([]), gasUsed: 1, events: [])
                    }, certificate: template.certificate), writes: writes)
            #expect(try CommittedBlock(record: block.record, suite: RecordSamples.suite) == block)
            #expect(try reader(block.record).expiries() == expiries.map(Timestamp.init(milliseconds:)))
        }
    }

    /// One transaction is read without reading the rest of a large block.
    @Test func `one entry costs a chunk, the columns cost no chunk`() throws {
        var samples = RecordSamples(seed: 4)
        let block = samples.block(count: 5000)
        let record = block.record
        var byteCount = 0
        var reader = try BlockRecordReader(byteCount: record.count) { range in
            byteCount += range.count
            return Array(record[range])
        }
        #expect(try reader.entry(at: 3210, in: RecordSamples.suite) == block.entry(at: 3210))
        #expect(record.count > 1 << 20 && byteCount < 48 << 10)
        byteCount = 0
        _ = try (reader.identities(), reader.expiries())
        #expect(byteCount < 5000 * 36)
        byteCount = 0
        _ = try reader.entry(at: 3210, in: RecordSamples.suite)
        #expect(byteCount == 0, "it keeps the last chunk")
    }

    /// The layout, apart from how well this machine's library packs a chunk.
    @Test func `the format stays`() throws {
        var samples = RecordSamples(seed: 5)
        let parts = RecordParts(samples.block(count: 90, byteCount: 300).record)
        try #require(parts.chunks.count > 1)
        var bytes = parts.front.flatMap { $0 }
        for (index, chunk) in parts.chunks.enumerated() {
            bytes += chunk.first.canonicalBytes + chunk.plainByteCount.canonicalBytes + (try parts.plain(index))
        }
        #expect(
            RecordSamples.suite.hash(bytes).description
                == "0x10624344df5e5b40df45f1d687ddce0d787be2814d14d6f905b547823ccccef3")
    }

    /// A record that was once made is read for ever.
    @Test func `a record of the first days is read`() throws {
        let record = try #require([UInt8](hexadecimal: Self.early))
        var samples = RecordSamples(seed: 6)
        let block = samples.block(count: 2, byteCount: 20)
        #expect(try CommittedBlock(record: record, suite: RecordSamples.suite) == block)
        #expect(RecordParts(record).chunks[0].bytes.count < RecordParts(record).chunks[0].plainByteCount)
    }

    private static let early = """
        0x02000000000200000f000000020000000100000051e8554a010007000000a500000000000000ac019c12967d5b250c14f1f83b\
        6d98e14eec094400dc8cd1ca7df22cc383e4d50000000000000000010000009f1cf42ffaa5655a0068e5cf8b0100000200000096\
        bf5b842eaa2b928f4f79b4796cecd4868df3619cfd715e0f50e4597e9e7ac8ef4ae9800d86607d4b79232f25c1f5c8255d826d2c\
        969b3be1b063466eb63831070000000000000000000000010000009f1cf42ffaa5655aa50000000000000026d4ad97563850345d\
        6506d29acd838d592796f6faa9457b4a511afcac04743d119d009beae1b664bc99178ea047bb39850717f4fa820bfdf5816168fd\
        a31eee041a49aa525e43775676a2427ca21f0fd372276798b0b3e68fa0089efb8868d60000000000000000000000000000000000\
        00000000000000000000000000000002040000000300000000e980711b8cd1998ce0cfc997cdaf24f69fe88df92b87796b5fb9b7\
        690f4c4de5b0ce00ac8aaa000164adee57c1828024e245d0f9c5427ca7f423cea4340244940100000096dd9773d62546dbc9c791\
        f25147b1187b046efba0d030b6c031d9c5faeb438a345723db2a3f96262467fa246247ff0a987265bc88add42fcf4a15c434669c\
        840200000093d37f30131fa4b295d99b31cfd5361f1916d25e45f5c307c28681342e9d6fe54032d36e6513db2ba57358c7510e9e\
        fdbe3a4f10cd72be21e3f71a01ff144f8420ad7d205cecee26df75a66d9cbf8708f82a6e9f3654079669588a4a7e4d52b4d01508\
        c3847046b6dfc00e342a4e877fe8e511f03c816d877ac1a22dc2cd675471a781a1ec3b255894b5e5cf8b010000030000005e3001\
        14c08ed700000000f6010000d3020000c5e8b8a62591c63d28b52ffd60d301650f00941cf801010007000000482009be253f8414\
        bddda8601de65fbfb5a0c47100994690277094505bfe6161d4d9b7aa7b704e14087472616e736665720ee449a3b686eca5146560\
        34e312e6e81bc8ddac0cb72594b5e5cf8b010000a0860100010100017b4b5cfd0bd89b3ce6a7ed543f911ed55e1fa83082a50234\
        b7ba5fbe34ddb3270a474597a48d4a794db86702ac3f219c66dfb92b92a7a044a50fd18c74fdd3c5c7ecd5b494437f6ff52608f3\
        c10469921116a719c1c3421fca96818bc79eb51c7001076e6f46756e647309c3a9e4b8adf09f82a1e242507cd8ed30fc00011447\
        68fd6cb44bc10afd3ae5eb7d0f0b316f80c7d5711ec2010818fe30c29d8e87d8eb01010007000000e38573a6e708c9e8349d9089\
        d7884ec1173003fb01a88591c47b356dbecaf2e5e6cf8b010000a08601010001b532e5b6ba0533da0622efac147a14c08361effc\
        9d6662aaa4e6828b77ce4c401f63bebc2e770a3f792b2b6eff75a0e039adb33d29e31e5482c2f1d0b8d247b62991063cc3048a73\
        14dd6413d23bf788a6b79c065e431e4280877ecfbb5f0fa77a7be7ee747a8d6b480002142c7d16a4138e7401018b3a1766cb4b4d\
        cf0369f19c920111d10f12fb86699b497309b02005381878e10b008eebf0e149326c13130515dc78196eeb1e0338218847c80b54\
        3080191c6401
        """

    @Test func `through the log, buffered and synced`() throws {
        let chain = try SimulatedChain.with()
        var maker = try LedgerMaker(chain)
        let blocks = try maker.decide(try chain.opening.prefix(4).map { try maker.transaction($0) })
        let log = try BlockLog.open(disk: MemoryDisk(), group: 7).log
        for block in blocks { try log.append(block) }
        for _ in 0..<2 {
            for block in blocks {
                #expect(try log.block(at: block.height, in: chain.suite) == block)
                var reader = try #require(try log.reader(at: block.height))
                #expect(try reader.entry(at: 0, in: chain.suite) == block.entry(at: 0))
                #expect(block.writes[transaction: 0].isEmpty == false)
            }
            #expect(try log.reader(at: UInt64(blocks.count) + 1).map { _ in true } == nil)
            try log.sync()
        }
    }
}
