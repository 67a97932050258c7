import CairnClient
import Foundation
import HTTP

extension Command {
    static let proofGet = Command(
        noun: "proof", verb: "get", summary: "get a proof of a balance or of a transaction, for others to check",
        options: [
            Option(name: "asset", placeholder: "SYMBOL", help: "with --account: prove what it holds of this asset"),
            Option(
                name: "account", placeholder: "ACCOUNT", help: "an address, or one of your accounts",
                value: .account),
            Option(name: "transaction", placeholder: "ID", help: "prove this transaction and its receipt"),
            Option(name: "output", placeholder: "FILE", help: "the file to write (default: proof.bin)", value: .file),
            .height, .node, .keystore,
        ]
    ) { invocation in
        let height = try invocation.height()
        let client = try invocation.client()
        let proof: ProofDocument
        switch (invocation.option("asset"), invocation.option("account"), invocation.option("transaction")) {
        case (let asset?, let account?, nil):
            proof = try await client.proof(ofBalance: asset, of: try invocation.address(account), at: height)
        case (nil, nil, let transaction?) where height == nil:
            proof = try await client.proof(ofTransaction: transaction)
        default:
            throw CommandError.usage(
                "give either --asset and --account (and --height), or --transaction", invocation.command)
        }
        let path = invocation.option("output") ?? "proof.bin"
        do {
            try Data(proof.bytes).write(to: URL(filePath: path))
        } catch {
            throw CommandError.failed("cannot write \(path): \(error.localizedDescription)")
        }
        if invocation.isJSON {
            return Terminal.print(["file": .string(path), "bytes": .integer(Int64(proof.bytes.count))])
        }
        Terminal.print("\(Terminal.output.green("written")) \(path), \(proof.bytes.count) bytes")
        Terminal.print("check it with: cairn proof verify \(path) --genesis genesis.bin")
    }

    static let proofVerify = Command(
        noun: "proof", verb: "verify", summary: "check a proof with nothing but the chain's genesis",
        arguments: [Argument(name: "file", help: "the proof", value: .file)],
        options: [
            Option(
                name: "genesis", placeholder: "FILE", help: "the chain's genesis.bin", isRequired: true, value: .file)
        ]
    ) { invocation in
        let path = try invocation.required("file")
        let proof = try ProofDocument(bytes: try readFile(path, "the proof"))
        let fact = try proof.verify(
            genesisBytes: try readFile(try invocation.required("genesis"), "the genesis"))
        if invocation.isJSON { return Terminal.print(fact.json) }
        Terminal.print("\(Terminal.output.green("proven")): \(fact.statement)")
        Terminal.print("at block \(fact.height) of chain \(fact.genesisDigest)")
        Terminal.print(Terminal.output.dim("fault model of the certificate: \(fact.faultModel)"))
    }
}
