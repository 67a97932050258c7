import HTTP
import Networking
import Synchronization
import Testing
import Primitives
import TestSupport

@Suite struct WebSocketServerTests {
    @Test func messagesAreEchoed() throws {
        let server = try EchoServer()
        let socket = try server.connect()
        for length in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
            let payload = (0..<length).map { UInt8(ascii: "a") + UInt8($0 % 26) }
            socket.send(frame(1, payload), frame(2, payload))
            #expect(socket.next() == .init(opcode: 1, payload: payload))
            #expect(socket.next() == .init(opcode: 2, payload: payload))
        }
        let largest = Array(repeating: UInt8(9), count: HTTPLimits.webSocketBinaryBytesMax)
        socket.send(frame(2, largest))
        #expect(socket.next() == .init(opcode: 2, payload: largest))
        socket.send(close(1000, "done"))
        #expect(socket.next()?.closeCode == 1000)
        #expect(socket.next() == nil)
        #expect(server.log.closure() == .closed(1000, .peer))
    }

    @Test func pingsAreAnsweredBetweenFragments() throws {
        let server = try EchoServer()
        let socket = try server.connect()
        socket.send(text("a", isFinal: false) + frame(9, [1, 2]) + frame(0, [66]))
        #expect(socket.next() == .init(opcode: 10, payload: [1, 2]))
        #expect(socket.next()?.text == "aB")
    }

    @Test func aHalfWrittenFrameAtEveryByte() throws {
        let server = try EchoServer()
        let bytes = frame(2, Array(repeating: 5, count: 200))
        for split in 1..<bytes.count {
            let socket = try server.connect()
            socket.send(Array(bytes[..<split]))
            if split % 2 == 0 {
                socket.send(Array(bytes[split...]))
                #expect(socket.next()?.payload.count == 200)
            }
            // Else it breaks off there; the server must outlive it.
        }
        let socket = try server.connect()
        socket.send(text("still there"))
        #expect(socket.next()?.text == "still there")
    }

    @Test(
        arguments: [
            (frame(1, [65], mask: nil), 1002), (frame(3), 1002), (frame(1, reserved: 4), 1002),
            (frame(9, Array(repeating: 0, count: 126)), 1002), (frame(2, lengthBytes: 8), 1002), (frame(0), 1002),
            (close(1005), 1002), (frame(8, [1]), 1002), (frame(1, [0xFF]), 1007),
            (frame(1, [0xE2, 0x82], isFinal: false) + frame(0, [0x41]), 1007),
            (frame(1, statedLength: 2 << 20), 1009), (frame(2, statedLength: 5 << 20), 1009),
            (frame(2, statedLength: 1 << 62), 1009), (frame(8), 1005), (close(1001), 1001), (close(4321, "x"), 4321),
        ] as [([UInt8], UInt16)])
    func whatTheServerCloses(bytes: [UInt8], code: UInt16) throws {
        let server = try EchoServer()
        let socket = try server.connect()
        // What was sent before is answered before.
        socket.send(text("before") + bytes)
        #expect(socket.next()?.text == "before")
        #expect(socket.closeCode() == code)
        guard case .closed(let told, let side) = server.log.closure() else {
            Issue.record("the session was not told")
            return
        }
        #expect(told == code)
        #expect(side == (bytes[0] & 15 == 8 && code != 1002 ? .peer : .us))
    }

    @Test func aLostConnectionIsTold() throws {
        let server = try EchoServer()
        do {
            let socket = try server.connect()
            socket.send(text("a"))
            _ = socket.next()
        }
        #expect(server.log.closure() == .closed(1006, .network))
    }

    @Test func randomBytesAreClosedOrAwaited() throws {
        let server = try EchoServer()
        var random = SeededGenerator(seed: 77)
        for _ in 0..<100 {
            let socket = try server.connect()
            socket.send((0..<300).map { _ in UInt8.random(in: 0...255, using: &random) })
            socket.socket.finishSending()
            while socket.next() != nil {}
        }
        let socket = try server.connect()
        socket.send(text("still there"))
        #expect(socket.next()?.text == "still there")
    }

    @Test func theServerClosesWith1001() throws {
        let server = try EchoServer()
        let sockets = try (0..<3).map { _ in try server.connect() }
        server.server.close()
        for socket in sockets {
            #expect(socket.next()?.closeCode == 1001)
            socket.send(text("ignored"), close(1001))
            #expect(socket.next() == nil)
        }
        #expect(server.log.closure() == .closed(1001, .us))
    }

    @Test func aClientThatDoesNotAnswerTheCloseIsLeft() throws {
        var configuration = HTTPServerConfiguration()
        configuration.webSocket.closeMilliseconds = 100
        configuration.stream.lingerMilliseconds = 100
        let server = try EchoServer(configuration)
        let socket = try server.connect()
        server.server.close()
        #expect(socket.next()?.closeCode == 1001)
        #expect(socket.next() == nil)
        #expect(server.log.closure() == .closed(1001, .us))
    }

    // MARK: - Silence

    @Test func aSilentClientIsPingedAndLeft() throws {
        var configuration = HTTPServerConfiguration()
        configuration.webSocket.pingMilliseconds = 50
        configuration.webSocket.pongMilliseconds = 200
        let server = try EchoServer(configuration)
        let socket = try server.connect()
        #expect(socket.next()?.opcode == 9)
        #expect(socket.closeCode() == 1008)
        #expect(server.log.closure() == .closed(1008, .us))
    }

    @Test func aClientThatAnswersIsKept() throws {
        var configuration = HTTPServerConfiguration()
        configuration.webSocket.pingMilliseconds = 40
        configuration.webSocket.pongMilliseconds = 400
        let server = try EchoServer(configuration)
        let socket = try server.connect()
        for _ in 0..<10 {
            #expect(socket.next()?.opcode == 9)
            socket.send(frame(10))
        }
        socket.send(text("here"))
        while let next = socket.next() { if next.opcode == 1 { return } }
        Issue.record("the connection was not kept")
    }

    // MARK: - Slow readers

    /// Sends until the server takes no more, at most so many bytes.
    private func flood(_ socket: RawWebSocket, _ frame: [UInt8], bytesMax: Int) -> Int {
        let many = Array(repeating: frame, count: max(1, (64 << 10) / frame.count)).flatMap(\.self)
        var sent = 0
        socket.socket.limitSending(toMilliseconds: 300)
        while sent < bytesMax, socket.socket.send(many) { sent += many.count }
        return sent
    }

    @Test func aClientThatPingsAndNeverReadsIsHeldBackAndClosed() throws {
        var configuration = HTTPServerConfiguration()
        configuration.webSocket.stallMilliseconds = 2_000
        configuration.stream.flushMilliseconds = 200
        let server = try EchoServer(configuration)
        let socket = try server.connect(receiveBufferBytes: 4096)
        let sent = flood(socket, frame(9, Array(repeating: 1, count: 100)), bytesMax: 256 << 20)
        // What waits is bounded by the high-water mark and the system's own buffers.
        #expect(sent < 32 << 20)
        let connection = try #require(server.log.connections.withLock { $0.first })
        let queued = try server.loop.run { connection.queuedBytes }
        #expect(queued <= configuration.stream.highWaterBytes + (256 << 10))
        #expect(server.log.closure() == .closed(1008, .us))
    }

    @Test func emptyMessagesCountToo() throws {
        let server = try EchoServer()
        let socket = try server.connect(receiveBufferBytes: 4096)
        #expect(flood(socket, frame(2), bytesMax: 256 << 20) < 64 << 20)
    }

    @Test func aReaderThatIsSlowGetsAllInTheEnd() throws {
        let server = try EchoServer()
        let socket = try server.connect(receiveBufferBytes: 4096)
        let payload = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let sending = RawWebSocketSender(socket, frame(2, payload), count: 50)
        _ = usleepMilliseconds(300)
        for _ in 0..<50 { #expect(socket.next()?.payload == payload) }
        sending.wait()
        let happened = server.log.mailbox.takeAll(waitMilliseconds: 0) ?? []
        #expect(happened.contains(.congested) && happened.contains(.drained))
    }

    @Test func whoSubscribesAndNeverReadsIsClosedCleanly() throws {
        var configuration = HTTPServerConfiguration()
        configuration.webSocket.outputBytesMax = 4 << 20
        let server = try EchoServer(configuration)
        let socket = try server.connect(receiveBufferBytes: 4096)
        let connection = try #require(server.log.connections.withLock { $0.first })
        let message = WebSocketMessage.binary(Array(repeating: 3, count: 10_000))
        let outcomes = try server.loop.run { (0..<10_000).map { _ in connection.send(message) } }
        #expect(outcomes.first == .accepted && outcomes.last == .closed)
        #expect(outcomes.count { $0 == .full } == 1)
        #expect(try server.loop.run { connection.queuedBytes } <= 5 << 20)
        // The client reads after all: it gets what was taken, then the reason.
        var count = 0
        while let next = socket.next() {
            if next.opcode == 8 {
                #expect(next.closeCode == 1013)
                break
            }
            #expect(next.payload.count == 10_000)
            count += 1
        }
        #expect(count == outcomes.count { $0 == .accepted })
        socket.send(close(1013))
        #expect(server.log.closure() == .closed(1013, .us))
    }

    @Test func whatWaitsOnAllConnectionsIsBounded() throws {
        var configuration = HTTPServerConfiguration()
        configuration.waitingReplyBytesMax = 3 << 20
        let server = try EchoServer(configuration)
        let sockets = try (0..<4).map { _ in try server.connect(receiveBufferBytes: 4096) }
        for socket in sockets {
            socket.send(text("in"))
            #expect(socket.next()?.text == "in")
        }
        let connections = server.log.connections.withLock { $0 }
        let message = WebSocketMessage.binary(Array(repeating: 3, count: 100_000))
        let queued = try server.loop.run {
            for connection in connections { while connection.send(message) == .accepted {} }
            return connections.reduce(0) { $0 + $1.queuedBytes }
        }
        #expect(queued <= (3 << 20) + 4 * (2 << 20))
    }

    // MARK: - From other threads

    @Test func postedMessagesKeepTheirOrder() throws {
        let server = try EchoServer()
        let socket = try server.connect()
        socket.send(text("start"))
        #expect(socket.next()?.text == "start")
        let connection = try #require(server.log.connections.withLock { $0.first })
        let thread = try DedicatedThread(name: "poster") {
            for number in 0..<5_000 {
                if number % 3 == 0 {
                    connection.post([.text("\(number)a"), .text("\(number)b")])
                } else {
                    connection.post(.text("\(number)"))
                }
            }
            connection.close(.goingAway, reason: "enough")
        }
        defer { thread.join() }
        for number in 0..<5_000 {
            let expected = number % 3 == 0 ? ["\(number)a", "\(number)b"] : ["\(number)"]
            for text in expected { #expect(socket.next()?.text == text) }
        }
        #expect(socket.next()?.closeCode == 1001)
        socket.send(close(1001))
        #expect(socket.next() == nil)
        _ = server.log.closure()
        #expect(connection.post(.text("late")) == .closed)
    }

    @Test func tooMuchPostedIsRefused() throws {
        let server = try EchoServer()
        let socket = try server.connect()
        socket.send(text("start"))
        _ = socket.next()
        let connection = try #require(server.log.connections.withLock { $0.first })
        let outcomes = try server.loop.run {
            // The loop is busy here, so what is posted waits.
            (0..<40).map { _ in connection.post(.binary(Array(repeating: 0, count: 1 << 20))) }
        }
        #expect(outcomes.first == .accepted && outcomes.last == .full)
        #expect(outcomes.count { $0 == .accepted } == HTTPLimits.webSocketPostedBytesMax >> 20)
    }

    @Test func pausedReadingHoldsTheClientBack() throws {
        let server = try EchoServer()
        let socket = try server.connect()
        socket.send(text("start"))
        _ = socket.next()
        let connection = try #require(server.log.connections.withLock { $0.first })
        try server.loop.run { connection.pauseReading() }
        #expect(flood(socket, frame(2, Array(repeating: 7, count: 50_000)), bytesMax: 256 << 20) < 32 << 20)
        let happened = server.log.mailbox.takeAll(waitMilliseconds: 0) ?? []
        #expect(!happened.contains(.binary(50_000)))
        try server.loop.run { connection.resumeReading() }
        #expect(socket.next()?.payload.count == 50_000)
    }
}

/// Sends the same frame again and again, on a thread of its own.
final class RawWebSocketSender: @unchecked Sendable {
    private let socket: RawWebSocket
    private var thread: DedicatedThread?

    init(_ socket: RawWebSocket, _ frame: [UInt8], count: Int) {
        self.socket = socket
        thread = try? DedicatedThread(name: "sender") { for _ in 0..<count { self.socket.send(frame) } }
    }

    func wait() { thread?.join() }
}
