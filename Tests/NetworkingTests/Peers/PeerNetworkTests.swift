import Cryptography
import Networking
import Primitives
import TestSupport
import Testing

@Suite(.serialized) struct PeerNetworkTests {
    private func pair(
        _ nodes: TestNodes, _ change: (Int, inout PeerNetworkConfiguration) -> Void = { _, _ in }
    ) throws -> (TestNode, TestNode) {
        let both = try (0..<2).map { number in
            var configuration = try nodes.configuration(number)
            change(number, &configuration)
            return try TestNode(configuration, admission: nodes.admission)
        }
        return (both[0], both[1])
    }

    @Test(arguments: Suite.allCases) func `messages of all classes go both ways`(_ suite: Suite) throws {
        let (first, second) = try pair(TestNodes(suite, count: 2))
        try first.want([(1, second)])
        #expect(first.waitForConnection(1) && second.waitForConnection(0))
        for messageClass in MessageClass.allCases {
            for count in [0, 200, 1_000_000] {
                let bytes = SeededGenerator(seed: UInt64(count)).copyOfBytes(count)
                #expect(try first.send(to: 1, messageClass, bytes) == .queued)
                #expect(try second.send(to: 0, messageClass, bytes) == .queued)
                let isSame = second.waitForMessage() == bytes && first.waitForMessage() == bytes
                #expect(isSame)
            }
        }
        #expect(try first.send(to: 7, .bulk, [1]) == .notConnected)
    }

    @Test(arguments: Suite.allCases) func `a stranger is refused, and both are told why`(_ suite: Suite) throws {
        let (known, all) = (try TestNodes(suite, count: 1), try TestNodes(suite, count: 2))
        let server = try TestNode(known.configuration(0), admission: known.admission)
        let stranger = try TestNode(
            all.configuration(1),
            admission: { _, _ in
                .success(PeerIdentity(number: 0, key: known.keys[0].publicKey, name: "server"))
            })
        try stranger.want([(0, server)])
        #expect(server.waitForRefusal() == .refused(.notAdmitted(.notOnList)))
        #expect(stranger.waitForRefusal() == .refusedByPeer(.notAdmitted(.notOnList)))
    }

    @Test(arguments: Suite.allCases) func `another chain is refused`(_ suite: Suite) throws {
        let nodes = try TestNodes(suite, count: 2)
        let first = try TestNode(nodes.configuration(0), admission: nodes.admission)
        let other = try TestNode(
            nodes.configuration(1, genesis: Suite.international.hash([1])), admission: nodes.admission)
        try other.want([(0, first)])
        guard case .refused(.wrongGenesis)? = first.waitForRefusal() else {
            Issue.record("another chain was not refused")
            return
        }
    }

    /// Who shows the certificate of another without its key.
    @Test func `a certificate without its SM2 key is refused`() throws {
        let nodes = try TestNodes(.national, count: 3)
        var configuration = try nodes.configuration(1)
        configuration.link.key = nodes.keys[2]
        let first = try TestNode(nodes.configuration(0), admission: nodes.admission)
        let liar = try TestNode(configuration, admission: nodes.admission)
        try liar.want([(0, first)])
        #expect(first.waitForRefusal() == .refused(.wrongProof))
        #expect(first.connected == [])
    }

    @Test func `another node at the address is refused`() throws {
        let nodes = try TestNodes(.international, count: 3)
        let first = try TestNode(nodes.configuration(0), admission: nodes.admission)
        let second = try TestNode(nodes.configuration(1), admission: nodes.admission)
        try first.want([(2, second)])
        #expect(first.waitForRefusal() == .refused(.notExpected))
    }

    @Test func `a node that calls itself finds out`() throws {
        let nodes = try TestNodes(.international, count: 2)
        let first = try TestNode(nodes.configuration(0), admission: nodes.admission)
        try first.want([(1, first)])
        #expect(first.waitForRefusal() == .refused(.ourselves) || first.waitForRefusal() == .refusedByPeer(.ourselves))
    }

