package import Ledger
package import Primitives
package import Storage

/// Where the executor reads and leaves a chain's state: values and tree pages.
package protocol LedgerState: StateView, TreePageSource {
    /// Takes in what a block changed.
    func commit(_ changes: BlockChanges)

    /// Sets what was committed apart, to be written; false if there is nothing, or the last batch is not yet written.
    func beginFreeze() -> Bool
    /// Adds tree pages to what was set apart.
    func addFrozen(_ pages: [PageChange])
    /// The batch to be written. What was set apart is whole.
    func finishFreeze() -> FlushBatch
}

/// What a block changes in the state.
package struct BlockChanges: Sendable {
    package let height: UInt64
    package let values: [StateWrite]
    /// How many changed pages the tree keeps in memory until the next freeze.
    package let keptPageCount: Int

    package init(height: UInt64, values written: [StateWrite], keptPageCount: Int) {
        self.height = height
        values = written
        self.keptPageCount = keptPageCount
    }
}

/// Where a transaction stands.
package struct TransactionLocation: Hashable, Sendable, CanonicalCodable {
    package let height: UInt64
    package let index: UInt32

    package init(height: UInt64, index: UInt32) {
        self.height = height
        self.index = index
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(height)
        encoder.encode(index)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        height = try decoder.decode()
        index = try decoder.decode()
    }
}
