import Cryptography
import Foundation
import HTTP
import Networking
import Node
import Primitives
import SystemTestSupport
import TestSupport
import Testing

@testable import cairn

extension NodeTests {
    /// Attacks on a live network by those who are no peers: at the ports for peers and for clients of its nodes.
    ///
    /// `CAIRN_ATTACK_SECONDS` says how long each lasts: in CI under a second, in long runs as long as you like.
    @Suite struct NetworkOutsideAttackTests {
        /// Opens connections and gives each to `body`, until it is told to end.
        private static func connect(
            _ port: UInt16, until ended: EndFlag, _ body: @escaping @Sendable (AttackSocket, Int) throws -> Int
        ) async throws -> AttackAmount {
            try await AttackWorld.onThread {
                var amount = AttackAmount()
                var next = 0
                while !ended.isSet {
                    next += 1
                    guard let socket = AttackSocket(to: port) else { continue }
                    amount.add(try body(socket, next))
                }
                return amount
            }
        }

        /// Keeps many connections open, each of which says a byte now and then.
        private static func drip(
            _ port: UInt16, count: Int, _ bytes: [UInt8], until ended: EndFlag
        ) async throws -> AttackAmount {
            try await AttackWorld.onThread {
                var amount = AttackAmount()
                var sockets = (0..<count).map { AttackSocket(to: port, from: AttackSocket.stranger($0)) }
                amount.count = sockets.count { $0 != nil }
                var place = 0
                while !ended.isSet {
                    for index in sockets.indices {
                        guard let socket = sockets[index] else { continue }
                        guard !bytes.isEmpty, socket.send([bytes[place % bytes.count]]) else {
                            if !bytes.isEmpty { sockets[index] = nil }
                            continue
                        }
                        amount.byteCount += 1
                    }
                    place += 1
                    usleep(100_000)
                }
                return amount
            }
        }

        @Test(.timeLimit(.minutes(10))) func atThePortForPeers() async throws {
            let world = try await AttackWorld(seed: 51, honest: [0, 1, 2, 3])
            let port = try world.peerPort(0)
            try await world.attack("garbage at the peers' port") { ended in
                try await Self.connect(port, until: ended) { socket, number in
                    var generator = SeededGenerator(seed: UInt64(number))
                    let bytes = generator.bytes(1 << Int.random(in: 0...14, using: &generator))
                    socket.send(bytes)
                    return bytes.count
                }
            }
            try await world.attack("connections that say nothing") { ended in
                try await Self.drip(port, count: 500, [], until: ended)
            }
            let stranger = try TLSIdentity.selfSigned(.generate(.p256), name: "node-1.delta")
            let hello = try AttackChannel.clientHello(stranger)
            try await world.attack("handshakes of a byte at a time") { ended in
                try await Self.drip(port, count: 300, hello, until: ended)
            }
            try await world.attack("floods of handshakes of TLS") { ended in
                try await Self.connect(port, until: ended) { socket, _ in
                    socket.send(hello)
                    return hello.count
                }
            }
            try await world.attack("the certificate of another authority with the same name") { ended in
                let forged = try Self.forged()
                let hello = HostilePeer.Disguise.hello(try world.genesis.digest, [try world.genesis.group])
                return try await Self.connect(port, until: ended) { socket, _ in
                    let channel = try AttackChannel(socket, forged)
                    guard (try? channel.shakeHands()) == true else { return 0 }
                    #expect((try? channel.logIn(hello)) != .welcome)
                    return 1
                }
            }
            for number in 0..<4 { #expect(try await world.network.report(number).connectedCount == 3) }
            #expect(world.network.log(0).contains("authority that is trusted"))
            try await world.finish()
        }

        /// An authority of the attacker's own vouches for it as for delta's node.
        private static func forged() throws -> TLSIdentity {
            let (rootKey, key) = (try SoftwareKey.generate(.p256), try SoftwareKey.generate(.p256))
            let now = SystemClock.wall
            let root = try CertificateAuthority.root(
                organisation: "delta", commonName: "delta root", days: 30, key: rootKey, at: now)
            let issued = try root.issue(
                CertificateRequest(organisation: "delta", commonName: "node-1", role: .node, key: key),
                CertificateGrant(commonName: "node-1", use: .holder(.node), days: 10), at: now)
            return try TLSIdentity(chain: [issued.bytes, root.certificate.bytes], key: key)
        }

        @Test(.timeLimit(.minutes(10))) func atThePortForClients() async throws {
            let world = try await AttackWorld(seed: 52, honest: [0, 1, 2, 3])
            let port = try #require(world.network.nodes[0]).port
            try await world.attack("garbage at the clients' port") { ended in
                try await Self.connect(port, until: ended) { socket, number in
                    var generator = SeededGenerator(seed: UInt64(number))
                    let front = number % 2 == 0 ? Array("POST / HTTP/1.1\r\nContent-Length: 4096\r\n\r\n".utf8) : []
                    let bytes = front + generator.bytes(4096)
                    socket.send(bytes)
                    return bytes.count
                }
            }
            try await world.attack("heads of a byte at a time") { ended in
                let head = "POST / HTTP/1.1\r\nX-Slow: " + String(repeating: "a", count: 10_000)
                return try await Self.drip(port, count: 400, Array(head.utf8), until: ended)
            }
            try await world.attack("bodies of a byte at a time") { ended in
                try await AttackWorld.onThread {
                    var amount = AttackAmount()
                    let head = Array("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n".utf8)
                    let sockets = (0..<400).compactMap { _ in AttackSocket(to: port) }
                    for socket in sockets where socket.send(head) { amount.add(head.count) }
                    while !ended.isSet {
                        for socket in sockets where socket.send([0x20]) { amount.byteCount += 1 }
                        usleep(100_000)
                    }
                    return amount
                }
            }
            try await world.attack("bodies without an end") { ended in
                try await Self.connect(port, until: ended) { socket, number in
                    let head =
                        number % 2 == 0
                        ? "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                        : "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1099511627776\r\n\r\n"
                    let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 0x5B, count: 0x10000) + [13, 10]
                    socket.send(Array(head.utf8))
                    var byteCount = head.utf8.count
                    // Until the node has had enough.
                    while byteCount < 64 << 20, !ended.isSet, socket.send(chunk) { byteCount += chunk.count }
                    return byteCount
                }
            }
            try await world.attack("JSON that nests or calls without measure") { ended in
                try await Self.connect(port, until: ended) { socket, number in
                    let call = #"{"jsonrpc":"2.0","id":1,"method":"cairn_network","params":[]},"#
                    let body =
                        number % 2 == 0
                        ? String(repeating: "[", count: 1_000_000) : "[" + String(repeating: call, count: 15_000) + "1]"
                    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    socket.send(Array((head + body).utf8))
                    _ = socket.receive()
                    return head.utf8.count + body.utf8.count
                }
            }
            try await world.attack("thousands of connections") { ended in
                try await Self.drip(port, count: 3000, [], until: ended)
            }
            // Whoever comes after that is served again.
            try await world.network.waitUntil("the endpoint takes connections") {
                (try? await world.network.height(0)) != nil
            }
            try await world.finish()
        }
    }
}
