internal import Cryptography
package import Ledger
package import Primitives

/// A certified block with its receipts, as peers give it to those who join: all of it that anybody has signed.
package struct TailBlock: Hashable, Sendable, CanonicalCodable {
    package let block: FetchedBlock
    /// As they are coded: one for each transaction.
    package let receipts: [[UInt8]]

    package init(_ certified: CertifiedBlock) {
        block = FetchedBlock(certified)
        receipts = certified.receipts.indices.map { Array(certified.receipts.coding(at: $0)) }
    }

    package var byteCount: Int { block.byteCount + receipts.reduce(0) { $0 + $1.count } }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(block)
        for receipt in receipts { encoder.encode(bytes: receipt) }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        block = try decoder.decode()
        var receipts: [[UInt8]] = []
        for _ in block.transactions {
            receipts.append(try decoder.decodeBytes(maximum: ReplicaLimits.messageByteCountMax))
        }
        self.receipts = receipts
    }

    /// What it is if its parts decode.
    func certified(in suite: Suite) throws(CodingError) -> CertifiedBlock {
        var transactions: [SignedTransaction] = []
        var decoded: [Receipt] = []
        for (bytes, receipt) in zip(block.transactions, receipts) {
            transactions.append(try SignedTransaction(canonicalBytes: bytes, suite: suite))
            decoded.append(try Receipt(canonicalBytes: receipt))
        }
        return CertifiedBlock(
            block: Block(header: block.header, transactions: transactions), receipts: decoded,
            certificate: block.certificate)
    }
}

/// An answer to somebody who lacks the blocks before a snapshot.
package struct FetchedTail: Hashable, Sendable, CanonicalCodable {
    /// What was asked for.
    package let height: UInt64
    /// From that height on downwards, as many as the sender gives at once; none if it has none.
    package let blocks: [TailBlock]

    package init(height: UInt64, blocks: [TailBlock]) {
        self.height = height
        self.blocks = blocks
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(height)
        encoder.encode(sequence: blocks)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        height = try decoder.decode()
        blocks = try decoder.decodeSequence(maximum: ReplicaLimits.servedTailBlocksMax, elementByteCountMin: 100)
    }
}
