internal import HTTP
internal import Ledger
internal import Primitives

/// Names a subscription among those of its connection.
typealias SubscriptionNumber = UInt64

/// What a subscription tells of.
enum SubscriptionKind: Sendable {
    /// Every block's header.
    case blocks
    /// The receipts of the transactions that an account signed, or that name it in a topic of an event.
    case receipts(of: Address)
    /// The receipts of the transactions that were sent on the connection.
    case ownReceipts(OwnReceiptsFormat)
    case events(EventFilter)
}

enum OwnReceiptsFormat: Sendable {
    /// A notification for each.
    case json
    /// `BulkReceipts`.
    case binary
}

/// Which events a subscription tells of.
struct EventFilter: Sendable {
    let contract: Address
    /// Nil for all names.
    let name: String?
    /// What the event's topics must be from the first on; nil for any.
    let topics: [Digest?]

    func matches(_ event: Event) -> Bool {
        guard event.contract == contract, topics.count <= event.topics.count else { return false }
        // By bytes, as Swift holds different ones for the same text where Unicode does.
        if let name, !name.utf8.elementsEqual(event.name.utf8) { return false }
        return zip(topics, event.topics).allSatisfy { wanted, topic in wanted == nil || wanted == topic }
    }
}

/// A subscription as a client asks for it.
struct SubscriptionRequest: Sendable {
    let kind: SubscriptionKind
    /// The first block to be told of; nil for the next one to come.
    let from: UInt64?

    /// Reads the parameters of `cairn_subscribe`: kind, options.
    init(_ parameters: Parameters) throws(JSONRPCError) {
        let kind = try parameters.required("kind", "\"blocks\", \"receipts\" or \"events\"") { json in
            json.stringValue.flatMap { SubscriptionDescription.kinds.contains($0) ? $0 : nil }
        }
        let given = try parameters.optional("options", "an object") { json in json.objectValue.map(JSON.object) }
        let options = try Parameters(given, names: SubscriptionDescription.optionNames(of: kind))
        switch kind {
        case "blocks":
            self.kind = .blocks
            from = try Self.from(options)
        case "receipts":
            self.kind = try Self.receipts(options)
            from = try Self.from(options)
        default:
            self.kind = .events(try Self.events(options))
            from = try Self.from(options)
        }
    }

    private static func from(_ options: Parameters) throws(JSONRPCError) -> UInt64? {
        try options.optional("from", "a height", \.uint64Value).map { max($0, 1) }
    }

    private static func receipts(_ options: Parameters) throws(JSONRPCError) -> SubscriptionKind {
        guard try options.optional("own", "true or false", \.boolValue) ?? false else {
            if try options.optional("format", "a format", \.stringValue) != nil {
                throw .invalidParameters("\"format\" goes with \"own\" only")
            }
            return .receipts(of: try options.address("account"))
        }
        guard try options.optional("account", "an address", Parameters.address) == nil else {
            throw .invalidParameters("\"account\" and \"own\" exclude each other")
        }
        guard try options.optional("from", "a height", \.uint64Value) == nil else {
            throw .invalidParameters("\"from\" does not go with \"own\": what a connection sent is known from now on")
        }
        switch try options.optional("format", "\"json\" or \"binary\"", \.stringValue) ?? "json" {
        case "json": return .ownReceipts(.json)
        case "binary": return .ownReceipts(.binary)
        default: throw .invalidParameters("\"format\" must be \"json\" or \"binary\"")
        }
    }

    private static func events(_ options: Parameters) throws(JSONRPCError) -> EventFilter {
        let what = "an array of at most \(LedgerLimits.topicsMax), each 32 bytes in hexadecimal digits or null"
        let topics = try options.optional("topics", what, Self.topics)
        return EventFilter(
            contract: try options.address("contract"), name: try options.optional("name", "a name", \.stringValue),
            topics: topics ?? [])
    }

    private static func topics(_ json: JSON) -> [Digest?]? {
        guard let list = json.arrayValue, list.count <= LedgerLimits.topicsMax else { return nil }
        var topics: [Digest?] = []
        for item in list {
            let topic = item.stringValue.flatMap(Digest.init(hexadecimal:))
            guard topic != nil || item.isNull else { return nil }
            topics.append(topic)
        }
        return topics
    }
}
