internal import HTTP
internal import Ledger
internal import Node
internal import Primitives

// What was, in the order in which it was. Each answer holds a page and the place to go on from.
extension CairnMethods {
    /// Every value that a contract's key has had, with height, transaction and time.
    func getHistory(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let key = StateKey(contract: try parameters.address("contract"), key: try parameters.key("key"))
        try page(parameters, reply) { node, range throws(QuestionError) in
            try node.history(of: key, in: range)
        } show: {
            Self.value($0)
        }
    }

    /// What a contract's key held after the block of a height.
    func getValue(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let key = StateKey(contract: try parameters.address("contract"), key: try parameters.key("key"))
        let height = try self.height(parameters) ?? node.committedHeight
        try answer(reply) { node throws(QuestionError) in
            try node.value(of: key, at: height).map { Self.value($0) } ?? ["value": .null]
        }
    }

    /// The transactions that an account signed, or whose events name it.
    func getTransactionsOfAccount(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let account = try parameters.address("account")
        try page(parameters, reply) { node, range throws(QuestionError) in
            try node.transactions(of: account, in: range)
        } show: {
            LedgerJSON.receipt($0)
        }
    }

    /// The events of a contract and a name, with a topic if one is given.
    func getEvents(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let contract = try parameters.address("contract")
        let name = try parameters.required("name", "an event's name", \.stringValue)
        let topic = try parameters.optional("topic", "32 bytes in hexadecimal digits") {
            $0.stringValue.flatMap(Digest.init(hexadecimal:))
        }
        try page(parameters, reply) { node, range throws(QuestionError) in
            try node.events(name, of: contract, topic: topic, in: range)
        } show: { found in
            var object = JSONObject()
            object["transaction"] = LedgerJSON.text(found.transaction.receipt.transaction)
            Self.addPlace(of: found.transaction, to: &object)
            object["number"] = .integer(Int64(found.event))
            object["event"] = LedgerJSON.event(found.transaction.receipt.events[found.event])
            return .object(object)
        }
    }

    /// The height of a committed block, if one is given.
    func height(_ parameters: Parameters) throws(JSONRPCError) -> UInt64? {
        guard let height = try parameters.optional("height", "a height", \.uint64Value) else { return nil }
        guard height <= node.committedHeight else {
            throw .invalidParameters("there is no block \(height) yet; the newest is \(node.committedHeight)")
        }
        return height
    }

    private static func value(_ found: HistoricalValue) -> JSON {
        var object = JSONObject()
        object["value"] = found.value.map { .string($0.hexadecimal) } ?? .null
        object["transaction"] = LedgerJSON.text(found.transaction.receipt.transaction)
        addPlace(of: found.transaction, to: &object)
        return .object(object)
    }

    private static func addPlace(of found: LocatedTransaction, to object: inout JSONObject) {
        object["height"] = .unsigned(found.height)
        object["index"] = .integer(Int64(found.index))
        object["time"] = .unsigned(found.header.time.milliseconds)
    }
}

// MARK: - Pages

extension CairnMethods {
    private func range(_ parameters: Parameters) throws(JSONRPCError) -> LookUpRange {
        let newest = node.committedHeight
        let first = try parameters.optional("fromHeight", "a height", \.uint64Value) ?? 0
        let last = min(try parameters.optional("toHeight", "a height", \.uint64Value) ?? newest, newest)
        let order = try parameters.optional("order", "\"oldest\" or \"newest\"") { json in
            json.stringValue.flatMap { ["oldest": false, "newest": true][$0] }
        }
        let limit = try parameters.optional("limit", "a number from 1 to \(MethodLimits.pageItemsMax)") { json in
            json.uint64Value.flatMap { (1...UInt64(MethodLimits.pageItemsMax)).contains($0) ? Int($0) : nil }
        }
        return LookUpRange(
            heights: min(first, last)...last, after: try parameters.optional("after", Self.placeText, Self.place),
            newestFirst: order ?? false, limit: first > last ? 0 : limit ?? MethodLimits.pageItems)
    }

    private static let placeText = "what \"next\" of the page before was: a height and an index"

    private static func place(_ json: JSON) -> TransactionPlace? {
        guard let height = json["height"]?.uint64Value, let index = json["index"]?.uint64Value,
            index < LedgerLimits.blockTransactionCountMax
        else { return nil }
        return TransactionPlace(height: height, index: UInt32(index))
    }

    private func page<Item>(
        _ parameters: Parameters, _ reply: JSONRPCReply,
        _ body: @escaping @Sendable (Node, LookUpRange) throws(QuestionError) -> Page<Item>,
        show: @escaping @Sendable (Item) -> JSON
    ) throws(JSONRPCError) {
        let range = try range(parameters)
        try answer(reply) { node throws(QuestionError) in
            let page = try body(node, range)
            let next: JSON =
                page.next.map { ["height": .unsigned($0.height), "index": .integer(Int64($0.index))] } ?? .null
            return ["items": .array(page.items.map(show)), "next": next]
        }
    }

    /// Answers with what reading blocks gives, on a thread that may take its time.
    private func answer(
        _ reply: JSONRPCReply, _ body: @escaping @Sendable (Node) throws(QuestionError) -> JSON
    ) throws(JSONRPCError) {
        let isTaken = node.read { [node] in
            do throws(QuestionError) { reply.succeed(try body(node)) } catch { reply.fail(JSONRPCError(error)) }
        }
        guard isTaken else { throw JSONRPCError(.overloaded as QuestionError) }
    }
}
