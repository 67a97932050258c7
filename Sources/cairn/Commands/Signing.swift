import CairnClient
import Foundation
import HTTP

/// How a command's transaction gets its signatures, and where it goes then.
extension Invocation {
    /// Has the account of `--as` do something: sends the transaction and says what became of it, or writes it to the
    /// file of `--output`. Prints nothing and gives back false in the second case.
    @discardableResult
    func perform(
        as entry: AccountEntry? = nil, cosigners: [AccountAddress] = [], done: String,
        _ call: (CairnClient) async throws -> ContractCall
    ) async throws -> Bool {
        try await perform(as: entry, cosigners: cosigners) { _ in
            Done(text: done)
        } call: {
            try await call($0)
        }
    }

    /// The same, where the receipt says what was done.
    @discardableResult
    func perform(
        as entry: AccountEntry? = nil, cosigners: [AccountAddress] = [], done: (TransactionReceipt) -> Done,
        call: (CairnClient) async throws -> ContractCall
    ) async throws -> Bool {
        let lifetimeMilliseconds = try lifetimeMilliseconds()
        let (client, sender) = (try client(), try entry ?? accounts().find(required("as")))
        try await requireSuite(of: sender, client)
        var document = try await client.prepare(
            try await call(client), sender: sender.address, cosigners: cosigners,
            lifetimeMilliseconds: lifetimeMilliseconds)
        try sign(&document, isAllNeeded: option("output") == nil)
        if let path = option("output") {
            try write(document, to: path)
            return false
        }
        try report(try await client.submit(document), done)
        return true
    }

    /// An account's address depends on the suite.
    private func requireSuite(of account: AccountEntry, _ client: CairnClient) async throws {
        let suite = try await client.chain().suite
        guard account.suite == nil || account.suite == suite else {
            throw CommandError.failed(
                "the account \"\(account.name)\" is for chains of the other suite, this chain's is \(suite.rawValue); "
                    + "make one for it with: cairn account create NAME --suite \(suite.rawValue)")
        }
    }

    /// How long a transaction is valid: long enough for others to sign it, if it goes to a file.
    private func lifetimeMilliseconds() throws -> UInt64 {
        guard option("output") != nil else {
            guard option("expires-in") == nil else {
                throw CommandError.usage("--expires-in goes with --output", command)
            }
            return CairnClient.defaultLifetimeMilliseconds
        }
        return try milliseconds("expires-in", default: "15m")
    }

    /// A time that an option gives, as `90s`, `15m`, `2h` or `1d`.
    func milliseconds(_ name: String, default value: String) throws(CommandError) -> UInt64 {
        let text = option(name) ?? value
        let units: [Character: UInt64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = text.last.flatMap({ units[$0] }), let count = UInt32(text.dropLast()), count > 0 else {
            throw .usage("--\(name) takes a time as 90s, 15m, 2h or 1d, not \"\(text)\"", command)
        }
        return UInt64(count) * unit
    }

    /// Signs with the keys of `--with-key`, else with those of the key store that act for who must sign.
    private func sign(_ document: inout TransactionDocument, isAllNeeded: Bool) throws {
        let store = try accounts()
        var names = values("with-key")
        if names.isEmpty { names = try document.keyNames(in: store) }
        for name in names {
            let passphrase = try PassphrasePrompt.read(self, for: "key \(name)", isNew: false)
            try document.sign(with: try store.openKey(name, passphrase: passphrase))
        }
        guard isAllNeeded, !document.isComplete else { return }
        throw CommandError.failed(
            "the keys here do not suffice: \(document.missing.joined(separator: "; ")); add --output FILE, and have "
                + "the others sign the file with: cairn transaction sign FILE --as NAME")
    }
}

// MARK: - Files of transactions

extension Invocation {
    func document(_ path: String) throws -> TransactionDocument {
        do {
            return try TransactionDocument(bytes: try readFile(path, "the transaction"))
        } catch let error as ClientError {
            throw CommandError.failed("\(path): \(error)")
        }
    }

    /// Writes a transaction for others, and says what it still needs.
    func write(_ document: TransactionDocument, to path: String) throws {
        do {
            try Data(document.bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandError.failed("cannot write \(path): \(error.localizedDescription)")
        }
        if isJSON {
            return Terminal.print([
                "file": .string(path), "identity": .string(document.identity), "isComplete": .bool(document.isComplete),
                "missing": .array(document.missing.map(JSON.string)), "expiry": .unsigned(document.expiryMilliseconds),
                "summary": .array(document.summary.map(JSON.string)),
            ])
        }
        Terminal.print("\(Terminal.output.green("written")) \(path), transaction \(document.identity)")
        for missing in document.missing { Terminal.print("missing  \(missing)") }
        Terminal.print(
            document.isComplete
                ? "send it with: cairn transaction submit \(path)"
                : "have it signed with: cairn transaction sign \(path) --as NAME")
    }
}
