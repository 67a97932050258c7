/// A block: its header and its transactions in the order in which they take effect.
package struct Block: Hashable, Sendable {
    package let header: BlockHeader
    package let transactions: [SignedTransaction]

    package init(header: BlockHeader, transactions: [SignedTransaction]) {
        self.header = header
        self.transactions = transactions
    }
}

/// A block with its results and the certificate that vouches for them.
package struct CertifiedBlock: Hashable, Sendable {
    package let block: Block
    /// One for each transaction, in their order.
    package let receipts: Receipts
    package let certificate: BlockCertificate

    package init(block: Block, receipts: Receipts, certificate: BlockCertificate) {
        self.block = block
        self.receipts = receipts
        self.certificate = certificate
    }

    package init(block: Block, receipts: some Sequence<Receipt>, certificate: BlockCertificate) {
        self.init(block: block, receipts: Receipts(receipts), certificate: certificate)
    }

    package var height: UInt64 { block.header.height }
}
