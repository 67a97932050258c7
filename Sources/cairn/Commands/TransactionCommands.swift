import CairnClient
import Foundation
import HTTP
import Synchronization

extension Argument {
    fileprivate static let document = Argument(name: "file", help: "the transaction's file", value: .file)
}

extension Command {
    static let transactionShow = Command(
        noun: "transaction", verb: "show", summary: "show a transaction and its receipt",
        arguments: [Argument(name: "identity", help: "the transaction's identity, 0x and 64 hexadecimal digits")],
        options: [.node]
    ) { invocation in
        let identity: JSON = .string(try invocation.required("identity"))
        let client = try invocation.client()
        let transaction = try await client.call("cairn_getTransaction", [identity])
        guard !transaction.isNull else { throw CommandError.failed("no block holds this transaction") }
        let receipt = try await client.call("cairn_getReceipt", [identity])
        if invocation.isJSON { return Terminal.print(["transaction": transaction, "receipt": receipt]) }
        Terminal.show(
            transaction, ["identity", "height", "sender", "contract", "method", "arguments", "expiry", "gasLimit"])
        Terminal.show(receipt, ["status", "gasUsed"])
        if let failure = receipt["failure"]?["text"]?.stringValue { Terminal.print("failure   \(failure)") }
        for event in receipt["events"]?.arrayValue ?? [] {
            Terminal.print("event     \(event["name"]?.stringValue ?? "") \(event["data"]?.stringValue ?? "")")
        }
    }

    static let transactionSign = Command(
        noun: "transaction", verb: "sign", summary: "sign a transaction that somebody has written to a file",
        discussion: """
            Shows what the transaction does, and adds the signature of your key. It needs no node. Read what is shown:
            once enough of the others have signed, anybody who has the file can send the transaction.
            """,
        arguments: [.document],
        options: [
            Option(
                name: "as", placeholder: "NAME", help: "your key, or an account of which your keys sign",
                isRequired: true, value: .account),
            Option(
                name: "output", placeholder: "FILE", help: "the file to write (default: the same file)",
                value: .file), .keystore, .passphraseFile,
        ]
    ) { invocation in
        let path = try invocation.required("file")
        var document = try invocation.document(path)
        let store = try invocation.accounts()
        let keys = try document.keyNames(of: try invocation.required("as"), in: store)
        if !invocation.isJSON { document.summary.forEach { Terminal.print($0) } }
        for key in keys {
            let passphrase = try PassphrasePrompt.read(invocation, for: "key \(key)", isNew: false)
            try document.sign(with: try store.openKey(key, passphrase: passphrase))
        }
        try invocation.write(document, to: invocation.option("output") ?? path)
    }

    static let transactionJoin = Command(
        noun: "transaction", verb: "join", summary: "add the signatures of one copy of a transaction to another",
        arguments: [
            .document, Argument(name: "copy", help: "the copy that somebody else has signed", value: .file),
        ]
    ) { invocation in
        let path = try invocation.required("file")
        var document = try invocation.document(path)
        try document.join(try invocation.document(try invocation.required("copy")))
        try invocation.write(document, to: path)
    }

    static let transactionSubmit = Command(
        noun: "transaction", verb: "submit", summary: "send a transaction from a file that all have signed",
        discussion: """
            A node takes a transaction in the last two minutes before it expires. This command waits until then, and
            tells how long it will take.
            """,
        arguments: [.document], options: [.node]
    ) { invocation in
        let document = try invocation.document(try invocation.required("file"))
        let whole = Mutex(UInt64(0))
        let result = try await invocation.client().submit(document) { milliseconds in
            let longest = whole.withLock { longest in
                longest = max(longest, milliseconds)
                return longest
            }
            let text = "waiting \((milliseconds + 999) / 1000) s until the chain takes it"
            Terminal.progress(text, longest - milliseconds, of: longest)
        }
        Terminal.endProgress()
        try invocation.report(result, "sent")
    }
}

extension TransactionDocument {
    /// The keys of a store that act for those who must sign.
    func keyNames(in store: AccountStore) throws -> [String] {
        var names: [String] = []
        for place in signers.indices {
            for name in try keyNames(ofSigner: place, in: store) where !names.contains(name) { names.append(name) }
        }
        return names
    }

    private func keyNames(ofSigner place: Int, in store: AccountStore) throws -> [String] {
        let account = try store.find(signers[place].description)
        return try store.keyNames(for: account, authentication(ofSigner: place), in: chainSuite)
    }

    /// The key of that name; or, if it names an account that must sign, the keys that act for that.
    func keyNames(of name: String, in store: AccountStore) throws -> [String] {
        let entry = try store.find(name)
        if let key = entry.publicKey, signers.indices.contains(where: { acts(key, forSigner: $0) }) { return [name] }
        let names = try signers.firstIndex(of: entry.address).map { try keyNames(ofSigner: $0, in: store) } ?? []
        guard names.isEmpty else { return names }
        throw CommandError.failed(
            "no key of \"\(name)\" here acts for an account that must sign: \(missing.joined(separator: "; "))")
    }
}
