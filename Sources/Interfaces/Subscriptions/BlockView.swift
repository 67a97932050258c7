internal import HTTP
internal import Ledger
internal import Primitives

/// A block as the publisher looks things up in it: indexed once, when somebody first asks, for all subscribers.
final class BlockView {
    let block: CertifiedBlock
    private(set) lazy var headerText = LedgerJSON.header(block).text
    /// Decoded once, as they are asked for again and again.
    private lazy var receipts = Array(block.receipts)
    private lazy var accounts = indexAccounts()
    private lazy var events = indexEvents()
    private lazy var places = indexIdentities()

    init(_ block: CertifiedBlock) { self.block = block }

    var height: UInt64 { block.height }
    var time: Timestamp { block.block.header.time }
    var transactionCount: Int { block.receipts.count }

    /// The transactions that an account signed, or that name it in a topic of an event.
    func places(of account: Address) -> [BlockPlace] { accounts[account.topic] }

    /// The events that a filter lets through.
    func places(of filter: EventFilter) -> [BlockPlace] {
        // A topic is as a rule rarer than a name, and a name than a contract.
        let key: EventKey =
            if let topic = filter.topics.firstIndex(where: { $0 != nil }), let value = filter.topics[topic] {
                .topic(value)
            } else if let name = filter.name {
                .name(filter.contract, name)
            } else {
                .contract(filter.contract)
            }
        return events[key].filter { filter.matches(event(at: $0)) }
    }

    /// Where a transaction stands.
    func place(of transaction: Digest) -> UInt32? { places[transaction] }

    func event(at place: BlockPlace) -> Event { receipts[Int(place.transaction)].events[Int(place.event)] }

    // MARK: - Indexing

    private enum EventKey: Hashable {
        case contract(Address)
        case name(Address, String)
        case topic(Digest)
    }

    private func indexAccounts() -> PostingLists<Digest> {
        var lists = PostingLists<Digest>()
        for (index, signed) in block.block.transactions.enumerated() {
            let place = BlockPlace(index)
            for signer in signed.signers { lists.add(place, to: signer.topic) }
            for event in receipts[index].events {
                for topic in event.topics { lists.add(place, to: topic) }
            }
        }
        return lists
    }

    private func indexEvents() -> PostingLists<EventKey> {
        var lists = PostingLists<EventKey>()
        for (index, receipt) in receipts.enumerated() {
            for (number, event) in receipt.events.enumerated() {
                let place = BlockPlace(index, event: number)
                lists.add(place, to: .contract(event.contract))
                lists.add(place, to: .name(event.contract, event.name))
                for topic in event.topics { lists.add(place, to: .topic(topic)) }
            }
        }
        return lists
    }

    private func indexIdentities() -> [Digest: UInt32] {
        var places: [Digest: UInt32] = [:]
        places.reserveCapacity(block.receipts.count)
        for index in block.receipts.indices { places[block.receipts.transaction(at: index)] = UInt32(index) }
        return places
    }
}
