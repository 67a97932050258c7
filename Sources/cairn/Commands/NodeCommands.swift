import Cryptography
import Foundation
import Glibc
import HTTP
import Interfaces
import Ledger
import Networking
import Node
import Primitives
import Replica
import Storage
import Synchronization

extension Command {
    static let nodeRun = Command(
        noun: "node", verb: "run", summary: "run a node until it is told to stop",
        discussion: """
            Runs in the foreground and writes its log to standard error. SIGTERM or SIGINT stop it: it takes nothing
            new, brings what it took to its end, and exits with status 0.
            """,
        options: [
            Option(
                name: "config", placeholder: "FILE", help: "the node's configuration (node.json)", isRequired: true,
                value: .file)
        ]
    ) { invocation in
        try RunningNode(configuration: try invocation.required("config"), isJSON: invocation.isJSON).run()
    }
}

/// A node as a process: from its configuration to its end.
struct RunningNode {
    private let configuration: NodeConfiguration
    private let folder: String
    private let isJSON: Bool

    init(configuration path: String, isJSON: Bool) throws {
        do {
            configuration = try NodeConfiguration(json: try readFile(path, "the configuration"))
        } catch let error as ConfigurationError {
            throw CommandError.failed("\(path): \(error)")
        }
        folder = URL(filePath: path).deletingLastPathComponent().path
        self.isJSON = isJSON
    }

    private func path(_ name: String) -> String { Self.path(name, in: folder) }

    private static func path(_ name: String, in folder: String) -> String {
        name.hasPrefix("/") ? name : "\(folder)/\(name)"
    }

    func run() throws {
        let loop = try EventLoop(name: "interface")
        let failures = Mailbox<NodeError>(capacity: 16)
        let stops = Mailbox<Bool>(capacity: 16)
        let isStopping = StopFlag()
        // From here on signals end the node in an orderly way.
        try loop.run { () throws(NetworkingError) in
            for signal in [SIGTERM, SIGINT] {
                try loop.watch(signal: signal) { _ in
                    isStopping.set()
                    _ = stops.send(true)
                }
            }
        }
        let server = try openEndpoint(on: loop)
        let node: Node
        do {
            node = try start(isStopping) { failure in
                _ = failures.send(failure)
                _ = stops.send(true)
            }
        } catch NodeError.stopped {
            NodeLog.write("stopped before it had started")
            server.close()
            return loop.stop()
        }
        try server.serve(node)
        announce(server, node)
        let watch = try configuration.network.map {
            try NodePeers(network: $0, suite: node.genesis.suite, folder: folder).watch(node) { isStopping.isSet }
        }
        _ = stops.takeAll()
        isStopping.set()
        watch?.join()
        // After a failure nothing that the node would still do can be trusted.
        try throwFirst(of: failures)
        NodeLog.write("stopping")
        server.close()
        node.stop()
        try throwFirst(of: failures)
        loop.stop()
    }

    private func openEndpoint(on loop: EventLoop) throws -> RPCServer {
        let folder = folder
        return try RPCServer(
            on: loop, version: Main.version,
            address: try SocketAddress(host: configuration.rpcAddress, port: configuration.rpcPort),
            access: configuration.rpcAccess, path: { Self.path($0, in: folder) }, notice: { NodeLog.write($0) })
    }

    private func throwFirst(of failures: Mailbox<NodeError>) throws {
        guard let failure = failures.takeAll(waitMilliseconds: 0)?.first else { return }
        NodeLog.write("failed: \(failure)")
        throw CommandError.failed("the node ended: \(failure)")
    }

    private func start(_ isStopping: StopFlag, _ onFailure: @escaping @Sendable (NodeError) -> Void) throws -> Node {
        let genesis: Genesis
        do {
            genesis = try Genesis(canonicalBytes: try readFile(path(configuration.genesis), "the genesis"))
        } catch let error as CodingError {
            throw CommandError.failed("\(path(configuration.genesis)) is not a genesis: \(error)")
        }
        let passphrase = try PassphrasePrompt.read(file: path(configuration.passphraseFile))
        guard FileManager.default.fileExists(atPath: path(configuration.keys)) else {
            throw CommandError.failed("the folder of the node's keys, \(path(configuration.keys)), is not there")
        }
        let key = try KeyStore(directory: path(configuration.keys)).open(configuration.key, passphrase: passphrase)
        let data = path(configuration.data)
        try makePrivateFolder(data)
        let disk = try DiskChoice.open(root: "\(data)/ledger")
        var options = RocksDBStore.Options()
        options.blockCacheBytes = configuration.stateCacheMegabytes << 20
        var room = RoomLimits()
        room.minimumFreeByteCount = configuration.minimumFreeMegabytes << 20
        options.writeBufferBytes = min(
            options.writeBufferBytes, room.minimumFreeByteCount / NodeLimits.roomWriteBufferDivisor)
        let store = try RocksDBStore(path: "\(data)/state", options: options)
        let peers = try configuration.network.map {
            try NodePeers(network: $0, suite: genesis.suite, folder: folder).parts()
        }
        return try Node(
            NodeParts(
                genesis: genesis, keys: [key], disk: disk, store: store, sizes: SizesChoice.sizes, room: room,
                checkpoints: Checkpoints(
                    store: try RocksDBCheckpoints(of: store, path: "\(data)/checkpoints"),
                    countMax: configuration.keptCheckpoints),
                snapshots: peers == nil ? nil : try RocksDBCheckpoints(of: store, path: "\(data)/cuts"), peers: peers,
                isStopping: { isStopping.isSet }),
            notice: { [progress = NodeProgress()] in $0.tell(progress) }, onFailure: onFailure)
    }

