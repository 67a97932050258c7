import CairnClient
import Cryptography
import Foundation
import HTTP

/// What commands share: where the node and the accounts are.
extension Invocation {
    func client() throws -> CairnClient { try CairnClient(endpoint: endpoint, access: access) }

    /// The node's address.
    var endpoint: String {
        option("node") ?? ProcessInfo.processInfo.environment["CAIRN_NODE"] ?? CairnClient.defaultEndpoint
    }

    /// What the node is shown, if it asks who calls.
    var access: NodeAccess {
        let environment = ProcessInfo.processInfo.environment
        var access = NodeAccess()
        access.certificateFile = option("certificate") ?? environment["CAIRN_CERTIFICATE"]
        access.keyFile = option("certificate-key") ?? environment["CAIRN_CERTIFICATE_KEY"]
        access.authorityFile = option("authority") ?? environment["CAIRN_AUTHORITY"]
        access.tokenFile = option("token-file") ?? environment["CAIRN_TOKEN_FILE"]
        return access
    }

    func accounts() throws -> AccountStore {
        let named = option("keystore") ?? ProcessInfo.processInfo.environment["CAIRN_KEYSTORE"]
        if let named { return try AccountStore(directory: named) }
        let home = FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cairn")
        try makePrivateFolder(home.path)
        return try AccountStore(directory: home.appending(path: "accounts").path)
    }

    /// An address, or the name of an account of one's own.
    func address(_ text: String) throws -> AccountAddress {
        if let address = AccountAddress(text) { return address }
        return try accounts().find(text).address
    }

    /// What `--suite` says; nil if it says nothing.
    func suite() throws -> ChainSuite? {
        guard let text = option("suite") else { return nil }
        guard let suite = ChainSuite(rawValue: text) else {
            throw CommandError.usage("--suite takes international or national, not \"\(text)\"", command)
        }
        return suite
    }

    /// Prints what became of a transaction; throws unless it took effect.
    func report(_ result: TransactionResult, _ done: String) throws {
        try report(result) { _ in Done(text: done) }
    }

    /// The same, where the receipt says what was done.
    func report(_ result: TransactionResult, _ done: (TransactionReceipt) -> Done) throws {
        switch result {
        case .committed(let receipt):
            let done = done(receipt)
            if isJSON {
                var object = JSONObject()
                object["status"] = "committed"
                for (name, value) in done.members { object[name] = value }
                object["receipt"] = receipt.json
                return Terminal.print(.object(object))
            }
            Terminal.print("\(Terminal.output.green("committed")) in block \(receipt.height): \(done.text)")
            Terminal.print(Terminal.output.dim("transaction \(receipt.transaction), gas \(receipt.gasUsed)"))
        case .failed(let receipt):
            let failure = receipt.failure.map { "\($0.text) (\($0.code))" } ?? "no reason given"
            throw CommandError.failed(
                "the transaction failed in block \(receipt.height): \(failure); transaction \(receipt.transaction)")
        case .expired(let transaction):
            throw CommandError.failed(
                "the transaction expired before a block took it; send it again (it was \(transaction))")
        case .pending(let transaction):
            throw CommandError.failed(
                "no result yet, and it may still take effect: before you send it again, see "
                    + "cairn transaction show \(transaction)")
        }
    }
}

/// What a transaction did that took effect: for people, and what programs get besides the receipt.
struct Done {
    let text: String
    var members: [(name: String, value: JSON)] = []
}

/// Makes a folder that is nobody else's to read, unless it is there.
func makePrivateFolder(_ path: String) throws(CommandError) {
    do {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
        throw .failed("cannot make the folder \(path): is the folder above it there, and yours to write?")
    }
}

/// Reads a whole file, or says that it can't.
func readFile(_ path: String, _ what: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw CommandError.failed("cannot read \(what) \(path): is it there, and yours to read?")
    }
    return Array(data)
}
