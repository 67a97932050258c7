import CairnClient
import Cryptography
import Foundation
import HTTP
import Interfaces
import Ledger
import Primitives
import Replica
import Storage

extension Command {
    static let blockShow = Command(
        noun: "block", verb: "show", summary: "show a block",
        arguments: [
            Argument(name: "height", help: "the block's height, or latest (default: latest)", isRequired: false)
        ],
        options: [.node]
    ) { invocation in
        let text = invocation.argument("height") ?? "latest"
        guard text == "latest" || UInt64(text) != nil else {
            throw CommandError.usage("a height is a number or \"latest\", not \"\(text)\"", invocation.command)
        }
        let height: JSON = UInt64(text).map(JSON.unsigned) ?? "latest"
        let block = try await invocation.client().call("cairn_getBlock", [height])
        guard !block.isNull else { throw CommandError.failed("there is no block \(text) yet") }
        if invocation.isJSON { return Terminal.print(block) }
        Terminal.show(
            block,
            ["height", "hash", "parent", "time", "decision", "transactionCount", "stateRoot", "receiptsRoot"])
        for transaction in block["transactions"]?.arrayValue ?? [] {
            Terminal.print("contains  \(transaction.stringValue ?? "")")
        }
    }

    static let ledgerVerify = Command(
        noun: "ledger", verb: "verify", summary: "check a whole ledger from its files, with no node",
        discussion: """
            Walks the chain from the first block to the last: hashes, signatures, certificates, and every result by
            executing it again. Says which block is the first that is not right, and why. The node must not be running
            on the folder; a copy of it serves as well. A node that has joined lacks the first blocks: what it has is
            executed from its oldest snapshot on, and blocks before that are proven by certificates.
            """,
        options: [
            Option(
                name: "directory", placeholder: "DIR", help: "the folder of the chain's node", isRequired: true,
                value: .folder)
        ]
    ) { invocation in
        try verifyLedger(invocation, try invocation.required("directory"))
    }

    private static func verifyLedger(_ invocation: Invocation, _ folder: String) throws {
        let genesis: Genesis
        do {
            genesis = try Genesis(canonicalBytes: try readFile("\(folder)/genesis.bin", "the genesis"))
        } catch let error as CodingError {
            throw CommandError.failed("\(folder)/genesis.bin is not a genesis: \(error)")
        }
        guard FileManager.default.fileExists(atPath: "\(folder)/data/ledger") else {
            throw CommandError.failed("\(folder)/data/ledger is not there: has the node ever run?")
        }
        // Verifying changes nothing, not even what a crash has torn.
        let disk = SyncDroppingDisk.readOnly(try FileDisk(root: "\(folder)/data/ledger"))
        let journal = try JournalContents(group: genesis.group, records: try Journal.open(disk: disk).records)
        let opened = try BlockLog.open(disk: disk, group: genesis.group)
        let verifier = PooledVerifier(threadCount: ProcessInfo.processInfo.activeProcessorCount)
        defer { verifier.stop() }
        var verification = LedgerVerification(
            genesis: genesis, log: opened.log, journal: journal, verifier: verifier)
        let store = try TemporaryStore()
        let shelf = try SnapshotShelf(genesis: genesis, on: disk)
        let base = VerificationBase(shelf, invitation: try invitation(of: folder))
        let verified = try verification.run(store: store.store, base: base) { progress in
            Terminal.progress(
                "block \(progress.height) of \(progress.last) is right", progress.height, of: progress.last)
        }
        Terminal.endProgress()
        if let torn = opened.report.torn, torn.number > verified.height, verified.unloggedDecisionCount == 0 {
            throw CommandError.failed(
                "block \(torn.number): its record in the log is incomplete or damaged, and the journal does not hold "
                    + "it (byte \(torn.offset) of \(torn.path)); blocks 1 to \(verified.height) are right")
        }
        if invocation.isJSON {
            return Terminal.print([
                "first": .unsigned(verified.first), "firstExecuted": .unsigned(verified.firstExecuted),
                "height": .unsigned(verified.height), "blockHash": .string(verified.blockHash.description),
                "stateRoot": .string(verified.stateRoot.description),
                "transactions": .unsigned(verified.transactionCount),
                "unloggedDecisions": .integer(Int64(verified.unloggedDecisionCount)),
            ])
        }
        let right = Terminal.output.green("right")
        let count = verified.height - min(verified.height, verified.first - 1)
        Terminal.print("\(right): \(count) blocks, \(verified.transactionCount) transactions")
        if verified.first > 1 {
            Terminal.print(
                "blocks      \(verified.first) to \(verified.height), as the node has joined; executed again from "
                    + "\(verified.firstExecuted) on, those before proven by hashes and certificates")
        }
        Terminal.print("block hash  \(verified.blockHash)")
        Terminal.print("state root  \(verified.stateRoot)")
        guard verified.unloggedDecisionCount > 0 else { return }
        Terminal.print(
            "the journal holds \(verified.unloggedDecisionCount) more decisions, which the node puts into the log when "
                + "it starts")
    }
}

/// What a node's configuration says that it was invited to; nil for nothing, or no configuration.
private func invitation(of folder: String) throws -> Invitation? {
    let path = "\(folder)/node.json"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let bytes = try readFile(path, "the configuration")
    do throws(ConfigurationError) { return try NodeConfiguration(json: bytes).network?.invitation } catch {
        throw CommandError.failed("\(path): \(error)")
    }
}

/// A store of its own in a temporary folder, which goes with it: so that a ledger of any size can be executed again.
private final class TemporaryStore {
    let store: RocksDBStore
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "cairn-verify-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        store = try RocksDBStore(path: folder.appending(path: "state").path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
