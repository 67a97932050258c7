import CairnClient
import Contracts
import HTTP
import Interfaces
import Ledger

/// A part of what was, put together of the node's pages.
struct HistoryPage {
    var items: [JSON] = []
    /// Where the next part begins; nil if this is the last.
    var next: JSON?

    var json: JSON { ["items": .array(items), "next": next ?? .null] }
}

extension Invocation {
    /// Asks for pages until there are as many items as are wanted, or no more.
    func page(_ method: String, _ members: [(String, JSON)]) async throws -> HistoryPage {
        guard !has("newest") || !has("oldest") else {
            throw CommandError.usage("--newest and --oldest exclude each other", command)
        }
        var parameters = JSONObject()
        for (name, value) in members { parameters[name] = value }
        parameters["fromHeight"] = .unsigned(try number("from", default: UInt64(0)))
        if option("to") != nil { parameters["toHeight"] = .unsigned(try number("to", default: UInt64(0))) }
        parameters["order"] = has("oldest") ? "oldest" : "newest"
        parameters["after"] = try place()
        let limit = Int(try number("limit", default: UInt32(20)))
        guard limit > 0 else { throw CommandError.usage("--limit takes a number from 1 on", command) }
        let client = try client()
        var page = HistoryPage()
        repeat {
            parameters["limit"] = .integer(Int64(min(limit - page.items.count, MethodLimits.pageItemsMax)))
            let answer = try await client.call(method, .object(parameters))
            guard let items = answer["items"]?.arrayValue, let next = answer["next"] else {
                throw CairnClient.malformed(method)
            }
            page.items += items
            page.next = next.isNull ? JSON?.none : next
            parameters["after"] = page.next
        } while page.next != nil && page.items.count < limit
        return page
    }

    private func place() throws -> JSON? {
        guard let text = option("after") else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt64($0) }
        guard parts.count == 2, let height = parts[0], let index = parts[1] else {
            throw CommandError.usage("--after takes a block and a place in it, as 120.0, not \"\(text)\"", command)
        }
        return ["height": .unsigned(height), "index": .unsigned(index)]
    }

    /// Shows a page as a table, and says how to go on.
    func show(_ page: HistoryPage, _ titles: [String], _ rows: [[String]]) {
        if rows.isEmpty { Terminal.note("nothing found") }
        if !rows.isEmpty { TextTable(titles: titles, rows: rows).lines(Terminal.output).forEach { Terminal.print($0) } }
        guard let height = page.next?["height"]?.uint64Value, let index = page.next?["index"]?.uint64Value else {
            return
        }
        Terminal.note("there may be more: go on with --after \(height).\(index)")
    }

    /// What `--account` or `--topic` says.
    func topic() throws -> String? {
        switch (option("account"), option("topic")) {
        case (nil, let topic): return topic
        case (let account?, nil): return try address(account).value.topic.description
        default: throw CommandError.usage("--account and --topic exclude each other", command)
        }
    }

    /// A contract by its address, or one that every chain has by its name.
    func contract(_ text: String) throws -> AccountAddress {
        let known = ["assets": Assets.address, "accounts": Accounts.address]
        guard let address = known[text].map(AccountAddress.init) ?? AccountAddress(text) else {
            throw CommandError.usage(
                "a contract is an address, \"assets\" or \"accounts\", not \"\(text)\"", command)
        }
        return address
    }
}
