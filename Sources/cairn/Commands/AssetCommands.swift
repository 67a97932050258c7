import CairnClient
import Contracts
import HTTP

extension Argument {
    fileprivate static let symbol = Argument(name: "symbol", help: "the asset's symbol, as GOLD")
    fileprivate static let amount = Argument(name: "amount", help: "how much, as 12.50")
}

extension Option {
    /// An account that a command needs besides the one that signs.
    fileprivate static func account(_ name: String, _ help: String) -> Option {
        Option(
            name: name, placeholder: "ACCOUNT", help: "\(help): an address, or one of your accounts", isRequired: true,
            value: .account)
    }
}

// MARK: - Commands that change something

extension Command {
    static let assetCreate = Command(
        noun: "asset", verb: "create", summary: "create an asset kind, of which the account becomes the issuer",
        arguments: [.symbol],
        options: [
            .sender("becomes the issuer"),
            Option(name: "name", placeholder: "TEXT", help: "the asset's name (default: its symbol)"),
            Option(name: "decimals", placeholder: "N", help: "digits behind the point, 0 to 36 (default: 2)"),
        ] + Option.signing
    ) { invocation in
        let symbol = try invocation.required("symbol")
        let decimals = try invocation.number("decimals", default: UInt8(2))
        guard decimals <= AssetKind.decimalsMax else {
            throw CommandError.usage(
                "--decimals takes a number from 0 to \(AssetKind.decimalsMax), not \(decimals)", invocation.command)
        }
        let action = AssetAction.create(symbol, name: invocation.option("name") ?? symbol, decimals: decimals)
        try await invocation.perform(done: "\(try invocation.required("as")) is the issuer of \(symbol)") { client in
            try await client.assets.call(for: action)
        }
    }

    static let assetIssue = action(
        verb: "issue", summary: "issue an amount of an asset to an account", sender: "is the issuer",
        accounts: [.account("to", "who gets it")]
    ) { asset in
        (.issue(asset.symbol, amount: asset.amount, to: asset.to), "\(asset.text) issued to \(asset.to)")
    }

    static let assetTransfer = action(
        verb: "transfer", summary: "transfer an amount of an asset to an account", sender: "sends",
        accounts: [.account("to", "who gets it")]
    ) { asset in
        (.transfer(asset.symbol, amount: asset.amount, to: asset.to), "\(asset.text) transferred to \(asset.to)")
    }

    static let assetTransferFrom = action(
        verb: "transfer-from", summary: "transfer what another account has allowed you to", sender: "was allowed to",
        accounts: [.account("from", "whose it is"), .account("to", "who gets it")]
    ) { asset in
        (
            .transferFrom(asset.symbol, amount: asset.amount, from: asset.from, to: asset.to),
            "\(asset.text) transferred from \(asset.from) to \(asset.to)"
        )
    }

    static let assetApprove = action(
        verb: "approve", summary: "allow an account to transfer up to an amount of yours; 0 takes it back",
        sender: "allows it", accounts: [.account("spender", "who may transfer it")]
    ) { asset in
        (
            .approve(asset.symbol, amount: asset.amount, spender: asset.spender),
            "\(asset.spender) may transfer \(asset.text)"
        )
    }

    static let assetBurn = action(
        verb: "burn", summary: "destroy an amount of an asset that you hold", sender: "holds it"
    ) { asset in (.burn(asset.symbol, amount: asset.amount), "\(asset.text) burned") }

    static let assetFreeze = action(
        verb: "freeze", summary: "stop an account from moving an asset", sender: "is the issuer", hasAmount: false,
        accounts: [.account("account", "whom")]
    ) { asset in (.freeze(asset.symbol, asset.account), "\(asset.account) is frozen for \(asset.symbol)") }

    static let assetUnfreeze = action(
        verb: "unfreeze", summary: "let an account move an asset again", sender: "is the issuer", hasAmount: false,
        accounts: [.account("account", "whom")]
    ) { asset in (.unfreeze(asset.symbol, asset.account), "\(asset.account) is no more frozen for \(asset.symbol)") }

    /// What a command of this kind was given.
    private struct Given {
        let symbol, amount: String
        let accounts: [String: AccountAddress]

        var text: String { "\(amount) \(symbol)" }
        // The parser has made sure that the options of the command are there.
        var to: AccountAddress { named("to") }
        var from: AccountAddress { named("from") }
        var spender: AccountAddress { named("spender") }
        var account: AccountAddress { named("account") }

        private func named(_ name: String) -> AccountAddress {
            guard let account = accounts[name] else { preconditionFailure("the command has no option \(name)") }
            return account
        }
    }

    /// A command by which an account does something with an asset.
    private static func action(
        verb: String, summary: String, sender: String, hasAmount: Bool = true, accounts: [Option] = [],
        _ action: @escaping @Sendable (Given) -> (AssetAction, done: String)
    ) -> Command {
        Command(
            noun: "asset", verb: verb, summary: summary, arguments: hasAmount ? [.symbol, .amount] : [.symbol],
            options: [.sender(sender)] + accounts + Option.signing
        ) { invocation in
            var named: [String: AccountAddress] = [:]
            for option in accounts {
                named[option.name] = try invocation.address(try invocation.required(option.name))
            }
            let (action, done) = action(
                Given(
                    symbol: try invocation.required("symbol"), amount: invocation.argument("amount") ?? "",
                    accounts: named))
            try await invocation.perform(done: done) { client in try await client.assets.call(for: action) }
        }
    }
}

// MARK: - Commands that only ask

extension Command {
    static let assetBalance = Command(
        noun: "asset", verb: "balance", summary: "show what an account holds of an asset",
        arguments: [.symbol, .account], options: [.node, .keystore]
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

    static let assetAllowance = Command(
        noun: "asset", verb: "allowance", summary: "show how much of an asset one account may transfer for another",
        arguments: [.symbol],
        options: [.account("owner", "whose it is"), .account("spender", "who may transfer it"), .node, .keystore]
    ) { invocation in
        let symbol = try invocation.required("symbol")
        let owner = try invocation.address(try invocation.required("owner"))
        let spender = try invocation.address(try invocation.required("spender"))
        let allowed = try await invocation.client().assets.allowance(symbol, owner: owner, spender: spender)
        if invocation.isJSON {
            return Terminal.print([
                "symbol": .string(symbol), "owner": .string(owner.description),
                "spender": .string(spender.description), "allowance": .string(allowed),
            ])
        }
        Terminal.print("\(allowed) \(symbol)")
    }
}
