package import HTTP
internal import Primitives

/// A block, without its transactions.
public struct BlockSummary: Hashable, Sendable {
    /// Its place in the chain, from 1.
    public let height: UInt64
    /// What names it.
    public let hash: String
    /// Its time, in milliseconds since 1970.
    public let timeMilliseconds: UInt64
    /// How many transactions it holds.
    public let transactionCount: Int
    /// How many of them failed.
    public let failedCount: Int
    /// How many events they have.
    public let eventCount: Int
    package let json: JSON

    init?(_ json: JSON) {
        guard let height = json["height"]?.uint64Value, let hash = json["hash"]?.stringValue,
            let time = json["time"]?.uint64Value, let transactions = json["transactionCount"]?.int64Value,
            let failed = json["failedCount"]?.int64Value, let events = json["eventCount"]?.int64Value
        else { return nil }
        self.height = height
        self.hash = hash
        timeMilliseconds = time
        transactionCount = Int(transactions)
        failedCount = Int(failed)
        eventCount = Int(events)
        self.json = json
    }
}

/// Something that a contract reported of its doing.
public struct ChainEvent: Hashable, Sendable {
    /// The block.
    public let height: UInt64
    /// The transaction's place in the block.
    public let index: Int
    /// The event's place in the transaction.
    public let eventIndex: Int
    /// The transaction's identity.
    public let transaction: String
    /// The contract.
    public let contract: AccountAddress
    /// What the contract calls it.
    public let name: String
    /// What it may be searched by, each 32 bytes in hexadecimal digits.
    public let topics: [String]
    /// In the coding of the contract.
    public let data: [UInt8]
    package let json: JSON

    init?(_ json: JSON) {
        guard let height = json["height"]?.uint64Value, let index = json["index"]?.int64Value,
            let eventIndex = json["eventIndex"]?.int64Value, let transaction = json["transaction"]?.stringValue,
            let contract = json["contract"]?.stringValue.flatMap(AccountAddress.init),
            let name = json["name"]?.stringValue, let topics = json["topics"]?.arrayValue,
            let data = json["data"]?.stringValue.flatMap([UInt8].init(hexadecimal:))
        else { return nil }
        self.height = height
        self.index = Int(index)
        self.eventIndex = Int(eventIndex)
        self.transaction = transaction
        self.contract = contract
        self.name = name
        self.topics = topics.compactMap(\.stringValue)
        self.data = data
        self.json = json
    }
}
