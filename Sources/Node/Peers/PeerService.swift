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
    private let genesis: Genesis
    private let inbox: PeerInbox
    private let standing: PeerStanding
    let listenAddress: SocketAddress?

    /// Listens, and calls the others. What comes from them is given to `deliver`, which must not keep the caller.
    init(
        _ parts: PeerParts, _ roster: PeerRoster, genesis: Genesis,
        deliver: @escaping @Sendable (NetworkReplicaInput) -> Void, notice: @escaping @Sendable (NodeNotice) -> Void
    ) throws(NodeError) {
        let standing: PeerStanding
        do throws(CertificateError) {
            standing = try PeerStanding(roster, parts.credentials, suite: genesis.suite)
        } catch { throw .wrongPeers("\(error)") }
        let inbox = PeerInbox(standing, deliver: deliver, notice: notice)
        let configuration = Self.configuration(parts, genesis)
        do throws(NetworkingError) {
            let loop = try EventLoop(name: "peers")
            (network, listenAddress) = try loop.run { () throws(NetworkingError) in
                let network = try PeerNetwork(
                    on: loop, configuration, admission: { chain, _ in Self.judge(chain, standing, inbox) },
                    handler: { inbox.take($0) })
                network.want(standing.wanted)
                return (network, network.listenAddress)
            }
            self.loop = loop
        } catch { throw .networking(error) }
        (self.genesis, self.inbox, self.standing) = (genesis, inbox, standing)
    }

    private static func configuration(_ parts: PeerParts, _ genesis: Genesis) -> PeerNetworkConfiguration {
        let credentials = parts.credentials
        let isNational = genesis.suite == .national
        let hello = PeerHello(
            genesis: genesis.digest, groups: [genesis.group], role: .validator,
            chain: isNational ? credentials.chain : [], software: parts.software)
        return PeerNetworkConfiguration(
            number: parts.own, key: credentials.key.publicKey, identity: credentials.identity,
            link: PeerLinkOptions(genesis.suite, hello: hello, key: isNational ? credentials.key : nil),
            listenAddress: parts.listenAddress)
    }

    private static func judge(
        _ chain: [[UInt8]], _ standing: PeerStanding, _ inbox: PeerInbox
    ) -> Result<PeerIdentity, NotAdmitted> {
        switch standing.judge(chain, at: SystemClock.now.wall) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let admitted):
            guard let node = standing.node(admitted.number) else { return .failure(NotAdmitted(.notOnList)) }
            inbox.admitted(admitted)
            return .success(
                PeerIdentity(
                    number: admitted.number, key: node.certificateKey, name: standing.name(of: admitted.number)))
        }
    }

    // MARK: Changes

    /// Whom it knows at present.
    var roster: PeerRoster { standing.roster }

    /// When its own certificate, or an authority's above it, ends; nil if it is none that counts.
    var certificateEnds: Timestamp? { standing.certificateEnds }

    /// When the certificates end that this node and others have shown, ascending by number.
    var certificateEndsByNode: [(number: UInt32, end: Timestamp)] { standing.certificateEndsByNode }

    /// There are other nodes: connections with those who are gone end, others are begun.
    func update(_ roster: PeerRoster) throws(NodeError) {
        do throws(CertificateError) { try standing.update(roster) } catch { throw .wrongPeers("\(error)") }
        loop.post { [network, standing] in
            network.want(standing.wanted)
            network.judgeAgain()
        }
    }

    /// It shows another certificate from now on, and judges by other authorities and revocation lists.
    func renew(_ credentials: PeerCredentials) throws(NodeError) {
        do throws(CertificateError) { try standing.update(credentials) } catch { throw .wrongPeers("\(error)") }
        let isNational = genesis.suite == .national
        do throws(NetworkingError) {
            try loop.run { [network] () throws(NetworkingError) in
                try network.renew(
                    credentials.key.publicKey, credentials.identity, chain: isNational ? credentials.chain : [],
                    signer: isNational ? credentials.key : nil)
                network.judgeAgain()
            }
        } catch { throw .networking(error) }
    }

    /// Judges all who are connected once more: certificates end.
    func judgeAgain() { loop.post { [network] in network.judgeAgain() } }

    // MARK: Messages

    /// Sends what waits together: each post costs the loop a turn.
    func send(_ messages: [Outgoing]) {
        loop.post { [network, group = genesis.group] in
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
    func taken(from node: UInt32, byteCount: Int) { inbox.taken(from: node, byteCount: byteCount) }

    /// How many messages of each peer were dropped as there was no room for them, and their bytes, ascending by number;
    /// of those of whom any were.
    var dropped: [(number: UInt32, amount: PeerShares.Amount)] { inbox.dropped }

    /// Which nodes there is a connection with, by number.
    var connected: Set<UInt32> { inbox.connected }

    func name(of node: UInt32) -> String { standing.name(of: node) }

    func stop() {
        try? loop.run { [network] in network.stop() }
        loop.stop()
    }
}
