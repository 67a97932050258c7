import CairnClient
import Contracts
import HTTP

extension Argument {
    fileprivate static let symbol = Argument(name: "symbol", help: "the asset's symbol, as GOLD")
    fileprivate static let amount = Argument(name: "amount", help: "how much, as 12.50")
}

extension Command {
    static let assetCreate = Command(
        noun: "asset", verb: "create", summary: "create an asset kind, of which the account becomes the issuer",
        arguments: [.symbol],
        options: [
            .sender("becomes the issuer"),
            Option(name: "name", placeholder: "TEXT", help: "the asset's name (default: its symbol)"),
            Option(name: "decimals", placeholder: "N", help: "digits behind the point, 0 to 36 (default: 2)"), .node,
            .keystore, .passphraseFile,
        ]
    ) { invocation in
        let symbol = try invocation.required("symbol")
        let decimals = try invocation.number("decimals", default: UInt8(2))
        guard decimals <= AssetKind.decimalsMax else {
            throw CommandError.usage(
                "--decimals takes a number from 0 to \(AssetKind.decimalsMax), not \(decimals)", invocation.command)
        }
        let issuer = try invocation.sender()
        let result = try await invocation.client().assets.create(
            symbol, name: invocation.option("name") ?? symbol, decimals: decimals, issuer: issuer)
        try invocation.report(result, "\(issuer.name) is the issuer of \(symbol)")
    }

    static let assetIssue = Command(
        noun: "asset", verb: "issue", summary: "issue an amount of an asset to an account",
        arguments: [.symbol, .amount],
        options: [
            .sender("is the issuer"),
            Option(
                name: "to", placeholder: "ACCOUNT", help: "an address, or one of your accounts", isRequired: true),
            .node, .keystore, .passphraseFile,
        ]
    ) { invocation in
        let (symbol, amount) = (try invocation.required("symbol"), try invocation.required("amount"))
        let to = try invocation.address(try invocation.required("to"))
        let result = try await invocation.client().assets.issue(
            symbol, amount: amount, to: to, issuer: try invocation.sender())
        try invocation.report(result, "\(amount) \(symbol) issued to \(to)")
    }

    static let assetTransfer = Command(
        noun: "asset", verb: "transfer", summary: "transfer an amount of an asset to an account",
        arguments: [.symbol, .amount],
        options: [
            .sender("sends"),
            Option(
                name: "to", placeholder: "ACCOUNT", help: "an address, or one of your accounts", isRequired: true),
            .node, .keystore, .passphraseFile,
        ]
    ) { invocation in
        let (symbol, amount) = (try invocation.required("symbol"), try invocation.required("amount"))
        let to = try invocation.address(try invocation.required("to"))
        let result = try await invocation.client().assets.transfer(
            symbol, amount: amount, to: to, from: try invocation.sender())
        try invocation.report(result, "\(amount) \(symbol) transferred to \(to)")
    }

    static let assetBalance = Command(
        noun: "asset", verb: "balance", summary: "show what an account holds of an asset",
        arguments: [.symbol, Argument(name: "account", help: "an address, or the name of one of your accounts")],
        options: [.node, .keystore]
    ) { invocation in
        let symbol = try invocation.required("symbol")
        let address = try invocation.address(try invocation.required("account"))
        let balance = try await invocation.client().assets.balance(symbol, of: address)
        if invocation.isJSON {
            return Terminal.print([
                "symbol": .string(symbol), "account": .string(address.description),
                "balance": .string(balance.amount), "smallestUnits": .string(balance.smallestUnits),
                "isFrozen": .bool(balance.isFrozen),
            ])
        }
        Terminal.print("\(balance.amount) \(symbol)\(balance.isFrozen ? " (frozen)" : "")")
    }
}
