package import Cryptography
package import Primitives

/// A block: its header and its transactions in the order in which they take effect.
package struct Block: Hashable, Sendable {
    package let header: BlockHeader
    package let transactions: [SignedTransaction]

    package init(header: BlockHeader, transactions: [SignedTransaction]) {
        self.header = header
        self.transactions = transactions
    }
}

/// A block with its results and the certificate that vouches for them: what the block log holds for each height.
package struct CertifiedBlock: Hashable, Sendable, CanonicalEncodable {
    package static let formatVersion: UInt8 = 1

    package let block: Block
    /// One for each transaction, in their order. Invariant: as many as transactions, if decoded.
    package let receipts: [Receipt]
    package let certificate: BlockCertificate

    package init(block: Block, receipts: [Receipt], certificate: BlockCertificate) {
        self.block = block
        self.receipts = receipts
        self.certificate = certificate
    }

    package var height: UInt64 { block.header.height }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(block.header)
        encoder.encode(sequence: block.transactions)
        encoder.encode(sequence: receipts)
        encoder.encode(certificate)
    }

    package init(canonicalBytes bytes: [UInt8], suite: Suite) throws(CodingError) {
        var decoder = CanonicalDecoder(bytes)
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("block record version \(version) is not known"), at: 0)
        }
        let header: BlockHeader = try decoder.decode()
        let start = decoder.offset
        let count = try decoder.decodeLength(
            maximum: LedgerLimits.blockTransactionCountMax, elementByteCountMin: SignedTransaction.byteCountMin)
        var transactions: [SignedTransaction] = []
        transactions.reserveCapacity(count)
        for _ in 0..<count { transactions.append(try SignedTransaction(from: &decoder, suite: suite)) }
        block = Block(header: header, transactions: transactions)
        receipts = try decoder.decodeSequence(
            maximum: LedgerLimits.blockTransactionCountMax, elementByteCountMin: Receipt.byteCountMin)
        guard header.transactionCount == UInt32(count), receipts.count == count else {
            throw CodingError(
                .invalid("a block whose header counts other transactions, or with more or fewer receipts"), at: start)
        }
        certificate = try decoder.decode()
        try decoder.finish()
    }
}
