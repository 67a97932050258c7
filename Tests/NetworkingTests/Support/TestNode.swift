import Cryptography
import Networking
import Primitives

/// Nodes that know each other: keys, and certificates that stand for them.
struct TestNodes {
    let suite: Suite
    /// What each node is on TLS.
    let transportKeys: [SoftwareKey]
    let identities: [TLSIdentity]
    /// In the national suite: what signs, and by what nodes are known.
    let keys: [SoftwareKey]

    init(_ suite: Suite, count: Int) throws {
        self.suite = suite
        transportKeys = try (0..<count).map { _ in try .generate(.p256) }
        identities = try transportKeys.map { try .selfSigned($0, name: "node") }
        keys = suite == .national ? try (0..<count).map { _ in try .generate(.sm2) } : transportKeys
    }

    /// What a node shows: in the national suite its key stands for a certificate.
    func chain(_ number: Int) -> [[UInt8]] {
        suite == .national ? [keys[number].publicKey.bytes] : identities[number].chain
    }

    /// A stand-in for whoever judges certificates: it compares them.
    var admission: @Sendable ([[UInt8]], PeerProof) -> Result<PeerIdentity, NotAdmitted> {
        let known = keys.indices.map { ($0, chain($0), keys[$0].publicKey) }
        return { chain, _ in
            guard let (number, _, key) = known.first(where: { $0.1 == chain }) else {
                return .failure(NotAdmitted(.notOnList))
            }
            return .success(PeerIdentity(number: UInt32(number), key: key, name: "node \(number)"))
        }
    }

    func configuration(
        _ number: Int, port: UInt16 = 0, genesis: Digest = .zero, groups: Set<UInt32> = [0]
    ) throws -> PeerNetworkConfiguration {
        let hello = PeerHello(
            genesis: genesis, groups: groups, role: .validator, chain: suite == .national ? chain(number) : [],
            software: "cairn/test")
        let link = PeerLinkOptions(suite, hello: hello, key: suite == .national ? keys[number] : nil)
        var configuration = PeerNetworkConfiguration(
            number: UInt32(number), key: keys[number].publicKey, identity: identities[number], link: link,
            listenAddress: try SocketAddress(host: "127.0.0.1", port: port))
        configuration.seed = UInt64(number)
        configuration.firstBackoffMilliseconds = 20
        configuration.lastBackoffMilliseconds = 200
        configuration.tickMilliseconds = 10
        configuration.bounds.handshakesPerSecond = 1000
        return configuration
    }
}

/// A node's network on a loop of its own.
final class TestNode: Sendable {
    let loop: EventLoop
    let network: PeerNetwork
    let address: SocketAddress
    let events = Mailbox<PeerNetworkEvent>(capacity: 1 << 20)

    init(
        _ configuration: PeerNetworkConfiguration,
        admission: @escaping @Sendable ([[UInt8]], PeerProof) -> Result<PeerIdentity, NotAdmitted>
    ) throws {
        let (loop, events) = (try EventLoop(name: "node"), events)
        self.loop = loop
        network = try loop.run { () throws(NetworkingError) in
            try PeerNetwork(on: loop, configuration, admission: admission) { _ = events.send($0) }
        }
        let network = network
        address = try loop.run { network.listenAddress } ?? SocketAddress(host: "127.0.0.1", port: 1)
    }

    deinit { loop.stop() }

    func want(_ peers: [(UInt32, TestNode)]) throws {
        let network = network
        let wanted = peers.map {
            WantedPeer(number: $0, addresses: [PeerAddress(host: "127.0.0.1", port: $1.address.port)])
        }
        try loop.run { network.want(wanted) }
    }

    /// Waits for an event; nil if it does not come in time. What comes before is dropped.
    @discardableResult
    func wait<Value>(milliseconds: UInt64 = 10_000, for pick: (PeerNetworkEvent) -> Value?) -> Value? {
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(Int(milliseconds))
        while clock.now < end {
            for event in pending.take(from: events, milliseconds: 20) {
                if let value = pick(event) {
                    return value
                }
            }
        }
        return nil
    }

    private let pending = PendingEvents()

    func waitForConnection(_ number: UInt32) -> Bool {
        wait { if case .connected(let peer, _) = $0, peer.number == number { true } else { nil } } ?? false
    }

    func waitForRefusal(milliseconds: UInt64 = 10_000) -> PeerLinkEnd? {
        wait(milliseconds: milliseconds) { if case .refused(_, let end) = $0 { end } else { nil } }
    }

    func waitForEnd(milliseconds: UInt64 = 10_000) -> PeerLinkEnd? {
        wait(milliseconds: milliseconds) { if case .disconnected(_, let end) = $0 { end } else { nil } }
    }

    func waitForMessage() -> [UInt8]? { wait { if case .message(_, _, _, let bytes) = $0 { bytes } else { nil } } }

    func send(to number: UInt32, _ messageClass: MessageClass, _ bytes: [UInt8]) throws -> PeerSendOutcome {
        let network = network
        return try loop.run { network.send(to: number, messageClass, group: 0, bytes) }
    }

    var connected: [UInt32] {
        let network = network
        return (try? loop.run { network.connectedPeers.map(\.number) }) ?? []
    }
}

/// Events that were taken together but are looked at one by one. Used by one test's thread.
private final class PendingEvents: @unchecked Sendable {
    private var events: [PeerNetworkEvent] = []

    /// The next event, if there is one.
    func take(from mailbox: Mailbox<PeerNetworkEvent>, milliseconds: UInt64) -> [PeerNetworkEvent] {
        if events.isEmpty { events = mailbox.takeAll(waitMilliseconds: milliseconds) ?? [] }
        return events.isEmpty ? [] : [events.removeFirst()]
    }
}
