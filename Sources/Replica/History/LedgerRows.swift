package import Ledger
package import Primitives
package import Storage

/// What the index finds by. The numbers go into the keys of rows.
package enum IndexedThing: UInt8, Sendable, CaseIterable {
    /// A transaction, by its identity.
    case transaction = 1
    /// An account that signed a transaction, or that a topic of its events names.
    case account = 2
    /// A contract's events of one name.
    case event = 3
    /// A contract's events of one name with one topic.
    case topic = 4
    /// A key of a contract's state that a transaction wrote.
    case stateKey = 5
}

/// Makes the index's rows of blocks, and the keys by which they are found again.
///
/// Each row stands for a transaction in a block. Different things may share a key, so whoever reads compares with the
/// block.
package struct LedgerRows: Sendable {
    private let hash: IndexKeyHash

    /// - Parameter seed: 128 bits that clients don't know.
    package init(seed: (UInt64, UInt64)) { hash = IndexKeyHash(seed: seed) }

    // MARK: Keys

    package func key(ofTransaction identity: Digest) -> IndexKey {
        hash.key(kind: IndexedThing.transaction.rawValue, identity.bytes)
    }

    package func key(ofAccount account: Address) -> IndexKey {
        hash.key(kind: IndexedThing.account.rawValue, account.bytes)
    }

    package func key(ofEvent name: String, of contract: Address) -> IndexKey {
        hash.key(kind: IndexedThing.event.rawValue, Self.bytes(name, contract))
    }

    package func key(ofTopic topic: Digest, in name: String, of contract: Address) -> IndexKey {
        var bytes = Self.bytes(name, contract)
        topic.append(to: &bytes)
        return hash.key(kind: IndexedThing.topic.rawValue, bytes)
    }

    package func key(of stateKey: StateKey) -> IndexKey {
        hash.key(kind: IndexedThing.stateKey.rawValue, stateKey.bytes)
    }

    private static func bytes(_ name: String, _ contract: Address) -> [UInt8] {
        var bytes = contract.bytes
        bytes.append(contentsOf: name.utf8)
        return bytes
    }

    // MARK: Rows

    /// The rows of a block, ascending by position.
    package func rows(of block: CommittedBlock) -> [IndexRow] {
        let (transactions, receipts) = (block.certified.block.transactions, block.certified.receipts)
        var rows = RowList(of: block, by: hash)
        for index in transactions.indices {
            rows.begin(IndexPosition(height: block.height, index: UInt32(index)))
            rows.append(.transaction) { transactions[index].identity.append(to: &$0) }
            for signer in transactions[index].signers { rows.append(.account) { signer.append(to: &$0) } }
            receipts.forEachEvent(at: index) { rows.append($0, in: receipts) }
            for write in block.writes[transaction: index] {
                rows.append(.stateKey) { write.key.storeKey.append(to: &$0) }
            }
        }
        return rows.rows
    }
}

/// Gathers the rows of a block, without an array for each key.
private struct RowList {
    private(set) var rows: [IndexRow] = []
    private let hash: IndexKeyHash
    private var position = IndexPosition(height: 0, index: 0)
    /// What is hashed; keeps its memory.
    private var bytes: [UInt8] = []

    init(of block: CommittedBlock, by hash: IndexKeyHash) {
        self.hash = hash
        rows.reserveCapacity(
            ReplicaLimits.expectedRowsPerTransaction * block.certified.block.transactions.count)
    }

    mutating func begin(_ position: IndexPosition) { self.position = position }

    mutating func append(_ kind: IndexedThing, _ code: (inout [UInt8]) -> Void) {
        bytes.removeAll(keepingCapacity: true)
        code(&bytes)
        rows.append(IndexRow(key: hash.key(kind: kind.rawValue, bytes), position: position))
    }

    mutating func append(_ event: CodedEvent, in receipts: Receipts) {
        func appendName(to bytes: inout [UInt8]) {
            event.contract.append(to: &bytes)
            bytes.append(contentsOf: receipts.bytes[event.name])
        }
        append(.event, appendName)
        for index in 0..<event.topicCount {
            let topic = event.topics[index]
            if let account = Address(topic: topic) {
                if account != .zero { append(.account) { account.append(to: &$0) } }
            } else {
                append(.topic) {
                    appendName(to: &$0)
                    topic.append(to: &$0)
                }
            }
        }
    }
}
