@testable import HTTP
import Networking
import Testing

@Suite struct WebSocketHandshakeTests {
    // RFC 3174, section 7.3, and FIPS 180.
    @Test func sha1() {
        func digest(_ text: String) -> String {
            SHA1.digest(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(digest("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(digest("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(
            digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(digest(String(repeating: "a", count: 1_000_000)) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }

    // RFC 4648, section 10.
    @Test func base64() {
        for (text, coded) in [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] { #expect(Base64.encode(Array(text.utf8)) == coded) }
        for _ in 0..<100 { #expect(Base64.isSixteenBytes(WebSocketHandshake.makeKey())) }
    }

    // RFC 6455, section 1.3.
    @Test func theAnswerToTheKeyOfTheStandard() throws {
        #expect(WebSocketHandshake.accept(of: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        let server = try EchoServer()
        let socket = try server.connect()
        #expect(socket.head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(socket.head.contains("\r\nUpgrade: websocket\r\n"))
        #expect(socket.head.contains("\r\nConnection: Upgrade\r\n"))
        #expect(socket.head.hasSuffix("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        socket.send(text("hi"))
        #expect(socket.next()?.text == "hi")
    }

    private func status(_ request: String, _ server: EchoServer) throws -> [Int] {
        let socket = try RawSocket(server.server.address)
        socket.send(request)
        socket.finishSending()
        return statuses(socket.receiveAll())
    }

    @Test(arguments: [
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 426), ("Sec-WebSocket-Version: 13\r\n", "", 426),
        ("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13", 426), ("Version: 13", "Version: 13, 8", 426),
        ("Connection: keep-alive, Upgrade", "Connection: keep-alive", 400), ("HTTP/1.1", "HTTP/1.0", 400),
        ("keep-alive, Upgrade", "close, Upgrade", 400),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=", 400),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZR==", 400), ("dGhlIHNhbXBsZSBub25jZQ==", "", 400),
        ("Key: ", "Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: ", 400),
        ("Host: localhost", "Host: evil.example", 403), ("Host: localhost\r\n", "", 400),
        ("Host: localhost", "Host: localhost\r\nOrigin: https://evil.example", 403),
        ("Host: localhost", "Host: localhost\r\nOrigin: null", 403),
        ("Host: localhost", "Host: localhost\r\nContent-Length: 1", 400),
        ("Upgrade: websocket", "Upgrade: h2c", 200),
    ])
    func whatIsRefused(part: String, replacement: String, expected: Int) throws {
        let server = try EchoServer()
        let request = RawWebSocket.request.replacing(part, with: replacement)
        #expect(request != RawWebSocket.request)
        #expect(try status(request + "x", server).first == expected)
    }

    @Test func aRefusedVersionIsToldTheRightOne() throws {
        let server = try EchoServer()
        let socket = try RawSocket(server.server.address)
        socket.send(RawWebSocket.request.replacing("Version: 13", with: "Version: 12"))
        let reply = socket.receive(until: "\r\n\r\n")
        #expect(reply.contains("\r\nSec-WebSocket-Version: 13\r\n") && reply.contains("\r\nUpgrade: websocket\r\n"))
    }

    @Test func pagesThatAreAllowedMayOpenOne() throws {
        var configuration = HTTPServerConfiguration()
        configuration.access = HTTPAccess(hosts: .loopback) { $0 == "https://wallet.example" }
        let server = try EchoServer(configuration)
        let host = "Host: localhost"
        for (origin, expected) in [("https://wallet.example", 101), ("https://wallet.example.evil", 403)] {
            let request = RawWebSocket.request.replacing(host, with: "\(host)\r\nOrigin: \(origin)")
            #expect(try status(request, server).first == expected)
        }
    }

    @Test func aServerWithoutWebSocketsAnswersAsEver() throws {
        let server = try TestServer()
        #expect(statuses(try server.exchange(RawWebSocket.request)) == [200])
    }

    @Test func aServerThatIsNotReadySaysSo() throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let server = try HTTPServer(
            on: loop, address: SocketAddress(host: "127.0.0.1", port: 0), webSocket: { _ in nil },
            handler: TestServer.echo)
        let socket = try RawSocket(server.address)
        socket.send(RawWebSocket.request + post("a", "Connection: close\r\n"))
        #expect(statuses(socket.receiveAll()) == [503, 200])
    }

    @Test func requestsBeforeAndFramesBehindInOnePiece() throws {
        let server = try EchoServer()
        let socket = try RawSocket(server.server.address)
        let frames = text("one") + text("two") + close(1000)
        socket.send(Array((post("a") + post("b") + RawWebSocket.request).utf8) + frames)
        let all = socket.receiveAll()
        #expect(statuses(all) == [200, 200, 101])
        #expect(all.hasSuffix("\r\n\r\n\u{81}\u{03}one") || all.contains("one"))
        #expect(all.contains("two"))
    }

    @Test func aRequestThatWaitsForARepliesTurnKeepsItsFrames() throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let log = EchoSession.Log()
        let server = try HTTPServer(
            on: loop, address: SocketAddress(host: "127.0.0.1", port: 0), webSocket: { _ in { EchoSession($0, log) } }
        ) { _, responder in
            Delays.run(afterMilliseconds: 100) { responder.respond(status: 200) }
        }
        let socket = try RawSocket(server.address)
        socket.send(post("slow") + RawWebSocket.request)
        socket.send(text("early"))
        _ = usleepMilliseconds(20)
        socket.send(text("later") + close(1000))
        let all = socket.receiveAll()
        #expect(statuses(all) == [200, 101])
        #expect(all.contains("early") && all.contains("later"))
        #expect(log.closure() == .closed(1000, .peer))
    }

    @Test func requestsSplitAtEveryByte() throws {
        let server = try EchoServer()
        let bytes = Array(RawWebSocket.request.utf8) + text("hello") + frame(9, [7]) + close(1000)
        for split in stride(from: 1, to: bytes.count, by: 3) {
            let socket = try RawSocket(server.server.address)
            socket.send(Array(bytes[..<split]))
            if split % 9 == 0 { _ = usleepMilliseconds(1) }
            socket.send(Array(bytes[split...]))
            #expect(socket.receiveAll().contains("hello"))
        }
    }

    @Test func thereAreNoMoreThanAllowed() throws {
        var configuration = HTTPServerConfiguration()
        configuration.webSocket.connectionsMax = 2
        let server = try EchoServer(configuration)
        do {
            let first = try server.connect()
            let second = try server.connect()
            let third = try RawSocket(server.server.address)
            third.send(RawWebSocket.request + post("still", "Connection: close\r\n"))
            #expect(statuses(third.receiveAll()) == [503, 200])
            first.send(close(1000))
            #expect(first.closeCode() == 1000)
            second.send(close(1000))
            #expect(second.closeCode() == 1000)
        }
        for _ in 0..<100 {
            if (try? server.connect()) != nil { return }
            _ = usleepMilliseconds(10)
        }
        Issue.record("those that have closed still count")
    }
}
