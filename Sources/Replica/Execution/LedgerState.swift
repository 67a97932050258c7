package import Ledger
package import Primitives

/// Where the executor reads and leaves a chain's state: values, tree pages, and where transactions stand.
package protocol LedgerState: StateView, TreePageSource {
    /// Takes in what a block changed.
    func commit(_ changes: BlockChanges)

    /// The block that holds a transaction, and its place there.
    func location(of transaction: Digest) throws(StateUnavailable) -> TransactionLocation?
}

/// What a block changes in the state.
package struct BlockChanges: Sendable {
    package let height: UInt64
    package let values: [(key: StateKey, value: [UInt8]?)]
    package let pages: [PageChange]
    /// The block's transactions in their order.
    package let transactions: [Digest]
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
