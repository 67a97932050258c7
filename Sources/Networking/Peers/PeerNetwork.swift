package import Cryptography
internal import Primitives

/// Keeps a node's connections with its peers: calls those that are wanted, takes those who call and are admitted, keeps
/// one connection with each, and cuts off who misbehaves.
///
/// It is `@unchecked Sendable` because everything in it belongs to the loop's thread, which its members check; others
/// get there by the loop's `post`.
package final class PeerNetwork: @unchecked Sendable {
    package typealias Handler = (PeerNetworkEvent) -> Void

    let loop: EventLoop
    private(set) var configuration: PeerNetworkConfiguration
    private(set) var context: TLSContext
    let admission: PeerAdmission
    let compressor = FrameCompressor()
    private let tell: Handler
    private var listener: TCPListener?
    private var ticker: Timer?
    /// Where it listens, with the port that the system chose if 0 was asked for.
    package var listenAddress: SocketAddress? { listener?.address }

    /// The open link with each peer.
    var links: [UInt32: PeerLink] = [:]
    /// All links that have not ended, and what is known of each.
    var known: [ObjectIdentifier: KnownLink] = [:]
    var dials: [UInt32: Dial] = [:]
    var wantedHosts: Set<String> = []
    var gate: InboundGate
    private var scores: [UInt32: PeerScore] = [:]
    var generator: SeededGenerator
    var isStopped = false

    /// A link and where it comes from.
    struct KnownLink {
        let link: PeerLink
        /// The host that counts at the gate; nil for those that we have called.
        let inboundHost: String?
        /// Whom we have called.
        let dialled: UInt32?
        /// By what it was judged.
        var presented: (chain: [[UInt8]], proof: PeerProof)?
    }

    /// Begins to listen. On the loop's thread.
    package init(
        on loop: EventLoop, _ configuration: PeerNetworkConfiguration, admission: @escaping PeerAdmission,
        handler: @escaping Handler
    ) throws(NetworkingError) {
        loop.preconditionIsCurrent()
        self.loop = loop
        self.configuration = configuration
        self.admission = admission
        tell = handler
        context = try TLSContext(configuration.identity, .peers)
        gate = InboundGate(configuration.bounds, nowMilliseconds: loop.nowMilliseconds)
        generator = SeededGenerator(seed: configuration.seed)
        if let address = configuration.listenAddress {
            listener = try TCPListener(on: loop, address: address, options: PeerNetwork.streamOptions) {
                [weak self] in self?.accept($0)
            }
        }
        ticker = loop.schedule(everyMilliseconds: configuration.tickMilliseconds) { [weak self] in self?.tick() }
    }

    static var streamOptions: ConnectionOptions {
        var options = ConnectionOptions()
        options.highWaterBytes = PeerLimits.highWaterBytes
        options.unsentBytesMax = PeerLimits.unsentBytesMax
        options.flushMilliseconds = 2_000
        options.lingerMilliseconds = 500
        return options
    }

    // MARK: - What its user does

    /// Sends a message to a peer.
    package func send(
        to number: UInt32, _ messageClass: MessageClass, group: UInt32, _ bytes: [UInt8]
    ) -> PeerSendOutcome {
        loop.preconditionIsCurrent()
        return links[number]?.send(messageClass, group: group, bytes) ?? .notConnected
    }

    /// The peers that are connected, in the order of their numbers.
    package var connectedPeers: [PeerIdentity] { links.values.compactMap(\.identity).sorted { $0.number < $1.number } }

    package func counters(of number: UInt32) -> PeerLinkCounters? { links[number]?.counters }

    /// Accuses a peer. Who does too much of it is cut off and refused for a while.
    package func report(_ number: UInt32, _ fault: PeerFault) {
        loop.preconditionIsCurrent()
        let now = loop.nowMilliseconds
        var score = scores[number] ?? PeerScore(nowMilliseconds: now)
        let refused = score.add(fault, nowMilliseconds: now)
        if scores[number] != nil || scores.count < PeerLimits.scoresMax { scores[number] = score }
        guard let refused else { return }
        links[number]?.end(.cutOff)
        emit(.cutOff(number, fault, milliseconds: refused))
    }

    /// From now on connections are begun and taken with other certificates: of this key, on TLS by `identity`, or else by
    /// the hello's chain and `signer`. Those that are open stay.
    package func renew(
        _ key: PublicKey, _ identity: TLSIdentity, chain: [[UInt8]], signer: (any SigningKey)?
    ) throws(NetworkingError) {
        loop.preconditionIsCurrent()
        context = try TLSContext(identity, .peers)
        (configuration.key, configuration.identity, configuration.link.key) = (key, identity, signer)
        configuration.link.hello.chain = chain
    }

    /// Judges all who are connected once more, by what they have shown, and ends the connections with those who would
    /// not be let in any more.
    package func judgeAgain() {
        loop.preconditionIsCurrent()
        for entry in Array(known.values) where entry.link.identity != nil {
            guard let (chain, proof) = entry.presented else { continue }
            switch admission(chain, proof) {
            case .failure(let refusal): entry.link.end(.refused(.notAdmitted(refusal.reason)))
            case .success(let identity): if identity != entry.link.identity { entry.link.end(.closed) }
            }
        }
    }

    /// Ends everything. Nothing is told any more.
    package func stop() {
        loop.preconditionIsCurrent()
        guard !isStopped else { return }
        isStopped = true
        listener?.close()
        ticker?.cancel()
        for number in Array(dials.keys) { stopDialling(number) }
        for entry in Array(known.values) { entry.link.end(.closed) }
    }

    // MARK: - Within

    func emit(_ event: PeerNetworkEvent) { if !isStopped { tell(event) } }

    func refusedMilliseconds(_ number: UInt32) -> UInt64 {
        scores[number]?.refusedMilliseconds(nowMilliseconds: loop.nowMilliseconds) ?? 0
    }

    private func tick() {
        let now = loop.nowMilliseconds
        for entry in Array(known.values) { entry.link.tick(nowMilliseconds: now) }
        dialDue(now)
        for number in Array(scores.keys) {
            if scores[number]?.isForgotten(nowMilliseconds: now) == true { scores[number] = nil }
        }
    }
}
