package import Ledger
package import Primitives

/// What a decision orders: transactions, decoded, with everything checked that bytes alone decide.
package struct Decision: Sendable {
    package let number: UInt64
    /// The proposer's clock. The first block of the decision takes this time, unless its parent's is later.
    package let reading: Timestamp
    package let transactions: [SignedTransaction]

    package init(number: UInt64, reading: Timestamp, transactions: [SignedTransaction]) {
        self.number = number
        self.reading = reading
        self.transactions = transactions
    }
}
