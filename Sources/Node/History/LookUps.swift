package import Ledger
package import Primitives
internal import Replica
internal import Storage

/// A part of what a look-up finds, with where to go on.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// The place of the last item that was looked at; nil if there is nothing more.
    package let next: TransactionPlace?
}

/// A transaction's place, by which look-ups are continued.
package struct TransactionPlace: Hashable, Sendable {
    package let height: UInt64
    package let index: UInt32

    package init(height: UInt64, index: UInt32) {
        self.height = height
        self.index = index
    }
}

/// Which part of what there is a look-up shall give.
package struct LookUpRange: Sendable {
    package var heights: ClosedRange<UInt64>
    /// Begin behind this place, in the look-up's direction.
    package var after: TransactionPlace?
    package var newestFirst: Bool
    package var limit: Int

    package init(heights: ClosedRange<UInt64>, after: TransactionPlace?, newestFirst: Bool, limit: Int) {
        self.heights = heights
        self.after = after
        self.newestFirst = newestFirst
        self.limit = limit
    }

    /// The positions that are left; nil if there are none.
    fileprivate var positions: ClosedRange<IndexPosition>? {
        let all = IndexPosition.all(in: heights)
        guard let after else { return all }
        let place = IndexPosition(height: min(after.height, IndexPosition.heightMax), index: after.index)
        if newestFirst {
            guard let last = place.predecessor, last >= all.lowerBound else { return nil }
            return all.lowerBound...min(last, all.upperBound)
        }
        guard let first = place.successor, first <= all.upperBound else { return nil }
        return max(first, all.lowerBound)...all.upperBound
    }
}

/// A value that a key of a contract held.
package struct HistoricalValue: Sendable {
    /// nil if the transaction removed it.
    package let value: [UInt8]?
    package let transaction: LocatedTransaction
}

extension BlockEntry {
    /// About what it takes in memory.
    fileprivate var byteCount: Int {
        let written = writes.reduce(0) { $0 + ($1.value?.count ?? 0) }
        return transaction.byteCount + receipt.canonicalBytes.count + written
    }
}

// MARK: - On a thread that may take its time

extension Node {
    /// The transactions that an account signed, or whose events name it in a topic.
    package func transactions(
        of account: Address, in range: LookUpRange
    ) throws(QuestionError) -> Page<LocatedTransaction> {
        try lookUp(rows.key(ofAccount: account), range) { found in
            let isNamed = found.receipt.events.contains { $0.topics.contains(account.topic) }
            return found.transaction.signers.contains(account) || isNamed ? [found] : []
        }
    }

    /// The events of a contract and a name, with this topic if one is given. Each comes with its transaction and its
    /// number among the transaction's events.
    package func events(
        _ name: String, of contract: Address, topic: Digest?, in range: LookUpRange
    ) throws(QuestionError) -> Page<(transaction: LocatedTransaction, event: Int)> {
        try lookUp(key(name, contract, topic), range) { found in
            found.receipt.events.indices.filter { index in
                let event = found.receipt.events[index]
                return event.contract == contract && event.name == name && topic.map(event.topics.contains) ?? true
            }
            .map { (found, $0) }
        }
    }

    private func key(_ name: String, _ contract: Address, _ topic: Digest?) -> IndexKey {
        guard let topic else { return rows.key(ofEvent: name, of: contract) }
        // Topics that name accounts have no rows of their own: the account's are fewer.
        if let account = Address(topic: topic), account != .zero { return rows.key(ofAccount: account) }
        if topic == .zero { return rows.key(ofEvent: name, of: contract) }
        return rows.key(ofTopic: topic, in: name, of: contract)
    }

    /// Every value that a key of a contract has had.
    package func history(
        of key: StateKey, in range: LookUpRange
    ) throws(QuestionError) -> Page<HistoricalValue> {
        try lookUp(rows.key(of: key), range) { found in
            found.entry.writes.filter { $0.key == key }.map { HistoricalValue(value: $0.value, transaction: found) }
        }
    }

    /// What a key of a contract held after the block of a height: what was last written up to there.
    package func value(of key: StateKey, at height: UInt64) throws(QuestionError) -> HistoricalValue? {
        let range = LookUpRange(heights: 0...height, after: nil, newestFirst: true, limit: 1)
        return try history(of: key, in: range).items.first
    }

    /// Finds a committed transaction by its identity.
    func lookUp(_ identity: Digest) throws(QuestionError) -> LocatedTransaction? {
        let range = LookUpRange(heights: 0...IndexPosition.heightMax, after: nil, newestFirst: true, limit: 1)
        return try lookUp(rows.key(ofTransaction: identity), range) { found in
            found.transaction.identity == identity ? [found] : []
        }.items.first
    }

    /// Goes through the places that the index gives for a key, and takes what each block confirms.
    private func lookUp<Item>(
        _ key: IndexKey, _ range: LookUpRange, _ confirm: (LocatedTransaction) -> [Item]
    ) throws(QuestionError) -> Page<Item> {
        var items: [Item] = []
        var rest = range
        var looked = 0
        var byteCount = 0
        while let positions = rest.positions, items.count < range.limit, looked < NodeLimits.lookUpPlacesMax {
            let wanted = min(range.limit, NodeLimits.lookUpPlacesMax) + 1
            let found = try indexed(key, positions, newestFirst: range.newestFirst, limit: wanted)
            for position in found {
                guard items.count < range.limit, looked < NodeLimits.lookUpPlacesMax,
                    byteCount < NodeLimits.lookUpByteCountMax
                else {
                    return Page(items: items, next: rest.after)
                }
                looked += 1
                let place = TransactionPlace(height: position.height, index: position.index ?? 0)
                let location = TransactionLocation(height: place.height, index: place.index)
                if let located = try transaction(at: location) {
                    items += confirm(located)
                    byteCount += located.entry.byteCount
                }
                rest.after = place
            }
            if found.count < wanted { return Page(items: items, next: nil) }
        }
        return Page(items: items, next: rest.positions == nil ? nil : rest.after)
    }

    private func indexed(
        _ key: IndexKey, _ positions: ClosedRange<IndexPosition>, newestFirst: Bool, limit: Int
    ) throws(QuestionError) -> [IndexPosition] {
        do throws(StorageError) {
            return try index.positions(
                of: key, in: positions, order: newestFirst ? .descending : .ascending, limit: limit)
        } catch { throw .storage(error.description) }
    }
}
