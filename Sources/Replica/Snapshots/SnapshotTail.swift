internal import Cryptography
package import Ledger
internal import Primitives

/// The blocks that end with a certified one and reach back as far as its duplicates' window, taken from there
/// backwards: each is the one that the block after it names as its parent.
///
/// Receipts are checked against the block's own certificate, whose signatures are for a `LightClient`. What transactions
/// wrote nobody signs, so it is left out of what is kept.
package struct SnapshotTail {
    private let genesis: Genesis
    private let genesisDigest: Digest
    /// The block that comes next.
    private var next: (height: UInt64, hash: Digest)
    /// The first that was taken.
    package private(set) var head: Head?
    private var window: DuplicateWindow
    /// Whether all is there that reaches into the window.
    package private(set) var isComplete = false

    /// Of the block that a verified statement names.
    package init(certified statement: ResultStatement, genesis: Genesis) {
        self.genesis = genesis
        genesisDigest = genesis.digest
        next = (statement.height, statement.blockHash)
        window = DuplicateWindow(countMax: Int(genesis.limits.duplicateWindowCountMax))
    }

    /// The height of the block that it wants.
    package var wantedHeight: UInt64? { isComplete ? nil : next.height }

    /// Takes in the block before, and gives back what may be logged of it: all that is proved.
    package mutating func take(_ block: CommittedBlock) throws(SnapshotTailFault) -> CommittedBlock {
        let (header, suite) = (block.header, genesis.suite)
        guard !isComplete else { throw .notWanted(height: header.height) }
        guard header.height == next.height, header.hash(in: suite) == next.hash else {
            throw .wrongBlock(height: next.height)
        }
        try checkContents(block)
        let head = head ?? Head(header: header, hash: next.hash)
        self.head = head
        if DuplicateWindow.reaches(header.time, from: head.time, limits: genesis.limits) {
            for signed in block.certified.block.transactions { window.insert(signed.identity, expiry: signed.expiry) }
        } else {
            isComplete = true
        }
        if header.height == 1 { isComplete = true }
        next = (header.height - 1, header.parent)
        var writes = BlockWrites()
        for _ in block.certified.block.transactions { writes.endTransaction() }
        return CommittedBlock(certified: block.certified, writes: writes)
    }

    private func checkContents(_ block: CommittedBlock) throws(SnapshotTailFault) {
        let (header, suite) = (block.header, genesis.suite)
        let (transactions, receipts) = (block.certified.block.transactions, block.certified.receipts)
        let root = MerkleList.root(ofElements: transactions.map { suite.hash($0.canonicalBytes) }, in: suite)
        guard transactions.count == header.transactionCount, root == header.transactionsRoot else {
            throw .wrongTransactions(height: header.height)
        }
        let statement = block.certified.certificate.statement
        let hashes = receipts.indices.map { suite.hash(receipts.coding(at: $0)) }
        guard
            statement
                == ResultStatement(
                    header: header, blockHash: next.hash, genesis: genesisDigest, stateRoot: statement.stateRoot,
                    receiptsRoot: MerkleList.root(ofElements: hashes, in: suite), nextEpoch: statement.nextEpoch)
        else { throw .wrongResult(height: header.height) }
    }

    /// The transactions up to the certified block that have not expired; nil as long as blocks are missing.
    package var duplicates: DuplicateWindow? {
        guard isComplete, let head else { return nil }
        var window = window
        window.advance(to: head.time)
        return window
    }
}

/// What is wrong with a block of a tail.
package enum SnapshotTailFault: Error, Hashable, Sendable {
    /// Nothing is missing any more.
    case notWanted(height: UInt64)
    /// It is not the one that the block after it names.
    case wrongBlock(height: UInt64)
    /// It has other transactions than its header says.
    case wrongTransactions(height: UInt64)
    /// Its certificate is one of other receipts, or of another block.
    case wrongResult(height: UInt64)
}

extension SnapshotTailFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notWanted(let height): "block \(height) is not wanted"
        case .wrongBlock(let height): "it is not block \(height) of this chain"
        case .wrongTransactions(let height): "block \(height) has other transactions"
        case .wrongResult(let height): "block \(height) has another result than its certificate says"
        }
    }
}