    private func announce(_ server: RPCServer, _ node: Node) {
        NodeLog.write("listening on \(server.endpoint)")
        guard isJSON else { return }
        Terminal.print(["endpoint": .string(server.endpoint)])
    }
}

/// Whether the node was told to stop.
private final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

/// The node's log: a line for each thing worth knowing, with its time.
enum NodeLog {
    static func write(_ text: String) {
        Terminal.note("\(Terminal.errors.dim(Date().ISO8601Format())) \(text)")
    }
}

extension NodeNotice {
    fileprivate func tell(_ progress: NodeProgress) {
        switch self {
        case .recovering(let step): progress.report("recovering", step.height, of: step.last)
        case .indexing(let height, let last): progress.report("making the index", height, of: last)
        case .joining(let status): progress.report(status)
        case .catchingUp(let lag): progress.report(lag)
        default: NodeLog.write(line)
        }
    }

    /// The line of the log.
    private var line: String {
        switch self {
        case .journalCut(let torn): "the journal ended in a write that a crash had torn; cut off: \(torn)"
        case .logCut(let torn): "the block log ended in a record that a crash had torn; cut off: \(torn)"
        case .recovering(let progress): "recovering: block \(progress.height) of \(progress.last)"
        case .indexing(let height, let last): "making the index: block \(height) of \(last)"
        case .started(let height, let replayed):
            "started at height \(height)" + (replayed > 0 ? " (\(replayed) blocks executed again)" : "")
        case .joining: "joining"
        case .catchingUp: "catching up"
        case .caughtUp(let height): "caught up at height \(height)"
        case .clockDiffers(let ahead):
            "this machine's clock is \(ahead.magnitude / 1000) s \(ahead < 0 ? "behind" : "ahead of") the other nodes': "
                + "have it set right; until then this node can't lead"
        case .joiningRefused(let name, let fault): "\(name) gives what nobody honest gives: \(fault)"
        case .joined(let height, let milliseconds):
            "joined: the state after block \(height) is restored, in \(Double(milliseconds) / 1000) s"
        case .joinedFromGenesis: "nobody has a snapshot: executing the chain from its beginning"
        case .snapshotCut(let height): "cut a snapshot of the state after block \(height) for nodes that join"
        case .snapshotFailed(let height, let reason):
            "no snapshot of the state after block \(height) could be cut: \(reason)"
        case .notAccepting(let reason): "takes no transactions: \(reason)"
        case .waitingForRoom(let path): "the disk is full: waiting for room to write \(path)"
        case .checkpointFailed(let height, let error): "the state of block \(height) could not be kept: \(error)"
        case .acceptingAgain: "takes transactions again: there is room on the disk"
        case .peer(let name, let isConnected, let reason):
            (isConnected ? "connected with \(name)" : "no connection with \(name)")
                + (reason.map { ": \($0)" } ?? "")
        case .peerRefused(let reason): "a connection was refused: \(reason)"
        case .peerCutOff(let name, let fault, let milliseconds):
            "\(name) has misbehaved (\(fault)) and is not let in for \(milliseconds / 1000) s"
        case .certificateEnds(let name, let time): "the certificate of \(name) ends at \(time.iso8601): have it renewed"
        case .notServed(let reason): "what a peer asked for could not be read: \(reason)"
        case .evidence(let epoch): "a node has broken the rules of epoch \(epoch), which can be proven"
        case .entered(let epoch): "epoch \(epoch.number) begins: \(epoch.engine), \(epoch.orderers.count) nodes"
        case .relieved(let epoch): "epoch \(epoch) does not need this node, which follows"
        case .oldCopy:
            "the node's data are an old copy: it follows, and signs nothing until it has a new key; see the guide"
        case .notWritten:
            "the disk stayed full: what was confirmed is in the journal, and the next start goes on from there"
        case .notDrained: "gave up on transactions that were taken but not confirmed; their senders may send them again"
        case .stopped(let height): "stopped at height \(height)"
        }
    }
}
