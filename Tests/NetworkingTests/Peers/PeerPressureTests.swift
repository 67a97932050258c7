import Cryptography
import Foundation
import Networking
import Primitives
import TestSupport
import Testing

/// What a link does when there is too much of something.
@Suite(.serialized) struct PeerPressureTests {
    private func pair(
        _ change: (Int, inout PeerNetworkConfiguration) -> Void = { _, _ in }
    ) throws -> (TestNode, TestNode) {
        let nodes = try TestNodes(.international, count: 2)
        let both = try (0..<2).map { number in
            var configuration = try nodes.configuration(number)
            change(number, &configuration)
            return try TestNode(configuration, admission: nodes.admission)
        }
        try both[0].want([(1, both[1])])
        #expect(both[0].waitForConnection(1) && both[1].waitForConnection(0))
        return (both[0], both[1])
    }

    @Test func `consensus overtakes fifty megabytes of bulk`() throws {
        let (first, second) = try pair()
        let bulk = SeededGenerator(seed: 1).copyOfBytes(50 << 20)
        let clock = ContinuousClock()
        #expect(try first.send(to: 1, .bulk, bulk) == .queued)
        var delays: [Duration] = []
        var isBulkThere = false
        for number in 0..<5 {
            usleep(5_000)
            let start = clock.now
            #expect(try first.send(to: 1, .consensus, [UInt8(number)]) == .queued)
            // On a quick machine the bulk may be there before the last of them.
            var message = second.waitForMessage()
            if message == bulk {
                isBulkThere = true
                message = second.waitForMessage()
            }
            #expect(message == [UInt8(number)])
            delays.append(clock.now - start)
        }
        if !isBulkThere { isBulkThere = second.waitForMessage() == bulk }
        #expect(isBulkThere)
        print("consensus behind 50 MB of bulk: \(delays.sorted()[2]) (median of 5), at most \(delays.max() ?? .zero)")
        #expect(delays.sorted()[2] < .milliseconds(500))
    }

    @Test func `bulk is told to wait, and when there is room`() throws {
        let (first, second) = try pair { number, configuration in
            if number == 0 { configuration.link.waitingBulkBytesMax = 4 << 20 }
        }
        let bytes = SeededGenerator(seed: 1).copyOfBytes(1 << 20)
        let network = first.network
        let outcomes = try first.loop.run { (0..<6).map { _ in network.send(to: 1, .bulk, group: 0, bytes) } }
        #expect(outcomes.prefix(3).allSatisfy { $0 == .queued } && outcomes.last == .full)
        #expect(first.wait { if case .writable(1, .bulk) = $0 { true } else { nil } } == true)
        #expect(try first.send(to: 1, .bulk, [9]) == .queued)
        while let message = second.waitForMessage(), message != [9] {}
    }

    @Test func `the link is cut rather than that consensus is lost`() throws {
        let (first, second) = try pair { number, configuration in
            if number == 0 { configuration.link.waitingConsensusBytesMax = 1 << 20 }
        }
        let network = first.network
        let outcomes = try first.loop.run {
            (0..<30).map { _ in network.send(to: 1, .consensus, group: 0, [UInt8](repeating: 1, count: 100_000)) }
        }
        #expect(outcomes.first == .queued && outcomes.last == .notConnected)
        #expect(first.waitForEnd() == .queueFull(.consensus))
        #expect(second.waitForEnd() != nil)
    }

    @Test func `who sends too fast is held back, and loses nothing`() throws {
        let (first, second) = try pair { number, configuration in
            guard number == 1 else { return }
            configuration.link.rates.dissemination = .init(bytesPerSecond: 1 << 20, framesPerSecond: 1000)
        }
        let network = first.network
        let clock = ContinuousClock()
        let start = clock.now
        try first.loop.run {
            for number in 0..<30 {
                _ = network.send(to: 1, .dissemination, group: 0, [UInt8](repeating: UInt8(number), count: 100_000))
            }
        }
        for number in 0..<30 { #expect(second.waitForMessage()?.first == UInt8(number)) }
        // Three megabytes at one a second, of which two are in reserve.
        #expect(clock.now - start > .milliseconds(700))
        let other = second.network
        #expect(try #require(try second.loop.run { other.counters(of: 0) }).holds > 0)
        #expect(second.connected == [0])
    }

    @Test func `round trips and traffic are counted`() throws {
        let (first, second) = try pair { _, configuration in configuration.link.pingMilliseconds = 30 }
        _ = try first.send(to: 1, .consensus, [1, 2, 3])
        #expect(second.waitForMessage() == [1, 2, 3])
        second.wait(milliseconds: 200) { _ in nil as Bool? }
        let (network, other) = (first.network, second.network)
        let sent = try #require(try first.loop.run { network.counters(of: 1) })
        let received = try #require(try second.loop.run { other.counters(of: 0) })
        #expect(sent.sent[0].frames == 1 && sent.sent[0].bytes == 13)
        #expect(received.received[0] == sent.sent[0])
        #expect(sent.roundTripMilliseconds != nil && received.roundTripMilliseconds != nil)
    }

    @Test func `a peer that falls silent is given up`() throws {
        let (first, second) = try pair { _, configuration in
            configuration.link.pingMilliseconds = 50
            configuration.link.idleMilliseconds = 300
        }
        // Its loop stands still: nothing is closed, and nothing comes.
        let done = Mailbox<Bool>(capacity: 1)
        second.loop.post { _ = done.takeAll(waitMilliseconds: 5_000) }
        guard case .silent? = first.waitForEnd(milliseconds: 4_000) else {
            Issue.record("a silent peer was kept")
            return
        }
        _ = done.send(true)
    }
}
