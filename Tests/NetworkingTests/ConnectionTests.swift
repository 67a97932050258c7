import Networking
import Testing
import Primitives
import TestSupport

@Suite struct ConnectionTests {
    /// Sends back what it gets, and closes when the peer has finished.
    @Sendable static func echo(_ connection: Connection) -> Recorder {
        let recorder = Recorder()
        recorder.react = { event in
            switch event {
            case .received(let bytes): connection.send(bytes)
            case .peerFinished: connection.close()
            default: break
            }
        }
        return recorder
    }

    @Test func bytesGoThereAndBack() throws {
        let server = try Server(accept: ConnectionTests.echo)
        defer { server.loop.stop() }
        var generator = SeededGenerator(seed: 1)
        let bytes = generator.bytes(3_000_000)
        let recorder = Recorder()
        let outcome = try server.connect(recorder) { $0.send(bytes) }
        let connection = try #require(try outcome.takeFirst()?.get())
        #expect(connection.peer == server.address)
        var all: [StreamEvent] = []
        while all.bytes.count < bytes.count, let more = recorder.events.takeAll(waitMilliseconds: 10_000),
            !more.isEmpty
        { all += more }
        server.loop.post { connection.close() }
        all += recorder.eventsUntilClosed()
        #expect(all.first == .connected)
        #expect(all.bytes == bytes)
        #expect(all.last == .closed(nil))
    }

    @Test func whatIsSentInOneEventGoesOutInOneWrite() throws {
        let server = try Server { connection in
            for byte in 0..<100 { connection.send([UInt8(byte)]) }
            connection.close()
            return Recorder()
        }
        defer { server.loop.stop() }
        let recorder = Recorder()
        _ = try server.connect(recorder)
        let received = recorder.eventsUntilClosed(milliseconds: 500).filter { $0 != .connected && $0 != .peerFinished }
        #expect(received.first == .received((0..<100).map { UInt8($0) }))
    }

