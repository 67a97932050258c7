internal import Consensus
internal import Cryptography
internal import Ledger
internal import Networking
internal import Primitives
internal import Replica
internal import Synchronization

/// Talks with the other nodes of a chain, on a thread of its own: keeps connections with all of them, gives what they say
/// to the replica, and sends what that says.
final class PeerService: Sendable {
    /// What goes to some nodes.
    struct Outgoing: Sendable {
        let nodes: [UInt32]
        let bytes: [UInt8]

        init(to nodes: [UInt32], _ bytes: [UInt8]) { (self.nodes, self.bytes) = (nodes, bytes) }
    }

    private let loop: EventLoop
    private let network: PeerNetwork
    private let group: UInt32
    private let inbox: PeerInbox
    let listenAddress: SocketAddress?

    /// Listens, and calls the others. What comes from them is given to `deliver`, which must not keep the caller.
    init(
        _ parts: PeerParts, genesis: Genesis, deliver: @escaping @Sendable (NetworkReplicaInput) -> Void,
        notice: @escaping @Sendable (NodeNotice) -> Void
    ) throws(NetworkingError) {
        let judge = PeerJudge(nodes: parts.nodes, verifier: parts.verifier)
        let inbox = PeerInbox(parts.nodes, own: parts.own, deliver: deliver, notice: notice)
        let group = genesis.group
        let hello = PeerHello(
            genesis: genesis.digest, groups: [group], role: .validator, chain: parts.chain, software: parts.software)
        let configuration = PeerNetworkConfiguration(
            number: parts.own, identity: parts.identity,
            link: PeerLinkOptions(genesis.suite, hello: hello, key: parts.key), listenAddress: parts.listenAddress)
        let loop = try EventLoop(name: "peers")
        let wanted = parts.nodes.enumerated().filter { $0.offset != Int(parts.own) }.map { index, node in
            WantedPeer(number: UInt32(index), addresses: node.addresses)
        }
        (network, listenAddress) = try loop.run { () throws(NetworkingError) in
            let network = try PeerNetwork(
                on: loop, configuration,
                admission: { chain, _ in
                    switch judge.judge(chain, at: SystemClock.now.wall) {
                    case .failure(let refusal): return .failure(refusal)
                    case .success(let admitted):
                        inbox.admitted(admitted)
                        let node = parts.nodes[Int(admitted.number)]
                        return .success(
                            PeerIdentity(
                                number: admitted.number, key: node.certificateKey,
                                name: "\(node.name) of \(node.organisation)"))
                    }
                }, handler: { inbox.take($0) })
            network.want(wanted)
            return (network, network.listenAddress)
        }
        (self.loop, self.group, self.inbox) = (loop, group, inbox)
    }

    /// Sends what waits together: each post costs the loop a turn.
    func send(_ messages: [Outgoing]) {
        loop.post { [network, group] in
            for message in messages {
                let messageClass = Self.messageClass(of: message.bytes)
                for node in message.nodes { _ = network.send(to: node, messageClass, group: group, message.bytes) }
            }
        }
    }

    /// How urgent a message is, by its kind: batches and blocks wait for votes. What is too long for its class goes with
    /// the bulk.
    static func messageClass(of bytes: [UInt8]) -> MessageClass {
        let messageClass: MessageClass =
            switch bytes.dropFirst(EpochMessage.messageOffset).first {
            case 1: .dissemination
            case 5, 10, 12, 14, 16, 18, 20: .bulk
            default: .consensus
            }
        return bytes.count <= messageClass.kind.payloadBytesMax ? messageClass : .bulk
    }

    /// A message that a node sent was not heeded, through its fault.
    func report(_ node: UInt32, _ fault: MessageFault) {
        let accusation: PeerFault? =
            switch fault {
            case .undecodable, .tooLong: .malformed
            case .wrongSignature, .wrongCertificate, .conflicting: .wrongSignature
            case .notItsPlace, .invalidValue: .useless
            // Clocks and knowledge differ.
            case .unacceptable: nil
            }
        guard let accusation else { return }
        loop.post { [network] in network.report(node, accusation) }
    }

