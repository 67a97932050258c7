import Cryptography
import Foundation
import Ledger
import Networking
import Node
import Primitives
import Replica
import Synchronization
import SystemTestSupport

@testable import cairn

/// A member's node in the hands of an attacker: it has the certificate, the keys and the address of an admitted node, and
/// says what it likes.
final class HostilePeer: Sendable {
    /// Who the attacker is.
    struct Disguise: Sendable {
        let parts: PeerParts
        let genesis: Genesis
        let hello: PeerHello
        /// By which the node orders and certifies.
        let key: any SigningKey

        init(_ place: NodePlace, genesis: Genesis) throws {
            let configuration = try place.configuration()
            guard let network = configuration.network else { throw ChildProcess.Failure("\(place.name) has no peers") }
            parts = try NodePeers(network: network, suite: genesis.suite, folder: place.path).parts()
            self.genesis = genesis
            hello = Self.hello(genesis.digest, [genesis.group])
            key = try KeyStore(directory: place.file(configuration.keys)).open(
                configuration.key, passphrase: try PassphrasePrompt.read(file: place.passphraseFile))
        }

        static func hello(_ genesis: Digest, _ groups: Set<UInt32>) -> PeerHello {
            PeerHello(genesis: genesis, groups: groups, role: .validator, chain: [], software: "hostile/1")
        }

        var identity: TLSIdentity { parts.credentials.identity }
        var group: UInt32 { genesis.group }

        fileprivate var configuration: PeerNetworkConfiguration {
            var configuration = PeerNetworkConfiguration(
                number: parts.own, key: parts.credentials.key.publicKey, identity: identity,
                link: PeerLinkOptions(genesis.suite, hello: hello), listenAddress: parts.listenAddress)
            configuration.firstBackoffMilliseconds = 20
            configuration.lastBackoffMilliseconds = 100
            return configuration
        }
    }

    struct Received: Sendable {
        let from: UInt32
        let bytes: [UInt8]
        /// By its place in the coding.
        var kind: UInt8 { bytes.count > EpochMessage.messageOffset ? bytes[EpochMessage.messageOffset] : .max }
    }

    typealias Answer = @Sendable (_ from: UInt32, EpochMessage) -> [ReplicaMessage]

    private struct State {
        var connected: Set<UInt32> = []
        var cuts: [UInt32: Int] = [:]
        var received: [Received] = []
        /// What each said last of each kind.
        var last: [UInt32: [UInt8: [UInt8]]] = [:]
        var countByKind: [UInt8: Int] = [:]
        var keys: [PublicKey] = []
        var answer: Answer?
        var answerCounts: [UInt8: Int] = [:]
    }

    let disguise: Disguise
    private let loop: EventLoop
    private let network: PeerNetwork
    private let state: StateBox

    private final class StateBox: Sendable {
        let value: Mutex<State>
        init(_ state: State) { value = Mutex(state) }
    }

    private static let recordedPerKindMax = 500

    /// Listens at the node's address, and calls all others.
    init(_ disguise: Disguise) throws {
        let loop = try EventLoop(name: "hostile")
        var first = State()
        first.keys = disguise.parts.nodes.map(\.certificateKey)
        let state = StateBox(first)
        let (configuration, own, group) = (disguise.configuration, disguise.parts.own, disguise.group)
        network = try loop.run { () throws(NetworkingError) in
            let answering = Answering()
            let network = try PeerNetwork(
                on: loop, configuration, admission: { chain, _ in Self.admit(chain, state) },
                handler: { event in Self.take(event, state, answering, group) })
            answering.network = network
            network.want(
                disguise.parts.nodes.enumerated().filter { $0.offset != Int(own) }.map {
                    WantedPeer(number: UInt32($0.offset), addresses: $0.element.addresses)
                })
            return network
        }
        (self.disguise, self.loop, self.state) = (disguise, loop, state)
    }

    deinit { loop.stop() }

    func stop() { try? loop.run { [network] in network.stop() } }

    /// The network, for what is answered on its thread; set and used there only.
    private final class Answering: @unchecked Sendable { weak var network: PeerNetwork? }

    /// It lets in whoever comes: a stranger gets the next number.
    private static func admit(_ chain: [[UInt8]], _ state: StateBox) -> Result<PeerIdentity, NotAdmitted> {
        guard let first = chain.first, let key = try? Certificate(der: first).publicKey else {
            return .failure(NotAdmitted(.certificateMalformed))
        }
        let number = state.value.withLock { state in
            if let known = state.keys.firstIndex(of: key) { return known }
            state.keys.append(key)
            return state.keys.count - 1
        }
        return .success(PeerIdentity(number: UInt32(number), key: key, name: "\(number)"))
    }

