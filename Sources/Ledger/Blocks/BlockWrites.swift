package import Primitives

/// What each transaction of a block wrote, in the block's order: the history of the keys.
///
/// It follows from the block by execution, so nobody signs it; it is kept so that the past can be read without
/// executing it again.
package struct BlockWrites: Hashable, Sendable {
    package private(set) var writes: [StateWrite] = []
    /// For each transaction the end of its writes. Invariant: ascending, the last is `writes.count`.
    private var ends: [Int] = []

    package init() {}

    package var transactionCount: Int { ends.count }

    /// The writes of one transaction, each key once, in the order of first writes.
    package subscript(transaction index: Int) -> ArraySlice<StateWrite> {
        writes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// Takes in a write of the transaction that ends next.
    package mutating func append(_ write: StateWrite) { writes.append(write) }

    /// Ends the writes of a transaction.
    package mutating func endTransaction() { ends.append(writes.count) }

    package mutating func reserveCapacity(transactions: Int) {
        ends.reserveCapacity(transactions)
        writes.reserveCapacity(2 * transactions)
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
