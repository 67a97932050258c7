// How fast the transport between nodes is: small frames, and bulk, over TLS on loopback.
//
// Each node has a loop, and so a thread, of its own.
import BenchmarkSupport
import Cryptography
import Glibc
import Networking
import Primitives

/// Keys, and an admission that compares certificates.
struct Nodes {
    let keys: [SoftwareKey]
    let identities: [TLSIdentity]

    init() throws {
        keys = try (0..<2).map { _ in try .generate(.p256) }
        identities = try keys.map { try .selfSigned($0, name: "node") }
    }

    func network(
        _ number: Int, on loop: EventLoop, handler: @escaping @Sendable (PeerNetworkEvent) -> Void
    ) throws -> PeerNetwork {
        let known = zip(identities.map(\.chain), keys.map(\.publicKey)).enumerated().map { ($0, $1.0, $1.1) }
        let hello = PeerHello(genesis: .zero, groups: [0], role: .validator, chain: [], software: "benchmark")
        var link = PeerLinkOptions(.international, hello: hello)
        let rate = PeerRates.Rate(bytesPerSecond: 1 << 36, framesPerSecond: 1 << 30)
        (link.rates.consensus, link.rates.dissemination, link.rates.bulk) = (rate, rate, rate)
        let configuration = PeerNetworkConfiguration(
            number: UInt32(number), key: keys[number].publicKey, identity: identities[number], link: link,
            listenAddress: try SocketAddress(host: "127.0.0.1", port: 0))
        return try loop.run { () throws(NetworkingError) in
            try PeerNetwork(
                on: loop, configuration,
                admission: { chain, _ in
                    guard let (number, _, key) = known.first(where: { $0.1 == chain }) else {
                        return .failure(NotAdmitted(.notOnList))
                    }
                    return .success(PeerIdentity(number: UInt32(number), key: key, name: "node"))
                }, handler: handler)
        }
    }
}

/// Counts what comes, and tells when all is there. On its loop's thread.
final class Counter: @unchecked Sendable {
    let connected = Mailbox<Bool>(capacity: 4)
    let done = Mailbox<Bool>(capacity: 4)
    var missing = 0

    func take(_ event: PeerNetworkEvent) {
        switch event {
        case .connected: _ = connected.send(true)
        case .message:
            missing -= 1
            if missing == 0 { _ = done.send(true) }
        default: break
        }
    }
}

/// Two nodes that are connected.
struct Pair {
    let loops: [EventLoop]
    let sender: PeerNetwork
    let counter = Counter()
    let receiver: PeerNetwork

    init() throws {
        let nodes = try Nodes()
        loops = [try EventLoop(name: "sender"), try EventLoop(name: "receiver")]
        let counter = counter
        sender = try nodes.network(0, on: loops[0]) { _ in }
        receiver = try nodes.network(1, on: loops[1]) { counter.take($0) }
        let (sender, receiver) = (sender, receiver)
        guard let address = try loops[1].run({ receiver.listenAddress }) else { return }
        let peer = WantedPeer(number: 1, addresses: [PeerAddress(host: "127.0.0.1", port: address.port)])
        try loops[0].run { sender.want([peer]) }
        _ = counter.connected.takeAll()
    }

    /// Sends messages, so many in each event, and waits until all have come. Gives back the seconds.
    func run(_ messageClass: MessageClass, _ bytes: [UInt8], count: Int, together: Int) throws -> Double {
        let (sender, counter) = (sender, counter)
        try loops[1].run { counter.missing = count }
        return try seconds {
            var sent = 0
            while sent < count {
                let most = min(together, count - sent)
                let taken = try loops[0].run {
                    for number in 0..<most where sender.send(to: 1, messageClass, group: 0, bytes) != .queued {
                        return number
                    }
                    return most
                }
                sent += taken
                // What is refused as too much is offered again when some of it has gone.
                if taken < most { usleep(500) }
            }
            _ = counter.done.takeAll()
        }
    }

    func stop() { for loop in loops { loop.stop() } }
}

/// Bytes that hardly get shorter.
func noise(_ count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: 1)
    return (0..<count / 8).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
}

/// Like records of a ledger: half of it repeats.
func records(_ count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: 1)
    return (0..<count / 16).flatMap { number in
        withUnsafeBytes(of: generator.next()) { Array($0) } + [1, 0, 0, 0, 0, 0, 0, UInt8(number & 3)]
    }
}

func measure(_ name: String, _ unit: String, amount: Double, _ body: () throws -> Double) rethrows -> Figure {
    _ = try body()
    return Figure(name, try (0..<5).map { _ in amount / (try body()) }, unit)
}

let pair = try Pair()
let frame = noise(200)
let together = try measure("frames of 200 B, 500 an event", "frames/s", amount: 200_000) {
    try pair.run(.dissemination, frame, count: 200_000, together: 500)
}
let alone = try measure("frames of 200 B, one an event", "frames/s", amount: 10_000) {
    try pair.run(.dissemination, frame, count: 10_000, together: 1)
}
let dull = noise(8 << 20)
let plain = try measure("bulk of 8 MiB that can't be compressed", "MB/s", amount: 32 * 8.388608) {
    try pair.run(.bulk, dull, count: 32, together: 1)
}
let ledger = records(8 << 20)
let compressed = try measure("bulk of 8 MiB that can be compressed", "MB/s", amount: 32 * 8.388608) {
    try pair.run(.bulk, ledger, count: 32, together: 1)
}
pair.stop()
Figure.show([together, alone, plain, compressed])
print("coalesced against alone: \(Figure.text(together.median / alone.median)) times")
