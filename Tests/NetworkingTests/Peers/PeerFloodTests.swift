import Cryptography
import Networking
import Primitives
import TestSupport
import Testing

/// Those who only connect, or send what is no handshake.
@Suite(.serialized) struct PeerFloodTests {
    /// Opens plain connections to a node, and sends bytes on each.
    private func connect(_ loop: EventLoop, to node: TestNode, count: Int, _ bytes: [UInt8]) throws -> [Recorder] {
        let recorders = (0..<count).map { _ in Recorder() }
        let port = node.address.port
        try loop.run {
            for recorder in recorders {
                Connection.connect(on: loop, host: "127.0.0.1", port: port) { result in
                    switch result {
                    case .success(let connection): if !bytes.isEmpty { connection.send(bytes) }
                    case .failure(let error): recorder.closed(error)
                    }
                    return recorder
                }
            }
        }
        return recorders
    }

    @Test func `those who only connect keep no admitted peer away`() throws {
        let nodes = try TestNodes(.international, count: 2)
        var configuration = try nodes.configuration(0)
        configuration.bounds.handshakesPerAddressMax = 1000
        (configuration.bounds.handshakesMax, configuration.bounds.handshakesKept) = (20, 10)
        let first = try TestNode(configuration, admission: nodes.admission)
        let second = try TestNode(nodes.configuration(1), admission: nodes.admission)
        try first.want([(1, second)])
        #expect(first.waitForConnection(1) && second.waitForConnection(0))
        let loop = try EventLoop(name: "flood")
        defer { loop.stop() }
        let recorders = try connect(loop, to: first, count: 200, [])
        #expect(first.waitForRefusal() == .refused(.tooManyConnections))
        #expect(try second.send(to: 0, .consensus, [7]) == .queued)
        #expect(first.waitForMessage() == [7])
        // In the end all are cut off.
        for recorder in recorders {
            guard case .closed? = recorder.eventsUntilClosed().last else {
                Issue.record("a connection that says nothing is kept")
                return
            }
        }
        #expect(first.connected == [1])
    }

    @Test func `garbage before TLS is refused`() throws {
        let nodes = try TestNodes(.international, count: 1)
        let first = try TestNode(nodes.configuration(0), admission: nodes.admission)
        let loop = try EventLoop(name: "garbage")
        defer { loop.stop() }
        _ = try connect(loop, to: first, count: 1, SeededGenerator(seed: 1).copyOfBytes(10_000))
        guard case .stream(.tls(.refused))? = first.waitForRefusal() else {
            Issue.record("garbage was not refused")
            return
        }
    }

    /// A peer on TLS that sends these bytes in place of a hello.
    private func refusal(_ bytes: [UInt8], handshakeMilliseconds: UInt64 = 5_000) throws -> PeerLinkEnd? {
        let nodes = try TestNodes(.international, count: 2)
        var configuration = try nodes.configuration(0)
        configuration.link.handshakeMilliseconds = handshakeMilliseconds
        let first = try TestNode(configuration, admission: nodes.admission)
        let loop = try EventLoop(name: "hostile")
        defer { loop.stop() }
        let (port, identity) = (first.address.port, nodes.identities[1])
        try loop.run { () throws(NetworkingError) in
            let context = try TLSContext(identity, .peers)
            Connection.connect(on: loop, host: "127.0.0.1", port: port) { result in
                guard case .success(let connection) = result else { return nil }
                return TLSStream(over: connection, on: loop, context, .client) { result in
                    guard case .success(let stream) = result else { return nil }
                    stream.send(bytes)
                    return Recorder()
                }
            }
        }
        return first.waitForRefusal()
    }

    @Test func `what is no hello is refused`() throws {
        let giant: [UInt8] = [255, 255, 255, 255, 18, 0, 0, 0, 0, 0]
        guard case .refused(.malformed)? = try refusal(giant) else {
            Issue.record("a giant frame before the hello was taken")
            return
        }
        let early: [UInt8] = [1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 7]
        #expect(
            try refusal(early)
                == .refused(.malformed("a frame of the kind consensus is not allowed here or in this form")))
        #expect(try refusal([3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0]) == .refused(.malformed("no hello")))
        #expect(try refusal([2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 9, 9]) == .refused(.wrongVersion(ours: 1)))
    }

    @Test func `half a hello is waited for in vain`() throws {
        #expect(try refusal([100, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1], handshakeMilliseconds: 200) == .handshakeTooSlow)
    }
}
