import CairnClient
import Contracts
import HTTP
import Ledger
import Primitives

// What was, from the node's index and log.
extension Command {
    static let historyAccount = Command(
        noun: "history", verb: "account", summary: "list the transactions that an account signed or is named in",
        discussion: """
            The newest ten:           cairn history account bob --limit 10
            From the first block on:  cairn history account bob --oldest
            Of some blocks:           cairn history account bob --from 100 --to 200
            """,
        arguments: [.account], options: Option.page + [.node, .keystore]
    ) { invocation in
        let account = try invocation.address(try invocation.required("account"))
        let page = try await invocation.page(
            "cairn_getTransactionsOfAccount", [("account", .string(account.description))])
        if invocation.isJSON { return Terminal.print(page.json) }
        let rows = page.items.map { receipt in
            LedgerText.place(receipt) + [
                LedgerText.status(receipt), LedgerText.done(receipt), LedgerText.text(receipt["transaction"]),
            ]
        }
        invocation.show(page, ["block", "time", "result", "events", "transaction"], rows)
    }

    static let historyAsset = Command(
        noun: "history", verb: "asset", summary: "list what an account has held of an asset",
        discussion: """
            Each line is a balance after a transaction that changed it.

            The newest balances:       cairn history asset GOLD --account bob
            How it began:              cairn history asset GOLD --account bob --oldest --limit 3
            For programs:              cairn history asset GOLD --account bob --json
            """,
        arguments: [Argument(name: "symbol", help: "the asset's symbol, as GOLD")],
        options: [
            Option(
                name: "account", placeholder: "ACCOUNT", help: "an address, or one of your accounts", isRequired: true,
                value: .account)
        ] + Option.page + [.node, .keystore]
    ) { invocation in
        let symbol = try invocation.required("symbol")
        let account = try invocation.address(try invocation.required("account"))
        let decimals = try await invocation.client().assets.kind(symbol).decimals
        let key = AssetStore.holdingKey(try AssetsClient.symbol(symbol), account.value)
        var page = try await invocation.page(
            "cairn_getHistory",
            [("contract", .string(Assets.address.description)), ("key", .string(key.hexadecimal))])
        page.items = try page.items.map { try holding($0, decimals: decimals) }
        if invocation.isJSON { return Terminal.print(page.json) }
        let rows = page.items.map { item in
            let frozen = item["isFrozen"] == true ? " (frozen)" : ""
            return LedgerText.place(item)
                + ["\(LedgerText.text(item["balance"])) \(symbol)\(frozen)", LedgerText.text(item["transaction"])]
        }
        invocation.show(page, ["block", "time", "balance", "transaction"], rows)
    }

    /// A value of the key of a holding, with what it means.
    private static func holding(_ item: JSON, decimals: UInt8) throws -> JSON {
        var object = item.objectValue ?? JSONObject()
        var holding: Holding?
        if let text = item["value"]?.stringValue {
            guard let read = [UInt8](hexadecimal: text).flatMap({ try? Holding(canonicalBytes: $0) }) else {
                throw CairnClient.malformed("cairn_getHistory")
            }
            holding = read
        }
        let balance = holding?.balance ?? .zero
        object["value"] = nil
        object["balance"] = .string(AmountText.text(of: balance, decimals: decimals))
        object["smallestUnits"] = .string(balance.description)
        object["isFrozen"] = .bool(holding?.isFrozen ?? false)
        return .object(object)
    }

    static let historyKey = Command(
        noun: "history", verb: "key", summary: "list the values that a key of a contract has had",
        discussion: """
            What keys a contract has, and how it codes values, is the contract's own affair. The contract is an address,
            or "assets" or "accounts" for the chain's own.

            cairn history key assets 0x68…474f4c44 --limit 5
            """,
        arguments: [.contract, Argument(name: "key", help: "the contract's own key, in hexadecimal digits")],
        options: Option.page + [.node]
    ) { invocation in
        let contract = try invocation.contract(try invocation.required("contract"))
        let key = try invocation.required("key")
        let page = try await invocation.page(
            "cairn_getHistory", [("contract", .string(contract.description)), ("key", .string(key))])
        if invocation.isJSON { return Terminal.print(page.json) }
        let rows = page.items.map { item in
            LedgerText.place(item) + [LedgerText.text(item["value"]), LedgerText.text(item["transaction"])]
        }
        invocation.show(page, ["block", "time", "value", "transaction"], rows)
    }

    static let historyEvents = Command(
        noun: "history", verb: "events", summary: "list a contract's events of a name",
        discussion: """
            The contract is an address, or "assets" or "accounts" for the chain's own.

            All transfers:            cairn history events assets Transferred
            Those from or to bob:     cairn history events assets Transferred --account bob
            """,
        arguments: [.contract, Argument(name: "name", help: "what the contract calls them, as Transferred")],
        options: [
            Option(
                name: "account", placeholder: "ACCOUNT", help: "only those that name this account", value: .account),
            Option(
                name: "topic", placeholder: "TOPIC", help: "only those with this topic, 0x and 64 hexadecimal digits"),
        ] + Option.page + [.node, .keystore]
    ) { invocation in
        let contract = try invocation.contract(try invocation.required("contract"))
        var parameters: [(String, JSON)] = [
            ("contract", .string(contract.description)), ("name", .string(try invocation.required("name"))),
        ]
        if let topic = try invocation.topic() { parameters.append(("topic", .string(topic))) }
        let page = try await invocation.page("cairn_getEvents", parameters)
        if invocation.isJSON { return Terminal.print(page.json) }
        var reader = EventReader(try invocation.client())
        var rows: [[String]] = []
        for item in page.items {
            rows.append(
                LedgerText.place(item)
                    + [await reader.text(of: item["event"] ?? .null), LedgerText.text(item["transaction"])])
        }
        invocation.show(page, ["block", "time", "event", "transaction"], rows)
    }
}

extension Argument {
    static let contract = Argument(
        name: "contract", help: "an address, or \"assets\" or \"accounts\" for the chain's own",
        value: .words(["assets", "accounts"]))
}

extension Option {
    /// Of each command that lists what was.
    fileprivate static let page = [
        Option(name: "limit", placeholder: "N", help: "how many, at most (default: 20)"),
        Option(name: "from", placeholder: "HEIGHT", help: "the first block (default: 0)"),
        Option(name: "to", placeholder: "HEIGHT", help: "the last block (default: the newest)"),
        Option(name: "newest", placeholder: nil, help: "begin with the newest; so it is without, too"),
        Option(name: "oldest", placeholder: nil, help: "begin with the oldest"),
        Option(name: "after", placeholder: "PLACE", help: "go on where a list before ended, as it says: 120.0"),
    ]
}
