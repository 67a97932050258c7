import CairnClient
import HTTP

extension Command {
    static let accountAdd = Command(
        noun: "account", verb: "add", summary: "give a name to an account whose keys are elsewhere",
        discussion: """
            The name then serves wherever an account is asked for. If keys of yours sign for the account, because it
            has a policy with them, the name also serves for --as.
            """,
        arguments: [
            Argument(name: "name", help: "what you call it"), Argument(name: "address", help: "its address"),
        ],
        options: [.keystore]
    ) { invocation in
        let (name, text) = (try invocation.required("name"), try invocation.required("address"))
        guard let address = AccountAddress(text) else {
            throw CommandError.usage("an address is 0x and 40 hexadecimal digits, not \"\(text)\"", invocation.command)
        }
        try invocation.accounts().add(name, address: address)
        if invocation.isJSON {
            return Terminal.print(["name": .string(name), "address": .string(address.description)])
        }
        Terminal.print("\(Terminal.output.green("added")) \(name), \(address)")
    }

    static let accountKeys = Command(
        noun: "account", verb: "keys", summary: "show who signs for an account", arguments: [.account],
        options: [.node, .keystore]
    ) { invocation in
        let address = try invocation.address(try invocation.required("account"))
        let client = try invocation.client()
        let json = try await client.call("cairn_getAccount", [.string(address.description)])
        if invocation.isJSON {
            return Terminal.print([
                "address": .string(address.description), "authentication": json["authentication"] ?? .null,
            ])
        }
        Terminal.print("address    \(address)")
        guard case .policy(let policy) = try await client.accounts.authentication(of: address) else {
            return Terminal.print("signed by  the key that the address is made of")
        }
        Terminal.print("threshold  \(policy.threshold)")
        let known = try invocation.accounts().list().accounts
        for listed in policy.keys {
            let name = known.first { $0.publicKey == listed.key }.map { " (\($0.name))" } ?? ""
            Terminal.print("weight \(listed.weight)   \(listed.key)\(name)")
        }
    }

    static let accountRotate = Command(
        noun: "account", verb: "rotate", summary: "replace an account's keys by a new one; the address stays",
        discussion: """
            The new key is that of another account of yours, made with "cairn account create". Both sign: the account
            as it stands, and the new key, which so is known to be at hand. From then on the new key alone signs for
            the account; go on using its old name with --as. The old key is of no more use for it.
            """,
        arguments: [.account],
        options: [
            Option(
                name: "to", placeholder: "NEWNAME", help: "the account whose key signs from now on", isRequired: true,
                value: .account)
        ] + Option.signing
    ) { invocation in
        let key = try invocation.weightedKey(try invocation.required("to"))
        try await invocation.setPolicy(
            AccountPolicy(threshold: 1, keys: [key]), done: "the key \(key.key) signs for it from now on")
    }

    static let accountPolicy = Command(
        noun: "account", verb: "policy", summary: "let several keys sign for an account; the address stays",
        discussion: """
            Each --key is the name of an account of yours whose key it is, or a public key as "cairn account keys"
            shows it, with its weight behind a colon (default: 1). From then on transactions of the account need keys
            that weigh --threshold together. New keys must be shown to be at hand: so many of them sign, too, that
            they reach the threshold. Where others hold them, add --output.
            """,
        arguments: [.account],
        options: [
            Option(
                name: "key", placeholder: "KEY[:WEIGHT]", help: "a key and its weight; once for each key",
                isRequired: true, isRepeatable: true, value: .account),
            Option(
                name: "threshold", placeholder: "N", help: "how much the signing keys must weigh (default: all)"),
        ] + Option.signing
    ) { invocation in
        let keys = try invocation.values("key").map(invocation.weightedKey)
        let all = keys.reduce(UInt32(0)) { $0 + UInt32($1.weight) }
        let threshold = try invocation.number("threshold", default: all)
        try await invocation.setPolicy(
            AccountPolicy(threshold: threshold, keys: keys),
            done: "\(keys.count) keys sign for it from now on, threshold \(threshold)")
    }
}

extension Invocation {
    /// A key with its weight: `NAME`, `NAME:2`, `sm2:0x02…`, `sm2:0x02…:2`.
    fileprivate func weightedKey(_ text: String) throws -> AccountPolicy.WeightedKey {
        var (name, weight) = (text, UInt16(1))
        if let colon = text.lastIndex(of: ":"), let number = UInt16(text[text.index(after: colon)...]) {
            (name, weight) = (String(text[..<colon]), number)
        }
        if let key = AccountPublicKey(name) { return AccountPolicy.WeightedKey(key: key, weight: weight) }
        guard let key = try accounts().find(name).publicKey else {
            throw CommandError.failed(
                "there is no key of \"\(name)\" here; make one with: cairn account create NAME, or give a public key "
                    + "as SCHEME:0x...")
        }
        return AccountPolicy.WeightedKey(key: key, weight: weight)
    }

    fileprivate func setPolicy(_ policy: AccountPolicy, done: String) async throws {
        let store = try accounts()
        let entry = try store.find(try required("account"))
        let own = try store.list().accounts.compactMap(\.publicKey)
        let accounts = try client().accounts
        let cosigners = try await accounts.cosigners(for: policy, preferring: own)
        try await perform(as: entry, cosigners: cosigners, done: done) { _ in accounts.call(setting: policy) }
        if AccountAddress(entry.name) == nil { try store.keepAddress(of: entry) }
    }
}