    private static func take(_ event: PeerNetworkEvent, _ state: StateBox, _ answering: Answering, _ group: UInt32) {
        switch event {
        case .connected(let peer, _): state.value.withLock { _ = $0.connected.insert(peer.number) }
        case .disconnected(let peer, let end):
            state.value.withLock { state in
                state.connected.remove(peer.number)
                if end == .farewell(PeerLinkEnd.cutOff.description) { state.cuts[peer.number, default: 0] += 1 }
                if case .farewell(let text) = end, text.contains("no frame") {
                    state.cuts[peer.number, default: 0] += 1
                }
            }
        case .message(let node, _, _, let bytes):
            let received = Received(from: node, bytes: bytes)
            let answer = state.value.withLock { state in
                state.last[node, default: [:]][received.kind] = bytes
                if state.countByKind[received.kind, default: 0] < recordedPerKindMax {
                    state.countByKind[received.kind, default: 0] += 1
                    state.received.append(received)
                }
                return state.answer
            }
            guard let answer, let question = try? EpochMessage(canonicalBytes: bytes) else { return }
            let replies = answer(node, question)
            if !replies.isEmpty { state.value.withLock { $0.answerCounts[received.kind, default: 0] += 1 } }
            for reply in replies {
                let bytes = EpochMessage(epoch: question.epoch, message: reply).canonicalBytes
                _ = answering.network?.send(to: node, .bulk, group: group, bytes)
            }
        default: break
        }
    }

    var connected: Set<UInt32> { state.value.withLock { $0.connected } }
    /// How often each has cut it off.
    var cuts: [UInt32: Int] { state.value.withLock { $0.cuts } }
    /// What others have said so far, of each kind as much as is kept.
    var received: [Received] { state.value.withLock { $0.received } }
    func last(of kind: UInt8, from node: UInt32) -> [UInt8]? { state.value.withLock { $0.last[node]?[kind] } }
    /// How many questions of each kind it has answered.
    var answerCounts: [UInt8: Int] { state.value.withLock { $0.answerCounts } }

    /// From now on it answers what others ask.
    func answer(_ answer: @escaping Answer) { state.value.withLock { $0.answer = answer } }

    /// Sends a message to some; how often it was taken by the link.
    func send(_ bytes: [UInt8], _ messageClass: MessageClass, group: UInt32? = nil, to nodes: [UInt32]) -> Int {
        send([bytes], messageClass, group: group, to: nodes)
    }

    private func send(
        _ messages: [[UInt8]], _ messageClass: MessageClass, group: UInt32?, to nodes: [UInt32]
    ) -> Int {
        let group = group ?? disguise.group
        let taken = try? loop.run { [network] in
            var count = 0
            for bytes in messages {
                for node in nodes where network.send(to: node, messageClass, group: group, bytes) == .queued {
                    count += 1
                }
            }
            return count
        }
        return taken ?? 0
    }

    func send(_ message: ReplicaMessage, epoch: UInt64, to nodes: [UInt32]) {
        _ = send(EpochMessage(epoch: epoch, message: message).canonicalBytes, .bulk, to: nodes)
    }

    /// Sends one message after another as fast as they are taken, until it is told to end. Of the classes that wait for
    /// room: too much of consensus would cut the attacker's own link.
    func flood(
        _ nodes: [UInt32], _ messageClass: MessageClass = .dissemination, group: UInt32? = nil, together: Int = 200,
        until ended: EndFlag, _ make: @Sendable (Int) -> [UInt8]
    ) async -> AttackAmount {
        var amount = AttackAmount()
        var next = 0
        while !ended.isSet {
            let messages = (next..<next + together).map(make)
            next += together
            let taken = send(messages, messageClass, group: group, to: nodes)
            amount.count += taken
            amount.byteCount += taken * messages.reduce(0) { $0 + $1.count } / messages.count
            // Full, or not connected.
            if taken < messages.count * nodes.count { try? await Task.sleep(for: .milliseconds(2)) }
        }
        return amount
    }
}

/// What an attacker has sent.
struct AttackAmount: Sendable {
    var count = 0
    var byteCount = 0

    mutating func add(_ bytes: Int) {
        count += 1
        byteCount += bytes
    }
}
