internal import HTTP
internal import Ledger
internal import Primitives

/// What subscribers are sent.
enum Notification {
    /// `cairn_subscription`, as Ethereum's `eth_subscription`: the subscription and a result that is JSON already.
    static func message(_ subscription: SubscriptionNumber, _ result: [UInt8]) -> WebSocketMessage {
        var text: [UInt8] = []
        text.reserveCapacity(result.count + 128)
        text.append(contentsOf: #"{"jsonrpc":"2.0","method":"cairn_subscription","params":{"subscription":""#.utf8)
        text.append(contentsOf: identifier(subscription).utf8)
        text.append(contentsOf: #"","result":"#.utf8)
        text.append(contentsOf: result)
        text.append(contentsOf: "}}".utf8)
        return .text(text)
    }

    /// How clients name a subscription.
    static func identifier(_ subscription: SubscriptionNumber) -> String {
        "0x" + String(subscription, radix: 16)
    }

    /// Reads what `identifier` makes.
    static func subscription(_ identifier: String) -> SubscriptionNumber? {
        guard identifier.hasPrefix("0x"), let number = SubscriptionNumber(identifier.dropFirst(2), radix: 16),
            self.identifier(number) == identifier
        else { return nil }
        return number
    }

    static func receipt(at place: BlockPlace, in view: BlockView) -> [UInt8] {
        let index = Int(place.transaction)
        return LedgerJSON.receipt(view.block.receipts[index], in: view.block, at: index).text
    }

    static func event(at place: BlockPlace, in view: BlockView) -> [UInt8] {
        LedgerJSON.event(view.event(at: place), in: view.block, transaction: Int(place.transaction), Int(place.event))
            .text
    }

    static func expired(_ transaction: Digest, in view: BlockView) -> [UInt8] {
        let json: JSON = [
            "transaction": LedgerJSON.text(transaction), "status": "expired", "height": .unsigned(view.height),
            "time": .unsigned(view.time.milliseconds),
        ]
        return json.text
    }
}

extension LedgerJSON {
    /// A block without its transactions and its certificate, with counts of what is in it.
    static func header(_ certified: CertifiedBlock) -> JSON {
        let header = certified.block.header
        let statement = certified.certificate.statement
        let failed = certified.receipts.count { if case .failure = $0.outcome { true } else { false } }
        return [
            "height": .unsigned(header.height),
            "hash": text(statement.blockHash),
            "parent": text(header.parent),
            "epoch": .unsigned(header.epoch),
            "executionVersion": .integer(Int64(header.executionVersion)),
            "decision": .unsigned(header.decision),
            "time": .unsigned(header.time.milliseconds),
            "transactionCount": .integer(Int64(header.transactionCount)),
            "failedCount": .integer(Int64(failed)),
            "eventCount": .integer(Int64(certified.receipts.reduce(0) { $0 + $1.events.count })),
            "gasUsed": .unsigned(certified.receipts.reduce(0) { $0 &+ $1.gasUsed }),
            "transactionsRoot": text(header.transactionsRoot),
            "receiptsRoot": text(statement.receiptsRoot),
            "stateRoot": text(statement.stateRoot),
        ]
    }

    /// An event by itself: with the place of its transaction and its own among the transaction's events.
    static func event(_ event: Event, in block: CertifiedBlock, transaction index: Int, _ eventIndex: Int) -> JSON {
        [
            "height": .unsigned(block.height),
            "index": .integer(Int64(index)),
            "eventIndex": .integer(Int64(eventIndex)),
            "transaction": text(block.receipts.transaction(at: index)),
            "blockHash": text(block.certificate.statement.blockHash),
            "time": .unsigned(block.block.header.time.milliseconds),
            "contract": text(event.contract),
            "name": .string(event.name),
            "topics": .array(event.topics.map(text)),
            "data": .string(event.data.hexadecimal),
        ]
    }
}
