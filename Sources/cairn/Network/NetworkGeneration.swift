import CairnClient
import Cryptography
import Glibc
import HTTP
import Interfaces
import Ledger
import Networking
import Node
import Primitives

/// Makes the folder of a network: authorities, keys, certificates, the genesis and a configuration for each node.
///
/// Everything is readable for its owner only. Passphrases are drawn here and stand beside what they open, so keys are
/// not stretched: nobody guesses 256 random bits, and each stretching would take half a second.
struct NetworkGeneration: Sendable {
    let path: String
    let plan: NetworkPlan

    private static let chainName = "cairn"
    private static let keyName = "node"
    static let privateMode: mode_t = 0o600

    /// What an organisation has that the others must know.
    private struct Member: Sendable {
        let place: NodePlace
        let root: Certificate
        let administrator: Address
        let nodeKey: PublicKey
        let certificateKey: PublicKey
    }

    /// The folder must be there and empty. The plan's file is written last: with it the folder is whole.
    func run() async throws -> NetworkFolder {
        let folder = NetworkFolder(path: path, plan: plan)
        for name in ["organisations", "nodes", "admin"] { try makePrivateFolder(folder.file(name)) }
        let administrators = try passphrase(at: folder.accountsPassphraseFile)
        let members = try await withThrowingTaskGroup(of: (Int, Member).self) { group in
            for (index, place) in folder.nodes.enumerated() {
                group.addTask { (index, try makeMember(place, in: folder, administrators)) }
            }
            var members = [Member?](repeating: nil, count: plan.organisations.count)
            for try await (index, member) in group { members[index] = member }
            return members.compactMap(\.self)
        }
        let free = try FreePorts()
        defer { free.release() }
        let ports = try free.take(members.count, from: plan.portBase)
        let peerPorts = try free.take(members.count, from: plan.peerPortBase)
        // A chain may go over to another engine that bears as much, or more.
        let genesis = try ChainFolder.genesis(
            name: Self.chainName, suite: plan.suite, engine: plan.engine,
            faultModels: FaultModel.allCases.filter { $0 >= plan.engine.faultModel }, keys: members.map(\.nodeKey),
            limits: ChainLimits(), members: try membership(members, peerPorts))
        try write(genesis.canonicalBytes, to: folder.genesisFile)
        try configure(members, genesis, ports, peerPorts)
        try write(Array((plan.json.prettyText + "\n").utf8), to: folder.planFile)
        return folder
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try NewFiles.write(bytes, to: path, mode: Self.privateMode)
    }

    /// A new passphrase, in a file.
    private func passphrase(at path: String) throws -> Passphrase {
        let text = NewFiles.randomPassphrase()
        try write(Array((text + "\n").utf8), to: path)
        return try Passphrase(copying: text)
    }

    // MARK: An organisation

    private func makeMember(
        _ place: NodePlace, in folder: NetworkFolder, _ administrators: Passphrase
    ) throws -> Member {
        try makePrivateFolder(place.path)
        let key = try KeyStore(directory: place.file("keys")).create(
            Self.keyName, plan.suite.defaultScheme, passphrase: try passphrase(at: place.passphraseFile),
            derivation: .ofRandomPassphrases)
        let (root, certificateKey) = try makeCertificates(place, folder.organisationFolder(place.organisation))
        let suite = ChainSuite(plan.suite)
        let account = try AccountStore(directory: folder.accountsFolder).create(
            place.organisation, scheme: suite.defaultScheme, suite: suite, passphrase: administrators,
            derivation: .ofRandomPassphrases)
        return Member(
            place: place, root: root, administrator: account.address.value, nodeKey: key.publicKey,
            certificateKey: certificateKey)
    }

    /// The organisation's authority, and a certificate of its node. Gives back the root and the certificate's key.
    private func makeCertificates(_ place: NodePlace, _ organisation: String) throws -> (Certificate, PublicKey) {
        try makePrivateFolder(organisation)
        let (passphrase, time) = (try passphrase(at: "\(organisation)/passphrase"), SystemClock.wall)
        let authority = try AuthorityFolder.create(
            at: "\(organisation)/authority", organisation: place.organisation, suite: plan.suite,
            rootDays: AuthorityLimits.rootDays, issuingDays: AuthorityLimits.issuingDays, passphrase: passphrase,
            derivation: .ofRandomPassphrases, at: time)
        let key = try SoftwareKey.generate(CertificateAlgorithm(plan.suite).scheme)
        let request = try CertificateRequest(
            organisation: place.organisation, commonName: place.name, role: .node, key: key)
        let certificate = try authority.authority(.issuing, passphrase: passphrase).issue(
            request,
            CertificateGrant(commonName: place.name, use: .holder(.node), days: AuthorityLimits.holderDays), at: time)
        let chain = try authority.keep(certificate, by: .issuing)
        try makePrivateFolder(place.file("certificates"))
        try write(Array(chain.utf8), to: place.file("certificates/node.pem"))
        try write(try key.pkcs8(), to: place.file("certificates/node.key"))
        return (try authority.certificate(.root), key.publicKey)
    }

