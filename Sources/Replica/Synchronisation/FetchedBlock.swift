package import Ledger
package import Primitives

/// A block as peers give it to those who lack it: with the certificate by which it is believed, and without what
/// execution gives anew.
package struct FetchedBlock: Hashable, Sendable, CanonicalCodable {
    package let header: BlockHeader
    /// As they are coded.
    package let transactions: [[UInt8]]
    package let certificate: BlockCertificate

    package init(header: BlockHeader, transactions: [[UInt8]], certificate: BlockCertificate) {
        self.header = header
        self.transactions = transactions
        self.certificate = certificate
    }

    package init(_ block: CertifiedBlock) {
        self.init(
            header: block.block.header, transactions: block.block.transactions.map(\.canonicalBytes),
            certificate: block.certificate)
    }

    package var byteCount: Int { transactions.reduce(0) { $0 + $1.count } }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(header)
        encoder.encode(UInt32(transactions.count))
        for transaction in transactions { encoder.encode(bytes: transaction) }
        encoder.encode(certificate)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        header = try decoder.decode()
        let start = decoder.offset
        let count: UInt32 = try decoder.decode()
        guard count <= LedgerLimits.blockTransactionCountMax else {
            throw CodingError(.invalid("a block of \(count) transactions"), at: start)
        }
        var transactions: [[UInt8]] = []
        for _ in 0..<count {
            transactions.append(try decoder.decodeBytes(maximum: ReplicaLimits.messageByteCountMax))
        }
        self.transactions = transactions
        certificate = try decoder.decode()
    }
}

/// An answer to somebody who lacks blocks.
package struct FetchedBlocks: Hashable, Sendable, CanonicalCodable {
    /// What was asked for.
    package let first: UInt64
    /// Up to where the sender has blocks.
    package let last: UInt64
    /// From the first one on, as many as the sender gives at once; none if it has none.
    package let blocks: [FetchedBlock]

    package init(first: UInt64, last: UInt64, blocks: [FetchedBlock]) {
        self.first = first
        self.last = last
        self.blocks = blocks
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(first)
        encoder.encode(last)
        encoder.encode(sequence: blocks)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        first = try decoder.decode()
        last = try decoder.decode()
        blocks = try decoder.decodeSequence(maximum: ReplicaLimits.servedBlocksMax, elementByteCountMin: 100)
    }
}
