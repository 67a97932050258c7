import CairnClient
import Contracts
import Cryptography
import Foundation
import Glibc
import HTTP
import Interfaces
import Ledger
import Node
import Primitives

extension Command {
    static let chainCreate = Command(
        noun: "chain", verb: "create", summary: "create a chain of one node in a new folder",
        discussion: """
            Makes the chain's genesis, the node's key and configuration, and the file of the key's passphrase. The
            folder is all that the node needs: start it with "cairn node run --config DIR/node.json". Keep the
            passphrase file apart from backups of the folder.
            """,
        options: [
            Option(
                name: "directory", placeholder: "DIR", help: "the new folder", isRequired: true, value: .folder),
            Option(name: "name", placeholder: "NAME", help: "the chain's name (default: cairn)"),
            .suite("the chain's ciphers: international or national (default: international)"),
            Option(name: "port", placeholder: "PORT", help: "the port for clients, 0 for any (default: 8545)"),
            Option(
                name: "checkpoint-interval", placeholder: "BLOCKS",
                help: "after how many blocks nodes may keep the state as it was (default: 1000)"),
        ]
    ) { invocation in
        var limits = ChainLimits()
        limits.checkpointInterval = try invocation.number("checkpoint-interval", default: limits.checkpointInterval)
        if let violation = limits.violation { throw CommandError.failed(violation) }
        let folder = try ChainFolder.create(
            at: try invocation.required("directory"), name: invocation.option("name") ?? "cairn",
            suite: try invocation.suite()?.suite ?? .international,
            port: try invocation.number("port", default: UInt16(8545)), limits: limits)
        if invocation.isJSON {
            return Terminal.print([
                "directory": .string(folder.path), "genesis": .string(folder.genesis.digest.description),
                "configuration": .string(folder.file("node.json")), "suite": .string("\(folder.genesis.suite)"),
            ])
        }
        Terminal.print("\(Terminal.output.green("created")) the chain \"\(folder.genesis.name)\" in \(folder.path)")
        Terminal.print("genesis  \(folder.genesis.digest)")
        Terminal.print("suite    \(folder.genesis.suite)")
        Terminal.print("start    cairn node run --config \(folder.file("node.json"))")
    }
}

/// The folder of a chain's node.
struct ChainFolder {
    let path: String
    let genesis: Genesis

    func file(_ name: String) -> String { "\(path)/\(name)" }

    static func create(
        at path: String, name: String, suite: Suite, port: UInt16, limits: ChainLimits
    ) throws -> ChainFolder {
        guard !name.isEmpty, name.utf8.count <= LedgerLimits.chainNameByteCountMax else {
            throw CommandError.failed("a chain's name has 1 to \(LedgerLimits.chainNameByteCountMax) bytes")
        }
        try makeEmptyFolder(path)
        let passphrase = randomPassphrase()
        try write(Array((passphrase + "\n").utf8), to: "\(path)/passphrase", mode: 0o600)
        let key = try KeyStore(directory: "\(path)/keys").create(
            "node", suite.defaultScheme, passphrase: try Passphrase(copying: passphrase))
        let genesis = Genesis(
            name: name, suite: suite, group: 1, time: SystemClock.wall, faultModels: [.none],
            epoch: EpochConfiguration(
                number: 0, engine: .solo, verification: .all, orderers: [key.publicKey], certifiers: [key.publicKey]),
            executionVersion: ExecutionRules.currentVersion, limits: limits)
        try genesis.check()
        try write(genesis.canonicalBytes, to: "\(path)/genesis.bin", mode: 0o644)
        var configuration = NodeConfiguration()
        configuration.rpcPort = port
        try write(Array((configuration.json.prettyText + "\n").utf8), to: "\(path)/node.json", mode: 0o644)
        return ChainFolder(path: path, genesis: genesis)
    }

    private static func makeEmptyFolder(_ path: String) throws {
        let files = FileManager.default
        if let contents = try? files.contentsOfDirectory(atPath: path) {
            guard contents.isEmpty else {
                throw CommandError.failed("\(path) is not empty; name a new folder for the chain")
            }
            return
        }
        try makePrivateFolder(path)
    }

    /// 256 bits from the system, in hexadecimal digits.
    private static func randomPassphrase() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return String(bytes.hexadecimal.dropFirst(2))
    }

    /// Writes a new file, and has it on the disk before returning.
    private static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw CommandError.failed("cannot make \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(descriptor) == 0 else {
            throw CommandError.failed("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
