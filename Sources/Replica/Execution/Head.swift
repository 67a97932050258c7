package import Ledger
package import Primitives

/// The newest block of a chain, as far as the next one depends on it.
package struct Head: Hashable, Sendable {
    package let height: UInt64
    package let hash: Digest
    package let time: Timestamp
    package let decision: UInt64

    /// The head before the first block.
    package init(genesis: Genesis) {
        height = 0
        hash = genesis.digest
        time = genesis.time
        decision = 0
    }

    package init(header: BlockHeader, hash: Digest) {
        height = header.height
        self.hash = hash
        time = header.time
        decision = header.decision
    }
}

/// A block with its results, before anybody has signed them.
package struct ExecutedBlock: Sendable {
    package let block: Block
    package let receipts: Receipts
    package let writes: BlockWrites
    package let statement: ResultStatement
}

/// What became of a decision.
package struct ExecutedDecision: Sendable {
    package let number: UInt64
    /// At least one.
    package let blocks: [ExecutedBlock]
    /// Transactions that had no effect, so that they have no receipt.
    package let dropped: [DroppedTransaction]
    /// The epoch's last decision, once it is known.
    package let epochEnd: UInt64?
    /// What follows, if this is the epoch's last decision.
    package let nextEpoch: EpochConfiguration?

    /// Of its blocks.
    package var heights: ClosedRange<UInt64> {
        guard let last = blocks.last?.statement.height else { preconditionFailure("a decision gives a block") }
        return last - UInt64(blocks.count - 1)...last
    }
}

/// A transaction that was decided but had no effect.
package struct DroppedTransaction: Hashable, Sendable {
    package let identity: Digest
    package let reason: Rejection
}