    /// The replica has taken a message in.
    func taken(byteCount: Int) { inbox.taken(byteCount: byteCount) }

    /// Which nodes there is a connection with, by number.
    var connected: Set<UInt32> { inbox.connected }

    func name(of node: UInt32) -> String { inbox.name(of: node) }

    func stop() {
        try? loop.run { [network] in network.stop() }
        loop.stop()
    }
}

/// What comes from peers, on its way to the replica. Bounded: what is more than the replica takes in is dropped, which the
/// protocols bear.
final class PeerInbox: Sendable {
    private struct State {
        var connected: Set<UInt32> = []
        /// Of whom the operator was told that the certificate ends soon, and when that was.
        var warnedAt: [UInt32: Timestamp] = [:]
        var droppedCount: UInt64 = 0
    }

    private let state = Mutex(State())
    private let nodes: [ListedNode]
    private let own: UInt32
    private let hand: @Sendable (NetworkReplicaInput) -> Void
    private let notice: @Sendable (NodeNotice) -> Void
    private let waitingCount = Atomic<Int>(0)
    private let waitingByteCount = Atomic<Int>(0)

    init(
        _ nodes: [ListedNode], own: UInt32, deliver: @escaping @Sendable (NetworkReplicaInput) -> Void,
        notice: @escaping @Sendable (NodeNotice) -> Void
    ) {
        (self.nodes, self.own, hand, self.notice) = (nodes, own, deliver, notice)
    }

    var connected: Set<UInt32> { state.withLock { $0.connected } }

    func take(_ event: PeerNetworkEvent) {
        switch event {
        case .connected(let peer, _):
            state.withLock { _ = $0.connected.insert(peer.number) }
            notice(.peer(peer.name, isConnected: true, nil))
            hand(.connected(peer.number))
        case .disconnected(let peer, let end):
            state.withLock { _ = $0.connected.remove(peer.number) }
            notice(.peer(peer.name, isConnected: false, "\(end)"))
            hand(.disconnected(peer.number))
        case .message(let node, _, _, let bytes): deliver(bytes, from: node)
        // What was refused as too much is asked for again.
        case .writable: break
        case .refused(_, let end):
            // Nodes that are down would fill the log.
            if case .stream = end { return }
            notice(.peerRefused("\(end)"))
        case .cutOff(let number, let fault, let milliseconds):
            notice(.peerCutOff(name(of: number), "\(fault)", milliseconds: milliseconds))
        }
    }

    func name(of number: UInt32) -> String {
        Int(number) < nodes.count ? "\(nodes[Int(number)].name) of \(nodes[Int(number)].organisation)" : "\(number)"
    }

    private func deliver(_ bytes: [UInt8], from node: UInt32) {
        guard waitingCount.load(ordering: .relaxed) < NodeLimits.peerMessagesMax,
            waitingByteCount.load(ordering: .relaxed) < NodeLimits.peerMessagesByteCountMax
        else { return state.withLock { $0.droppedCount += 1 } }
        waitingCount.add(1, ordering: .relaxed)
        waitingByteCount.add(bytes.count, ordering: .relaxed)
        hand(.message(from: node, bytes))
    }

    func taken(byteCount: Int) {
        waitingCount.subtract(1, ordering: .relaxed)
        waitingByteCount.subtract(byteCount, ordering: .relaxed)
    }

    /// Tells the operator, once a day, of whose certificate ends soon.
    func admitted(_ peer: PeerJudge.Admitted) {
        let now = SystemClock.now.wall
        guard peer.notAfter.milliseconds < now.milliseconds + NodeLimits.certificateWarningMilliseconds else { return }
        let isDue = state.withLock { state in
            let isDue =
                state.warnedAt[peer.number].map {
                    now.milliseconds >= $0.milliseconds + NodeLimits.certificateWarningPauseMilliseconds
                } ?? true
            if isDue { state.warnedAt[peer.number] = now }
            return isDue
        }
        if isDue { notice(.certificateEnds(name(of: peer.number), at: peer.notAfter)) }
    }
}
