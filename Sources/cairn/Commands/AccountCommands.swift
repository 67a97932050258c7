import CairnClient
import Foundation
import HTTP
import Primitives

extension Command {
    static let accountCreate = Command(
        noun: "account", verb: "create", summary: "make an account: a key of your own, encrypted on disk",
        arguments: [Argument(name: "name", help: "what you call it")],
        options: [
            Option(
                name: "scheme", placeholder: "SCHEME", help: "ed25519 or secp256k1 (default: ed25519)"), .keystore,
            .passphraseFile,
        ]
    ) { invocation in
        let name = try invocation.required("name")
        let scheme = try invocation.scheme()
        let store = try invocation.accounts()
        let passphrase = try PassphrasePrompt.read(invocation, for: "account \(name)", isNew: true)
        let account = try store.create(name, scheme: scheme, passphrase: passphrase)
        invocation.show(account, "created")
    }

    static let accountImport = Command(
        noun: "account", verb: "import", summary: "keep an account whose secret was made elsewhere",
        arguments: [Argument(name: "name", help: "what you call it")],
        options: [
            Option(
                name: "secret-file", placeholder: "FILE",
                help: "a file with the secret, 64 hexadecimal digits: Ed25519's seed or secp256k1's private key",
                isRequired: true),
            Option(name: "scheme", placeholder: "SCHEME", help: "ed25519 or secp256k1 (default: ed25519)"), .keystore,
            .passphraseFile,
        ]
    ) { invocation in
        let name = try invocation.required("name")
        let scheme = try invocation.scheme()
        let path = try invocation.required("secret-file")
        let text = String(decoding: try readFile(path, "the secret"), as: UTF8.self)
        guard var secret = [UInt8](hexadecimal: text.trimmingCharacters(in: .whitespacesAndNewlines)),
            secret.count == 32
        else { throw CommandError.failed("\(path) does not hold 64 hexadecimal digits") }
        defer { for index in secret.indices { secret[index] = 0 } }
        let passphrase = try PassphrasePrompt.read(invocation, for: "account \(name)", isNew: true)
        let account = try invocation.accounts().add(
            name, scheme: scheme, secret: secret, passphrase: passphrase)
        invocation.show(account, "imported")
    }

    static let accountList = Command(
        noun: "account", verb: "list", summary: "list your accounts", options: [.keystore]
    ) { invocation in
        let (accounts, refused) = try invocation.accounts().list()
        if invocation.isJSON {
            return Terminal.print([
                "accounts": .array(accounts.map(\.json)),
                "refused": .array(refused.map { ["file": .string($0.file), "reason": .string($0.reason)] }),
            ])
        }
        if accounts.isEmpty { Terminal.note("no accounts yet; make one with: cairn account create NAME") }
        let width = accounts.map(\.name.count).max() ?? 0
        for account in accounts {
            let padding = String(repeating: " ", count: width - account.name.count)
            Terminal.print("\(account.name)\(padding)  \(account.address)  \(account.scheme)")
        }
        for file in refused { Terminal.note("\(Terminal.errors.red("refused")) \(file.file): \(file.reason)") }
    }

    static let accountShow = Command(
        noun: "account", verb: "show", summary: "show an account: its address, and what it holds",
        arguments: [Argument(name: "account", help: "an address, or the name of one of your accounts")],
        options: [.node, .keystore]
    ) { invocation in
        let address = try invocation.address(try invocation.required("account"))
        let json = try await invocation.client().call("cairn_getAccount", [.string(address.description)])
        if invocation.isJSON { return Terminal.print(json) }
        Terminal.print("address  \(address)")
        let holdings = json["holdings"]?.arrayValue ?? []
        if holdings.isEmpty { Terminal.print("holds nothing") }
        for holding in holdings {
            guard let symbol = holding["symbol"]?.stringValue, let units = holding["balance"]?.stringValue,
                let balance = UInt256(decimal: units)
            else { continue }
            let decimals = try await invocation.client().assets.kind(symbol).decimals
            let frozen = holding["isFrozen"] == true ? " (frozen)" : ""
            Terminal.print("holds    \(AmountText.text(of: balance, decimals: decimals)) \(symbol)\(frozen)")
        }
    }
}

extension Invocation {
    fileprivate func scheme() throws -> AccountScheme {
        let text = option("scheme") ?? AccountScheme.ed25519.rawValue
        guard let scheme = AccountScheme(rawValue: text) else {
            throw CommandError.usage("--scheme takes ed25519 or secp256k1, not \"\(text)\"", command)
        }
        return scheme
    }

    fileprivate func show(_ account: Account, _ done: String) {
        if isJSON {
            return Terminal.print([
                "name": .string(account.name), "address": .string(account.address.description),
            ])
        }
        Terminal.print("\(Terminal.output.green(done)) account \(account.name)")
        Terminal.print("address  \(account.address)")
    }
}

extension AccountEntry {
    fileprivate var json: JSON {
        [
            "name": .string(name), "address": .string(address.description), "scheme": .string(scheme),
            "publicKey": .string(publicKeyText),
        ]
    }
}
