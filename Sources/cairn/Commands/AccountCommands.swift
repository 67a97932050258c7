import CairnClient
import Foundation
import HTTP
import Primitives

extension Command {
    static let accountCreate = Command(
        noun: "account", verb: "create", summary: "make an account: a key of your own, encrypted on disk",
        arguments: [Argument(name: "name", help: "what you call it")],
        options: [.scheme, .accountSuite, .node, .keystore, .passphraseFile]
    ) { invocation in
        let name = try invocation.required("name")
        let (scheme, suite) = try await invocation.schemeAndSuite()
        let store = try invocation.accounts()
        let passphrase = try PassphrasePrompt.read(invocation, for: "account \(name)", isNew: true)
        let account = try store.create(name, scheme: scheme, suite: suite, passphrase: passphrase)
        invocation.show(account, scheme, suite, "created")
    }

    static let accountImport = Command(
        noun: "account", verb: "import", summary: "keep an account whose secret was made elsewhere",
        arguments: [Argument(name: "name", help: "what you call it")],
        options: [
            Option(
                name: "secret-file", placeholder: "FILE",
                help: "a file with the secret, 64 hexadecimal digits: Ed25519's seed, or another scheme's private key",
                isRequired: true, value: .file),
            .scheme, .accountSuite, .node, .keystore, .passphraseFile,
        ]
    ) { invocation in
        let name = try invocation.required("name")
        let (scheme, suite) = try await invocation.schemeAndSuite()
        let path = try invocation.required("secret-file")
        let text = String(decoding: try readFile(path, "the secret"), as: UTF8.self)
        guard var secret = [UInt8](hexadecimal: text.trimmingCharacters(in: .whitespacesAndNewlines)),
            secret.count == 32
        else { throw CommandError.failed("\(path) does not hold 64 hexadecimal digits") }
        defer { for index in secret.indices { secret[index] = 0 } }
        let passphrase = try PassphrasePrompt.read(invocation, for: "account \(name)", isNew: true)
        let account = try invocation.accounts().add(
            name, scheme: scheme, suite: suite, secret: secret, passphrase: passphrase)
        invocation.show(account, scheme, suite, "imported")
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
            let suite = account.suite == .national ? ", national suite" : ""
            Terminal.print("\(account.name)\(padding)  \(account.address)  \(account.scheme ?? "address only")\(suite)")
        }
        for file in refused { Terminal.note("\(Terminal.errors.red("refused")) \(file.file): \(file.reason)") }
    }

    static let accountShow = Command(
        noun: "account", verb: "show", summary: "show an account: its address, and what it holds",
        arguments: [.account], options: [.height, .node, .keystore]
    ) { invocation in
        let address = try invocation.address(try invocation.required("account"))
        let height: JSON = try invocation.height().map(JSON.unsigned) ?? .null
        let json = try await invocation.client().call("cairn_getAccount", [.string(address.description), height])
        if invocation.isJSON { return Terminal.print(json) }
        Terminal.print("address  \(address)")
        if let policy = json["authentication"], policy != "address" {
            let (keys, threshold) = (policy["keys"]?.arrayValue?.count ?? 0, policy["threshold"]?.uint64Value ?? 0)
            Terminal.print("signed   by \(keys) keys, threshold \(threshold); see: cairn account keys \(address)")
        }
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

extension Option {
    fileprivate static let accountSuite = suite(
        "the ciphers of the account's chains: international or national (default: those of the node's chain, else "
            + "international)")
}

extension Argument {
    static let account = Argument(
        name: "account", help: "an address, or the name of one of your accounts", value: .account)
}

extension Invocation {
    /// How a new account signs, and for which chains its address is. Unless told otherwise, for the chain of the node;
    /// where no node answers at the usual place, for chains of the international suite.
    fileprivate func schemeAndSuite() async throws -> (AccountScheme, ChainSuite) {
        let text = option("scheme")
        let scheme = text.flatMap(AccountScheme.init)
        if let text, scheme == nil {
            throw CommandError.usage("--scheme takes \(AccountScheme.names), not \"\(text)\"", command)
        }
        let suite: ChainSuite
        if let named = try self.suite() {
            suite = named
        } else if scheme == .secp256k1 {
            // Its address is the same on all chains.
            suite = .international
        } else {
            suite = try await suiteOfNode()
        }
        return (scheme ?? suite.defaultScheme, suite)
    }

    private func suiteOfNode() async throws -> ChainSuite {
        do {
            return try await client().chain().suite
        } catch ClientError.connection(let reason) {
            guard option("node") == nil else {
                throw CommandError.failed("\(reason); without a node, say --suite international or national")
            }
            return .international
        }
    }

    fileprivate func show(_ account: Account, _ scheme: AccountScheme, _ suite: ChainSuite, _ done: String) {
        if isJSON {
            return Terminal.print([
                "name": .string(account.name), "address": .string(account.address.description),
                "scheme": .string(scheme.rawValue), "suite": .string(suite.rawValue),
            ])
        }
        Terminal.print("\(Terminal.output.green(done)) account \(account.name)")
        Terminal.print("address  \(account.address)")
        let chains = scheme == .secp256k1 ? "for all chains" : "for chains of the \(suite.rawValue) suite"
        Terminal.print("key      \(scheme.rawValue), \(chains)")
    }
}

extension AccountEntry {
    fileprivate var json: JSON {
        [
            "name": .string(name), "address": .string(address.description),
            "scheme": scheme.map(JSON.string) ?? .null, "suite": suite.map { .string($0.rawValue) } ?? .null,
            "publicKey": publicKey.map { .string($0.hexadecimal) } ?? .null,
        ]
    }
}
