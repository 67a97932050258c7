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

    static let assetIssue = movement(
        verb: "issue", summary: "issue an amount of an asset to an account", sender: "is the issuer", done: "issued"
    ) { assets, symbol, amount, to, issuer in
        try await assets.issue(symbol, amount: amount, to: to, issuer: issuer)
    }

    static let assetTransfer = movement(
        verb: "transfer", summary: "transfer an amount of an asset to an account", sender: "sends", done: "transferred"
    ) { assets, symbol, amount, to, sender in
        try await assets.transfer(symbol, amount: amount, to: to, from: sender)
    }

    private typealias Movement =
        @Sendable (
            _ assets: AssetsClient, _ symbol: String, _ amount: String, _ to: AccountAddress, _ by: Account
        ) async throws -> TransactionResult

    /// A command that brings an amount of an asset to an account.
    private static func movement(
        verb: String, summary: String, sender: String, done: String, _ move: @escaping Movement
    ) -> Command {
        Command(
            noun: "asset", verb: verb, summary: summary, arguments: [.symbol, .amount],
            options: [
                .sender(sender),
                Option(
                    name: "to", placeholder: "ACCOUNT", help: "an address, or one of your accounts",
                    isRequired: true),
                .node, .keystore, .passphraseFile,
            ]
        ) { invocation in
            let (symbol, amount) = (try invocation.required("symbol"), try invocation.required("amount"))
            let to = try invocation.address(try invocation.required("to"))
            let result = try await move(
                try invocation.client().assets, symbol, amount, to, try invocation.sender())
            try invocation.report(result, "\(amount) \(symbol) \(done) to \(to)")
        }
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