    @Test func `of simultaneous calls one is kept, by both ends`() throws {
        for _ in 0..<5 {
            let nodes = try TestNodes(.international, count: 2)
            let (first, second) = try pair(nodes)
            try first.want([(1, second)])
            try second.want([(0, first)])
            #expect(first.waitForConnection(1) && second.waitForConnection(0))
            // Once all is quiet each has one link, and it carries messages.
            while first.wait(milliseconds: 300, for: { _ in true }) != nil {}
            #expect(first.connected == [1] && second.connected == [0])
            #expect(try first.send(to: 1, .consensus, [1]) == .queued)
            #expect(second.waitForMessage() == [1])
            #expect(try second.send(to: 0, .consensus, [2]) == .queued)
            #expect(first.waitForMessage() == [2])
        }
    }

    @Test func `a full mesh of four comes about`() throws {
        let nodes = try TestNodes(.national, count: 4)
        let all = try (0..<4).map { try TestNode(nodes.configuration($0), admission: nodes.admission) }
        for node in all { try node.want(all.enumerated().map { (UInt32($0), $1) }) }
        for (number, node) in all.enumerated() {
            let others = (0..<4).filter { $0 != number }.map { UInt32($0) }
            for _ in 0..<500 where node.connected != others { node.wait(milliseconds: 20) { _ in nil as Bool? } }
            #expect(node.connected == others)
        }
    }

    @Test func `a peer that died is called again until it is back`() throws {
        let nodes = try TestNodes(.international, count: 2)
        let first = try TestNode(nodes.configuration(0), admission: nodes.admission)
        var second: TestNode? = try TestNode(nodes.configuration(1), admission: nodes.admission)
        let port = try #require(second).address.port
        try first.want([(1, try #require(second))])
        #expect(first.waitForConnection(1))
        second?.loop.stop()
        second = nil
        #expect(first.waitForEnd() != nil)
        #expect(first.waitForRefusal() != nil)
        let again = try TestNode(nodes.configuration(1, port: port), admission: nodes.admission)
        #expect(first.waitForConnection(1) && again.waitForConnection(0))
    }

    @Test func `who is not wanted any more is let go`() throws {
        let (first, second) = try pair(TestNodes(.international, count: 2))
        try first.want([(1, second)])
        #expect(first.waitForConnection(1) && second.waitForConnection(0))
        try first.want([])
        #expect(first.waitForEnd() == .closed)
        #expect(second.waitForEnd() == .farewell(PeerLinkEnd.closed.description))
    }

    @Test func `messages for a group that is not carried are not taken`() throws {
        let (first, second) = try pair(TestNodes(.international, count: 2))
        try first.want([(1, second)])
        #expect(first.waitForConnection(1) && second.waitForConnection(0))
        let network = second.network
        for group: UInt32 in [5, 0] {
            let outcome = try second.loop.run { network.send(to: 0, .consensus, group: group, [UInt8(group)]) }
            #expect(outcome == .queued)
        }
        #expect(first.waitForMessage() == [0])
        // Who keeps on with it is cut off.
        try second.loop.run { for _ in 0..<20 { _ = network.send(to: 0, .bulk, group: 5, [1]) } }
        #expect(first.waitForEnd() == .cutOff)
    }

    @Test func `who misbehaves is cut off and refused for a while`() throws {
        let (first, second) = try pair(TestNodes(.international, count: 2))
        try second.want([(0, first)])
        #expect(first.waitForConnection(1))
        let network = first.network
        // In one event, so that no time passes that forgives.
        let connected = try first.loop.run {
            for _ in 0..<19 { network.report(1, .useless) }
            let connected = network.connectedPeers.count
            network.report(1, .useless)
            return [connected, network.connectedPeers.count]
        }
        #expect(connected == [1, 0])
        let milliseconds = first.wait { if case .cutOff(1, .useless, let time) = $0 { time } else { nil } }
        #expect(milliseconds == 30_000)
        guard case .refused(.cutOff)? = first.waitForRefusal() else {
            Issue.record("it was let in again")
            return
        }
        #expect(first.connected == [])
    }
}
