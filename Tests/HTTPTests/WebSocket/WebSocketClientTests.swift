import HTTP
import Networking
import Synchronization
import Testing

@Suite struct WebSocketClientTests {
    @Test func sendsReceivesAndCloses() async throws {
        let server = try EchoServer()
        let client = try await WebSocketClient.connect(on: server.loop, to: server.endpoint)
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20] {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 13) }
            try await client.send(.binary(bytes))
            #expect(try await client.receive() == .binary(bytes))
        }
        try await client.send(text: "grün")
        #expect(try await client.receive() == .text("grün"))
        let closure = await client.close(.normal, reason: "done")
        #expect(closure == WebSocketClosure(code: .normal, reason: "done", side: .us))
        #expect(server.log.closure() == .closed(1000, .peer))
        await #expect(throws: WebSocketClosure.self) { try await client.receive() }
        await #expect(throws: WebSocketClosure.self) { try await client.send(text: "late") }
    }

    @Test func manyMessagesBothWaysAtOnce() async throws {
        let server = try EchoServer()
        let loop = try EventLoop(name: "client")
        defer { loop.stop() }
        let client = try await WebSocketClient.connect(on: loop, to: server.endpoint)
        let bytes = Array(repeating: UInt8(5), count: 50_000)
        async let sent: Void = {
            for number in 0..<1_000 { try await client.send(number % 2 == 0 ? .binary(bytes) : .text("\(number)")) }
        }()
        for number in 0..<1_000 {
            let message = try await client.receive()
            #expect(message == (number % 2 == 0 ? .binary(bytes) : .text("\(number)")))
        }
        try await sent
    }

    @Test func aSlowReceiverHoldsTheServerBack() async throws {
        let server = try EchoServer()
        let loop = try EventLoop(name: "client")
        defer { loop.stop() }
        let client = try await WebSocketClient.connect(on: loop, to: server.endpoint)
        try await client.send(text: "start")
        #expect(try await client.receive() == .text("start"))
        let connection = try #require(server.log.connections.withLock { $0.first })
        let big = WebSocketMessage.binary(Array(repeating: 1, count: 1 << 20))
        var posted = 0
        // More than the client's inbox and the sockets hold: the server's own queue grows.
        for _ in 0..<200 {
            if try server.loop.run({ connection.queuedBytes }) < 4 << 20, posted < 60 {
                #expect(connection.post(big) == .accepted)
                posted += 1
            } else if posted >= 20 {
                break
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(posted >= 16 && posted < 60)
        for _ in 0..<posted { #expect(try await client.receive() == big) }
    }

    @Test func theServersEndIsTold() async throws {
        let server = try EchoServer()
        let client = try await WebSocketClient.connect(on: server.loop, to: server.endpoint)
        server.server.close()
        let closure = await #expect(throws: WebSocketClosure.self) { try await client.receive() }
        #expect(closure == WebSocketClosure(code: .goingAway, reason: "the server closes", side: .peer))
    }

    @Test func nobodyThereIsSaidPlainly() async throws {
        let loop = try EventLoop(name: "client")
        defer { loop.stop() }
        let endpoint = HTTPEndpoint(host: "127.0.0.1", port: 1)
        await #expect(throws: HTTPClientError.connectionRefused(endpoint)) {
            try await WebSocketClient.connect(on: loop, to: endpoint)
        }
    }

    @Test func aServerWithoutWebSocketsIsSaidPlainly() async throws {
        let server = try TestServer()
        await #expect(throws: HTTPClientError.upgradeRefused(server.endpoint, status: 200)) {
            try await WebSocketClient.connect(on: server.loop, to: server.endpoint)
        }
    }

    @Test func aPageFromElsewhereIsRefused() async throws {
        let server = try EchoServer()
        var configuration = WebSocketClientConfiguration()
        configuration.headers = [("Origin", "https://evil.example")]
        await #expect(throws: HTTPClientError.upgradeRefused(server.endpoint, status: 403)) {
            try await WebSocketClient.connect(on: server.loop, to: server.endpoint, configuration: configuration)
        }
    }

    /// A server that answers each request with fixed bytes.
    private final class Fixed: StreamHandler {
        let stream: Connection
        let bytes: [UInt8]

        init(_ stream: Connection, _ bytes: [UInt8]) {
            self.stream = stream
            self.bytes = bytes
        }

        func connected() {}
        func received(_ input: Span<UInt8>) { stream.send(bytes) }
        func peerFinished() { stream.close() }
        func drained() {}
        func closed(_ error: NetworkingError?) {}
    }

    @Test(arguments: [
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "nonsense\n\n",
    ])
    func repliesThatOpenNothing(reply: String) async throws {
        let loop = try EventLoop(name: "client")
        defer { loop.stop() }
        let address = try loop.run { () throws(NetworkingError) in
            try TCPListener(on: loop, address: SocketAddress(host: "127.0.0.1", port: 0)) {
                Fixed($0, Array(reply.utf8))
            }.address
        }
        let endpoint = HTTPEndpoint(host: "127.0.0.1", port: address.port)
        let error = await #expect(throws: HTTPClientError.self) {
            try await WebSocketClient.connect(on: loop, to: endpoint)
        }
        guard case .malformedReply = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aSilentServerIsLeft() async throws {
        let loop = try EventLoop(name: "client")
        defer { loop.stop() }
        let address = try loop.run { () throws(NetworkingError) in
            try TCPListener(on: loop, address: SocketAddress(host: "127.0.0.1", port: 0)) { Fixed($0, []) }.address
        }
        var configuration = WebSocketClientConfiguration()
        configuration.openMilliseconds = 100
        let endpoint = HTTPEndpoint(host: "127.0.0.1", port: address.port)
        await #expect(throws: HTTPClientError.timedOut(endpoint, milliseconds: 100)) {
            try await WebSocketClient.connect(on: loop, to: endpoint, configuration: configuration)
        }
    }

    @Test func tooLongAMessageIsClosed() async throws {
        let server = try EchoServer()
        var configuration = WebSocketClientConfiguration()
        configuration.webSocket.messages.binaryBytesMax = 1000
        let client = try await WebSocketClient.connect(
            on: server.loop, to: server.endpoint, configuration: configuration)
        try await client.send(.binary(Array(repeating: 0, count: 1001)))
        let closure = await #expect(throws: WebSocketClosure.self) { try await client.receive() }
        #expect(closure?.code == .messageTooLong && closure?.side == .us)
        #expect(server.log.closure() == .closed(1009, .peer))
    }

    @Test func addressesAreRead() throws {
        #expect(try HTTPEndpoint(webSocket: "WS://[::1]:99/x") == HTTPEndpoint(host: "::1", port: 99, path: "/x"))
        for text in ["http://a", "wss://", "ws://", "a", "ws://a:0"] {
            #expect(throws: HTTPClientError.malformedAddress(text)) { try HTTPEndpoint(webSocket: text) }
        }
    }
}