    /// The organisations as the genesis names them: by their votes the chain is governed.
    private func membership(_ members: [Member], _ peerPorts: [UInt16]) throws -> Membership {
        let organisations = try zip(members, peerPorts).map { member, port in
            guard let name = MemberName(member.place.organisation), let node = MemberName(NetworkPlan.memberNode),
                let address = NodeAddress("\(FreePorts.host):\(port)")
            else { throw CommandError.failed("\(member.place.organisation) can't name a member of a chain") }
            return Organisation(
                name: name, authorities: [member.root.bytes], administrators: [member.administrator],
                nodes: [
                    MemberNode(
                        name: node, role: .validator, consensusKey: member.nodeKey,
                        certificateKey: member.certificateKey, addresses: [address])
                ])
        }
        return Membership(rule: .majority, organisations: organisations)
    }

    // MARK: One more organisation

    /// Makes what an organisation needs that comes to a network, and gives its node's configuration and what the others
    /// must know of it, for them to vote on. `configuration` is a node's that is there.
    func addMember(
        _ place: NodePlace, in folder: NetworkFolder, invitedBy configuration: NodeConfiguration,
        _ invitation: Invitation
    ) throws -> (NodeConfiguration, JSON) {
        guard var network = configuration.network else {
            throw CommandError.failed("a network of the engine solo takes no further nodes")
        }
        let member = try makeMember(place, in: folder, try PassphrasePrompt.read(file: folder.accountsPassphraseFile))
        let free = try FreePorts()
        defer { free.release() }
        var added = NodeConfiguration()
        added.rpcPort = try free.take(1, from: plan.portBase)[0]
        let peerPort = try free.take(1, from: plan.peerPortBase)[0]
        let roots = try readFile(folder.nodes[0].file(network.authorities), "the organisations' authorities")
        try write(roots + Array(member.root.pem.utf8), to: place.file("certificates/authorities.pem"))
        try write(try readFile(folder.genesisFile, "the genesis"), to: place.file("genesis.bin"))
        network.nodes.append(
            NodeConfiguration.Network.Node(
                name: place.name, organisation: place.organisation,
                addresses: [PeerAddress(host: FreePorts.host, port: peerPort)], keys: [member.nodeKey],
                certificateKey: member.certificateKey))
        network.own = network.nodes.count - 1
        network.listen = try SocketAddress(host: FreePorts.host, port: peerPort)
        network.invitation = invitation
        added.network = network
        return (added, Self.described(member, peerPort))
    }

    /// As `MemberFile` reads it.
    private static func described(_ member: Member, _ peerPort: UInt16) -> JSON {
        [
            "name": .string(member.place.organisation), "authorities": [.string(member.root.pem)],
            "administrators": [.string(member.administrator.description)],
            "nodes": [
                [
                    "name": .string(NetworkPlan.memberNode), "role": .string("\(NodeRole.observer)"),
                    "consensusKey": .string(member.nodeKey.description),
                    "certificateKey": .string(member.certificateKey.description),
                    "addresses": [.string("\(FreePorts.host):\(peerPort)")],
                ]
            ],
        ]
    }

    // MARK: The nodes' configurations

    private func configure(
        _ members: [Member], _ genesis: Genesis, _ ports: [UInt16], _ peerPorts: [UInt16]
    ) throws {
        let roots = Array(members.map(\.root.pem).joined().utf8)
        let nodes = zip(members, peerPorts).map { member, port in
            NodeConfiguration.Network.Node(
                name: member.place.name, organisation: member.place.organisation,
                addresses: [PeerAddress(host: FreePorts.host, port: port)], keys: [member.nodeKey],
                certificateKey: member.certificateKey)
        }
        for (index, member) in members.enumerated() {
            var configuration = NodeConfiguration()
            configuration.rpcPort = ports[index]
            // Solo is an engine without messages.
            if plan.engine != .solo {
                configuration.network = NodeConfiguration.Network(
                    listen: try SocketAddress(host: FreePorts.host, port: peerPorts[index]), own: index,
                    certificates: "certificates/node.pem", key: "certificates/node.key",
                    authorities: "certificates/authorities.pem", nodes: nodes,
                    revocations: "certificates/revocations")
            }
            try write(roots, to: member.place.file("certificates/authorities.pem"))
            try write(genesis.canonicalBytes, to: member.place.file("genesis.bin"))
            try write(
                Array((configuration.json.prettyText + "\n").utf8), to: member.place.configurationFile)
        }
    }
}
