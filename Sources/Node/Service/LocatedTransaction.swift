package import Ledger
package import Primitives
package import Replica

/// A committed transaction with its place, and what a reader wants to know of its block.
package struct LocatedTransaction: Sendable {
    package let header: BlockHeader
    package let blockHash: Digest
    /// Its place in the block.
    package let index: Int
    package let entry: BlockEntry

    package var height: UInt64 { header.height }
    package var transaction: SignedTransaction { entry.transaction }
    package var receipt: Receipt { entry.receipt }

    init(header: BlockHeader, blockHash: Digest, index: Int, entry: BlockEntry) {
        self.header = header
        self.blockHash = blockHash
        self.index = index
        self.entry = entry
    }

    /// The transaction at a place that the block has.
    init(in block: CommittedBlock, at index: Int) {
        self.init(
            header: block.header, blockHash: block.certified.certificate.statement.blockHash, index: index,
            entry: block.entry(at: index))
    }
}
