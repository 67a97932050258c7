import Foundation
import Networking
import Primitives
import Synchronization
import TestSupport

/// Stands between the nodes of a network, on the addresses at which they look for each other, and does to what they send
/// what bad links do. Node `n` listens at, and calls from, `127.0.0.(10 + n)`; so it is known who calls.
///
/// It is a proxy of TCP, as not every machine can damage packets: a lost packet shows as what TCP makes of it, a pause of
/// a retransmission's time for all that comes behind.
final class LinkProxies: Sendable {
    /// What happens to what one node sends another.
    struct Fault: Hashable, Sendable {
        var latencyMilliseconds: UInt64 = 0
        /// Of each piece as long as a packet.
        var lossPercent = 0
        /// Nothing arrives; it is sent again once the link is whole.
        var isCut = false
    }

    private struct Direction: Hashable {
        let from, to: Int
    }

    private let loop: EventLoop
    private let faults = Mutex<[Direction: Fault]>([:])
    private let seeds = Mutex(SeededGenerator(seed: 1))

    static func host(of node: Int) -> String { "127.0.0.\(10 + node)" }
    private static func node(at host: String) -> Int? {
        host.split(separator: ".").last.flatMap { Int($0) }.map { $0 - 10 }
    }

    /// Listens for each of the nodes at its port, and passes on to where it really is.
    init(ports: [UInt16]) throws {
        let loop = try EventLoop(name: "links")
        self.loop = loop
        try loop.run { [self] () throws(NetworkingError) in
            for (node, port) in ports.enumerated() {
                _ = try TCPListener(on: loop, address: try SocketAddress(host: "127.0.0.1", port: port)) {
                    [weak self] connection in
                    guard let self, let caller = Self.node(at: connection.peer.host) else { return nil }
                    let call = LinkCall(connection, from: caller, to: node, self)
                    call.begin(on: self.loop, port: port)
                    return call.near
                }
            }
        }
    }

    func stop() { loop.stop() }

    /// From now on this is so between all whom `applies` says it of.
    func set(_ fault: Fault, nodes: Int, where applies: (_ from: Int, _ to: Int) -> Bool) {
        faults.withLock { faults in
            for from in 0..<nodes {
                for to in 0..<nodes where from != to && applies(from, to) {
                    faults[Direction(from: from, to: to)] = fault
                }
            }
        }
    }

    func heal() { faults.withLock { $0 = [:] } }

    fileprivate func fault(from: Int, to: Int) -> Fault {
        faults.withLock { $0[Direction(from: from, to: to)] ?? Fault() }
    }

    /// How much later a piece comes than its link's latency says.
    fileprivate func lossMilliseconds(_ fault: Fault, byteCount: Int) -> UInt64 {
        guard fault.lossPercent > 0 else { return 0 }
        return seeds.withLock { generator in
            var milliseconds: UInt64 = 0
            for _ in 0..<max(1, byteCount / Self.packetByteCount) {
                while Int.random(in: 0..<100, using: &generator) < fault.lossPercent {
                    milliseconds += Self.retransmissionMilliseconds + fault.latencyMilliseconds
                }
            }
            return milliseconds
        }
    }

    private static let packetByteCount = 1400
    private static let retransmissionMilliseconds: UInt64 = 200
}

/// A call of one node to another: two connections, and what is on its way between them.
private final class LinkCall: @unchecked Sendable {
    /// One end: what comes in there goes out at the other one, late.
    final class End: StreamHandler {
        fileprivate var connection: Connection?
        fileprivate var deliver: (([UInt8]) -> Void)?
        fileprivate var ended: (() -> Void)?

        func connected() {}
        func received(_ bytes: Span<UInt8>) {
            var copy: [UInt8] = []
            for index in bytes.indices { copy.append(bytes[index]) }
            deliver?(copy)
        }
        func peerFinished() { ended?() }
        func drained() {}
        func closed(_ error: NetworkingError?) {
            connection = nil
            ended?()
        }
    }

    let near = End()
    private let far = End()
    private let links: LinkProxies
    private let caller, called: Int
    /// What waits, in its order, by direction: towards the called node, and back.
    private var waiting: [[(due: UInt64, bytes: [UInt8])]] = [[], []]
    private var timer: Networking.Timer?
    private var loop: EventLoop?
    private var isOver = false

    init(_ connection: Connection, from caller: Int, to called: Int, _ links: LinkProxies) {
        (self.caller, self.called, self.links) = (caller, called, links)
        near.connection = connection
    }

    func begin(on loop: EventLoop, port: UInt16) {
        self.loop = loop
        near.deliver = { [self] in take($0, 0) }
        far.deliver = { [self] in take($0, 1) }
        near.ended = { [weak self] in self?.end() }
        far.ended = { [weak self] in self?.end() }
        timer = loop.schedule(everyMilliseconds: 1) { [weak self] in self?.pass() }
        Connection.connect(on: loop, host: LinkProxies.host(of: called), port: port) { [weak self] result in
            guard let self, !isOver, case .success(let connection) = result else {
                self?.end()
                return nil
            }
            far.connection = connection
            return far
        }
    }

    private func fault(_ direction: Int) -> LinkProxies.Fault {
        direction == 0 ? links.fault(from: caller, to: called) : links.fault(from: called, to: caller)
    }

    private func take(_ bytes: [UInt8], _ direction: Int) {
        guard let loop else { return }
        let fault = fault(direction)
        let late = fault.latencyMilliseconds + links.lossMilliseconds(fault, byteCount: bytes.count)
        let due = max(waiting[direction].last?.due ?? 0, loop.nowMilliseconds + late)
        waiting[direction].append((due, bytes))
        pass()
    }

    private func pass() {
        guard let loop, !isOver else { return }
        for (direction, end) in [far, near].enumerated() where !fault(direction).isCut {
            guard let connection = end.connection else { continue }
            let due = waiting[direction].prefix { $0.due <= loop.nowMilliseconds }
            for piece in due { connection.send(piece.bytes) }
            waiting[direction].removeFirst(due.count)
        }
    }

    private func end() {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        near.connection?.abort()
        far.connection?.abort()
        (near.deliver, far.deliver) = (nil, nil)
    }
}
