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
        var rows: [IndexRow] = []
        let transactions = block.certified.block.transactions
        rows.reserveCapacity(ReplicaLimits.expectedRowsPerTransaction * transactions.count)
        for index in transactions.indices {
            let position = IndexPosition(height: block.height, index: UInt32(index))
            for key in keys(transactions[index], block.certified.receipts[index], block.writes[transaction: index]) {
                rows.append(IndexRow(key: key, position: position))
            }
        }
        return rows
    }

    private func keys(
        _ transaction: SignedTransaction, _ receipt: Receipt, _ writes: [StateWrite]
    ) -> [IndexKey] {
        var keys = [key(ofTransaction: transaction.identity)]
        for signer in transaction.signers { keys.append(key(ofAccount: signer)) }
        for event in receipt.events {
            keys.append(key(ofEvent: event.name, of: event.contract))
            for topic in event.topics {
                if let account = Address(topic: topic) {
                    if account != .zero { keys.append(key(ofAccount: account)) }
                } else {
                    keys.append(key(ofTopic: topic, in: event.name, of: event.contract))
                }
            }
        }
        for write in writes { keys.append(key(of: write.key)) }
        return keys
    }
}
