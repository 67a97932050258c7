package import Primitives

/// What each transaction of a block wrote, in the block's order: the history of the keys.
///
/// It follows from the block by execution, so nobody signs it; it is kept so that the past can be read without
/// executing it again.
package struct BlockWrites: Hashable, Sendable {
    /// The writes of all transactions.
    package private(set) var all: [StateWrite] = []
    /// For each transaction the end of its writes. Invariant: ascending, the last is `all.count`.
    private var ends: [Int] = []

    package init() {}

    package var transactionCount: Int { ends.count }

    package mutating func reserveCapacity(transactions: Int, writes: Int) {
        ends.reserveCapacity(transactions)
        all.reserveCapacity(writes)
    }

    /// Appends the writes of the next transaction, each key once, in the order of first writes.
    package mutating func append(_ writes: some Sequence<StateWrite>) {
        all.append(contentsOf: writes)
        endTransaction()
    }

    /// Takes in a write of the transaction that ends next.
    package mutating func append(_ write: StateWrite) { all.append(write) }

    /// Ends the writes of a transaction.
    package mutating func endTransaction() { ends.append(all.count) }

    /// The writes of one transaction.
    package subscript(transaction index: Int) -> ArraySlice<StateWrite> {
        all[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }
}

/// What a transaction left under a key; nil if it removed it.
package struct StateWrite: Hashable, Sendable {
    package let key: StateKey
    package let stored: StoreValue?
    package var value: [UInt8]? { stored?.bytes }

    package init(key: StateKey, stored: StoreValue?) {
        self.key = key
        self.stored = stored
    }

    package init(key: StateKey, value: [UInt8]?) { self.init(key: key, stored: value.map { StoreValue($0) }) }
}
