import CairnClient
import Contracts
import Cryptography
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

            With --organisation the genesis names that organisation, its administrators and this node, and others join
            by proposals (cairn proposal create). Its authority is made in DIR/authority, under the same passphrase, and
            has issued DIR/node.pem.
            """,
        options: [
            Option(
                name: "directory", placeholder: "DIR", help: "the new folder", isRequired: true, value: .folder),
            Option(name: "name", placeholder: "NAME", help: "the chain's name (default: cairn)"),
            .suite("the chain's ciphers: international or national (default: international)"),
            Option(name: "port", placeholder: "PORT", help: "the port for clients, 0 for any (default: 8545)"),
            Option(
                name: "organisation", placeholder: "NAME",
                help: "found an organisation that governs the chain by proposals, with an authority of its own"),
            Option(
                name: "administrator", placeholder: "ACCOUNT",
                help: "with --organisation: an account that acts for it, an address or one of yours; may be repeated",
                isRepeatable: true, value: .account),
            Option(
                name: "checkpoint-interval", placeholder: "BLOCKS",
                help: "after how many blocks nodes may keep the state as it was (default: 1000)"),
        ]
    ) { invocation in
        var limits = ChainLimits()
        limits.checkpointInterval = try invocation.number("checkpoint-interval", default: limits.checkpointInterval)
        if let violation = limits.violation { throw CommandError.failed(violation) }
        let suite = try invocation.suite()?.suite ?? .international
        let folder = try ChainFolder.create(
            at: try invocation.required("directory"), name: invocation.option("name") ?? "cairn", suite: suite,
            port: try invocation.number("port", default: UInt16(8545)), limits: limits,
            founder: try invocation.founder(in: suite))
        if invocation.isJSON {
            return Terminal.print([
                "directory": .string(folder.path), "genesis": .string(folder.genesis.digest.description),
                "configuration": .string(folder.file("node.json")), "suite": .string("\(folder.genesis.suite)"),
            ])
        }
        Terminal.print("\(Terminal.output.green("created")) the chain \"\(folder.genesis.name)\" in \(folder.path)")
        Terminal.print("genesis  \(folder.genesis.digest)")
        Terminal.print("suite    \(folder.genesis.suite)")
        for organisation in folder.genesis.members?.organisations ?? [] {
            Terminal.print("members  \(organisation.name); more with: cairn proposal create --add-organisation FILE")
        }
        Terminal.print("start    cairn node run --config \(folder.file("node.json"))")
    }
}

extension Invocation {
    /// What `--organisation` founds; nil without it.
    fileprivate func founder(in suite: Suite) throws -> Founder? {
        let administrators = values("administrator")
        guard let text = option("organisation") else {
            guard administrators.isEmpty else {
                throw CommandError.usage("--administrator goes with --organisation", command)
            }
            return nil
        }
        guard let name = MemberName(text) else {
            throw CommandError.usage(
                "--organisation takes 1 to \(MemberLimits.nameByteCountMax) of a-z, 0-9 and \"-\", a letter first, not "
                    + "\"\(text)\"", command)
        }
        guard !administrators.isEmpty else {
            throw CommandError.usage(
                "--organisation needs --administrator, an account that acts for it; make one with: cairn account "
                    + "create NAME", command)
        }
        return Founder(name: name, administrators: try administrators.map { try administrator($0, in: suite) })
    }

    private func administrator(_ text: String, in suite: Suite) throws -> Address {
        if let address = AccountAddress(text) { return address.value }
        let entry = try accounts().find(text)
        guard entry.suite == nil || entry.suite?.suite == suite else {
            throw CommandError.failed(
                "the account \"\(text)\" is for chains of the other suite, this chain's is \(suite); make one for it "
                    + "with: cairn account create NAME --suite \(suite)")
        }
        return entry.address.value
    }
}

/// The organisation that a new chain begins with.
struct Founder {
    let name: MemberName
    let administrators: [Address]

    private static let nodeName = "node"

    /// Makes the organisation's authority and the node's certificate in the chain's folder, all under one passphrase.
    fileprivate func membership(
        in path: String, _ suite: Suite, node: PublicKey, passphrase: String
    ) throws -> Membership {
        let time = SystemClock.wall
        let authority = try AuthorityFolder.create(
            at: "\(path)/authority", organisation: name.description, suite: suite, rootDays: AuthorityLimits.rootDays,
            issuingDays: AuthorityLimits.issuingDays, passphrase: try Passphrase(copying: passphrase), at: time)
        let key = try KeyStore(directory: "\(path)/keys").create(
            "node-certificate", CertificateAlgorithm(suite).scheme, passphrase: try Passphrase(copying: passphrase))
        let request = try CertificateRequest(
            organisation: name.description, commonName: Self.nodeName, role: .node, key: key)
        let certificate = try authority.authority(.issuing, passphrase: try Passphrase(copying: passphrase)).issue(
            request,
            CertificateGrant(commonName: Self.nodeName, use: .holder(.node), days: AuthorityLimits.holderDays), at: time
        )
        let chain = try authority.keep(certificate, by: .issuing)
        try NewFiles.write(Array(chain.utf8), to: "\(path)/node.pem", mode: 0o644)
        guard let nodeName = MemberName(Self.nodeName) else { preconditionFailure("the node's name is one") }
        let member = MemberNode(
            name: nodeName, role: .validator, consensusKey: node, certificateKey: key.publicKey, addresses: [])
        return Membership(
            rule: .majority,
            organisations: [
                Organisation(
                    name: name, authorities: [try authority.certificate(.root).bytes], administrators: administrators,
                    nodes: [member])
            ])
    }
}

/// The folder of a chain's node.
struct ChainFolder {
    let path: String
    let genesis: Genesis

    func file(_ name: String) -> String { "\(path)/\(name)" }

    static func create(
        at path: String, name: String, suite: Suite, port: UInt16, limits: ChainLimits, founder: Founder? = nil
    ) throws -> ChainFolder {
        guard !name.isEmpty, name.utf8.count <= LedgerLimits.chainNameByteCountMax else {
            throw CommandError.failed("a chain's name has 1 to \(LedgerLimits.chainNameByteCountMax) bytes")
        }
        try NewFiles.makeEmptyFolder(path, for: "the chain")
        let passphrase = NewFiles.randomPassphrase()
        try NewFiles.write(Array((passphrase + "\n").utf8), to: "\(path)/passphrase", mode: 0o600)
        let key = try KeyStore(directory: "\(path)/keys").create(
            "node", suite.defaultScheme, passphrase: try Passphrase(copying: passphrase))
        let genesis = try genesis(
            name: name, suite: suite, engine: .solo, faultModels: [.none], keys: [key.publicKey], limits: limits,
            members: try founder?.membership(in: path, suite, node: key.publicKey, passphrase: passphrase))
        try NewFiles.write(genesis.canonicalBytes, to: "\(path)/genesis.bin", mode: 0o644)
        var configuration = NodeConfiguration()
        configuration.rpcPort = port
        try NewFiles.write(Array((configuration.json.prettyText + "\n").utf8), to: "\(path)/node.json", mode: 0o644)
        return ChainFolder(path: path, genesis: genesis)
    }

    /// The genesis, made now, of a chain whose nodes all order and certify.
    static func genesis(
        name: String, suite: Suite, engine: EngineKind, faultModels: [FaultModel], keys: [PublicKey],
        limits: ChainLimits, members: Membership? = nil
    ) throws -> Genesis {
        let genesis = Genesis(
            name: name, suite: suite, group: 1, time: SystemClock.wall, faultModels: faultModels,
            epoch: EpochConfiguration(
                number: 0, engine: engine, verification: .all, orderers: keys, certifiers: keys),
            executionVersion: members == nil ? ExecutionRules.currentVersion : ExecutionRules.versionWithMembers,
            limits: limits, members: members)
        try genesis.check()
        return genesis
    }
}