    @Test func aPortInUseIsNamedWithTheRemedy() throws {
        let server = try Server { _ in nil }
        defer { server.loop.stop() }
        let (loop, address) = (server.loop, server.address)
        let error = #expect(throws: NetworkingError.self) {
            try loop.run { () throws(NetworkingError) in _ = try TCPListener(on: loop, address: address) { _ in nil } }
        }
        #expect(error == .portInUse(address: "127.0.0.1", port: address.port))
        #expect(error?.description.contains("choose another port") == true)
    }

    @Test func anAddressOfAnotherMachineIsRefused() throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        #expect(throws: NetworkingError.addressNotOurs(address: "192.0.2.1")) {
            try loop.run { () throws(NetworkingError) in
                _ = try TCPListener(on: loop, address: SocketAddress(host: "192.0.2.1", port: 0)) { _ in nil }
            }
        }
    }

    @Test func connectingToNothingIsRefused() throws {
        let server = try Server { _ in nil }
        defer { server.loop.stop() }
        let outcome = try server.connect(port: 1, Recorder())
        #expect(throws: NetworkingError.connectionRefused(try SocketAddress(host: "127.0.0.1", port: 1))) {
            try outcome.takeFirst()?.get()
        }
    }

    @Test func namesAreResolvedAndUnknownOnesRefused() throws {
        let server = try Server(accept: ConnectionTests.echo)
        defer { server.loop.stop() }
        #expect(throws: Never.self) { try server.connect(host: "localhost", Recorder()).takeFirst()?.get() }
        #expect(throws: NetworkingError.nameNotFound("no.such.name.invalid")) {
            try server.connect(host: "no.such.name.invalid", Recorder()).takeFirst()?.get()
        }
    }

    @Test func aPeerThatNeverReadsIsBoundedAndToldOf() throws {
        var options = ConnectionOptions()
        options.highWaterBytes = 1 << 20
        options.queuedBytesMax = 8 << 20
        let accepted = Recorder()
        let server = try Server(options: options) { connection in
            accepted.react = { event in
                guard case .received = event else { return }
                for _ in 0..<1000 { connection.send([UInt8](repeating: 0, count: 64 << 10)) }
            }
            return accepted
        }
        defer { server.loop.stop() }
        let outcome = try server.connect(Recorder()) { connection in
            connection.send([1])
            connection.pauseReading()
        }
        _ = outcome.takeFirst()
        guard case .closed(.outputQueueFull(let bytes)) = accepted.eventsUntilClosed().last else {
            Issue.record("the connection was not broken off")
            return
        }
        #expect(bytes <= 8 << 20)
    }

    @Test func drainedFollowsHighWater() throws {
        var options = ConnectionOptions()
        options.highWaterBytes = 1 << 20
        let accepted = Recorder()
        let server = try Server(options: options) { connection in
            accepted.react = { event in
                switch event {
                case .received: connection.send([UInt8](repeating: 7, count: 16 << 20))
                case .drained:
                    #expect(!connection.isAboveHighWater)
                    connection.close()
                default: break
                }
            }
            return accepted
        }
        defer { server.loop.stop() }
        let recorder = Recorder()
        _ = try server.connect(recorder) { $0.send([1]) }
        var count = 0
        while count < 16 << 20, let more = recorder.events.takeAll(waitMilliseconds: 10_000), !more.isEmpty {
            count += more.bytes.count
        }
        #expect(count == 16 << 20)
        #expect(accepted.events.takeAll(waitMilliseconds: 1000)?.contains(.drained) == true)
    }

    @Test func pausedReadingHoldsThePeerBack() throws {
        let accepted = Recorder()
        let connections = Mailbox<Connection>(capacity: 1)
        let server = try Server { connection in
            connection.pauseReading()
            _ = connections.send(connection)
            return accepted
        }
        defer { server.loop.stop() }
        _ = try server.connect(Recorder()) { $0.send([1, 2, 3]) }
        let connection = try #require(connections.takeFirst())
        #expect(accepted.events.takeAll(waitMilliseconds: 50) == [])
        server.loop.post { connection.resumeReading() }
        #expect(accepted.events.takeFirst() == .received([1, 2, 3]))
    }

    @Test func closingLingersForALimitedTimeOnly() throws {
        var options = ConnectionOptions()
        options.lingerMilliseconds = 100
        let accepted = Recorder()
        let server = try Server(options: options) { connection in
            connection.send([9])
            connection.close()
            return accepted
        }
        defer { server.loop.stop() }
        // The peer reads the last words, and goes on sending without ever closing.
        let recorder = Recorder()
        _ = try server.connect(recorder) { $0.send([UInt8](repeating: 1, count: 100_000)) }
        #expect(accepted.eventsUntilClosed() == [.closed(nil)])
        #expect(recorder.events.takeAll(waitMilliseconds: 1000)?.bytes == [9])
    }

    @Test func closingGivesUpOnAPeerThatTakesNothing() throws {
        var options = ConnectionOptions()
        options.flushMilliseconds = 100
        let accepted = Recorder()
        let server = try Server(options: options) { connection in
            connection.send([UInt8](repeating: 1, count: 32 << 20))
            connection.close()
            return accepted
        }
        defer { server.loop.stop() }
        _ = try server.connect(Recorder()) { $0.pauseReading() }
        #expect(accepted.eventsUntilClosed() == [.closed(nil)])
    }

    @Test func abortingIsSeenAsAReset() throws {
        let server = try Server { connection in
            let accepted = Recorder()
            accepted.react = { if case .received = $0 { connection.abort() } }
            return accepted
        }
        defer { server.loop.stop() }
        let recorder = Recorder()
        _ = try server.connect(recorder) { $0.send([1]) }
        #expect(recorder.eventsUntilClosed().last == .closed(.connectionReset))
    }

    @Test func stoppingTheLoopClosesConnections() throws {
        let accepted = Recorder()
        let server = try Server { _ in accepted }
        let recorder = Recorder()
        _ = try server.connect(recorder).takeFirst()
        try server.loop.run {}
        server.loop.stop()
        #expect(recorder.eventsUntilClosed().last == .closed(nil))
    }
}
