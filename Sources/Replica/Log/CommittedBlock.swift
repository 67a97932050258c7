package import Ledger
internal import Primitives

/// A certified block with what its transactions wrote: what the block log holds for each height.
package struct CommittedBlock: Hashable, Sendable {
    package let certified: CertifiedBlock
    /// Of as many transactions as the block has.
    package let writes: BlockWrites

    package init(certified: CertifiedBlock, writes: BlockWrites) {
        self.certified = certified
        self.writes = writes
    }

    /// An executed block with the certificate of its result.
    package init(_ executed: ExecutedBlock, certificate: BlockCertificate) {
        self.init(
            certified: CertifiedBlock(
                block: executed.block, receipts: executed.receipts, certificate: certificate),
            writes: executed.writes)
    }

    package var height: UInt64 { certified.height }
    package var header: BlockHeader { certified.block.header }

    /// One of its transactions with what became of it.
    package func entry(at index: Int) -> BlockEntry {
        BlockEntry(
            transaction: certified.block.transactions[index], receipt: certified.receipts[index],
            writes: Array(writes[transaction: index]))
    }
}

/// A transaction in a block: its result, and what it wrote.
package struct BlockEntry: Hashable, Sendable {
    package let transaction: SignedTransaction
    package let receipt: Receipt
    /// Each key once, in the order of first writes.
    package let writes: [StateWrite]

    package init(transaction: SignedTransaction, receipt: Receipt, writes: [StateWrite]) {
        self.transaction = transaction
        self.receipt = receipt
        self.writes = writes
    }
}
