import HTTP
import Networking
import Synchronization
import Testing

@Suite struct HTTPClientTests {
    /// A server that answers each connection with fixed bytes, one piece for each time that something comes.
    private final class Script: StreamHandler, @unchecked Sendable {
        private let stream: Connection
        private var pieces: [String]

        init(_ stream: Connection, _ pieces: [String]) {
            self.stream = stream
            self.pieces = pieces
        }

        func connected() {}
        func drained() {}
        func peerFinished() { stream.close() }
        func closed(_ error: NetworkingError?) {}

        func received(_ bytes: Span<UInt8>) {
            guard !pieces.isEmpty else { return }
            let piece = pieces.removeFirst()
            if piece == "close" { return stream.close() }
            stream.send(Array(piece.utf8))
            if pieces.first == "close" { stream.close() }
        }
    }

    /// - Parameter scripts: what each connection in turn is answered with; the last one is repeated.
    private func scripted(_ loop: EventLoop, _ scripts: [[String]]) throws -> HTTPEndpoint {
        let address = try loop.run { () throws(NetworkingError) in
            var rest = scripts[...]
            return try TCPListener(on: loop, address: SocketAddress(host: "127.0.0.1", port: 0)) { connection in
                Script(connection, rest.count > 1 ? rest.removeFirst() : rest[rest.startIndex])
            }.address
        }
        return HTTPEndpoint(host: "127.0.0.1", port: address.port)
    }

    @Test func postsAndGets() async throws {
        let server = try TestServer()
        let client = HTTPClient(on: server.loop, endpoint: server.endpoint)
        let posted = try await client.post(path: "/x?y", body: Array("hello".utf8))
        #expect(posted.status == 200)
        #expect(posted.headers["x-target"] == "/x?y")
        #expect(posted.body == Array("hello".utf8))
        #expect(try await client.get().body == [])
    }

    @Test func manyRequestsAreAnsweredInOrderOverOneConnection() async throws {
        let server = try TestServer()
        let client = HTTPClient(on: server.loop, endpoint: server.endpoint)
        let results = Mailbox<(Int, Result<HTTPResponse, HTTPClientError>)>(capacity: 10_000)
        for number in 0..<10_000 {
            client.send(.post, body: Array(String(number).utf8)) { _ = results.send((number, $0)) }
        }
        var next = 0
        while next < 10_000, let batch = results.takeAll(waitMilliseconds: 10_000), !batch.isEmpty {
            for (number, result) in batch {
                #expect(number == next)
                #expect(try result.get().body == Array(String(number).utf8))
                next += 1
            }
        }
        #expect(next == 10_000)
    }

    @Test func nobodyThereIsSaidPlainly() async throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let client = HTTPClient(on: loop, endpoint: try HTTPEndpoint("http://127.0.0.1:1/"))
        let error = await #expect(throws: HTTPClientError.self) { try await client.get() }
        #expect(error?.description == "connection refused at http://127.0.0.1:1/: is the node running?")
        let nowhere = HTTPClient(on: loop, endpoint: try HTTPEndpoint("http://no.such.name.invalid"))
        await #expect(throws: HTTPClientError.self) { try await nowhere.get() }
    }

    @Test func chunkedAndOpenEndedRepliesAreRead() async throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let endpoint = try scripted(
            loop,
            [
                [
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                    "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200\r\n\r\nall of it", "close",
                ]
            ])
        let client = HTTPClient(on: loop, endpoint: endpoint)
        #expect(try await client.get().body == Array("abc".utf8))
        #expect(try await client.get().status == 204)
        #expect(try await client.get().body == Array("all of it".utf8))
    }

    @Test(arguments: [
        "hello\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
    ])
    func malformedRepliesAreErrors(reply: String) async throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        var configuration = HTTPClientConfiguration()
        configuration.bodyBytesMax = 1000
        configuration.timeoutMilliseconds = 300
        let client = HTTPClient(on: loop, endpoint: try scripted(loop, [[reply]]), configuration: configuration)
        await #expect(throws: HTTPClientError.self) { try await client.get() }
    }

    @Test func aStaleConnectionIsReplaced() async throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        // The first connection answers once, and closes when asked again, as a server does that found it idle.
        let endpoint = try scripted(
            loop, [[ok, "close"].flatMap { $0 == "close" ? ["", "close"] : [$0] }, [ok, ok]])
        let client = HTTPClient(on: loop, endpoint: endpoint)
        #expect(try await client.get().status == 200)
        #expect(try await client.get().status == 200)
        #expect(try await client.get().status == 200)
    }

    @Test func aConnectionThatNeverWorkedIsNotTriedForEver() async throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let client = HTTPClient(on: loop, endpoint: try scripted(loop, [["close"]]))
        let error = await #expect(throws: HTTPClientError.self) { try await client.get() }
        #expect(error == .connectionLost(client.endpoint))
    }

    @Test func aReplyThatBreaksOffIsAnError() async throws {
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"
        let client = HTTPClient(on: loop, endpoint: try scripted(loop, [[half, "close"]]))
        let error = await #expect(throws: HTTPClientError.self) { try await client.get() }
        #expect(error == .connectionLost(client.endpoint))
    }

    @Test func requestsBehindALastReplyAreSentAgain() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.idleMilliseconds = 60_000
        let loop = try EventLoop(name: "test")
        defer { loop.stop() }
        // This server closes after each reply, whatever waits behind.
        let last = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
        let client = HTTPClient(on: loop, endpoint: try scripted(loop, [[last, "close"]]))
        let results = Mailbox<Result<HTTPResponse, HTTPClientError>>(capacity: 10)
        for _ in 0..<10 { client.send(.get) { _ = results.send($0) } }
        var count = 0
        while count < 10, let batch = results.takeAll(waitMilliseconds: 10_000), !batch.isEmpty {
            for result in batch { #expect(try result.get().body == Array("ok".utf8)) }
            count += batch.count
        }
        #expect(count == 10)
    }

    @Test func silenceEndsWithItsTime() async throws {
        let due = Mutex<[HTTPResponder]>([])
        let server = try TestServer { _, responder in due.withLock { $0.append(responder) } }
        var configuration = HTTPClientConfiguration()
        configuration.timeoutMilliseconds = 150
        let client = HTTPClient(on: server.loop, endpoint: server.endpoint, configuration: configuration)
        let error = await #expect(throws: HTTPClientError.self) { try await client.get() }
        #expect(error == .timedOut(server.endpoint, milliseconds: 150))
        #expect(due.withLock { $0.count } == 1)
        due.withLock { $0 = [] }
    }

    @Test func closingFailsWhatWaits() async throws {
        let due = Mutex<[HTTPResponder]>([])
        let server = try TestServer { _, responder in due.withLock { $0.append(responder) } }
        let client = HTTPClient(on: server.loop, endpoint: server.endpoint)
        let results = Mailbox<Result<HTTPResponse, HTTPClientError>>(capacity: 2)
        client.send(.get) { _ = results.send($0) }
        while due.withLock({ $0.isEmpty }) {}
        client.close()
        #expect(throws: HTTPClientError.closed) { try results.takeAll(waitMilliseconds: 5_000)?.first?.get() }
        await #expect(throws: HTTPClientError.closed) { try await client.get() }
        due.withLock { $0 = [] }
    }

    @Test func malformedRequestsAreNotSent() async throws {
        let server = try TestServer()
        let client = HTTPClient(on: server.loop, endpoint: server.endpoint)
        for path in ["", "x", "/a b", "/a\r\nX: y"] {
            await #expect(throws: HTTPClientError.malformedRequest) { try await client.get(path: path) }
        }
        await #expect(throws: HTTPClientError.malformedRequest) {
            try await client.send(.get, headers: [("X", "a\r\nY: b")])
        }
    }

    @Test func endpointsAreReadFromAddresses() throws {
        let plain = try HTTPEndpoint("http://node.example")
        let secure = try HTTPEndpoint("HTTPS://node.example/rpc")
        #expect(secure == HTTPEndpoint(host: "node.example", port: 443, path: "/rpc", isSecure: true))
        #expect(secure.description == "https://node.example/rpc")
        #expect(try HTTPEndpoint("https://[::1]:80").description == "https://[::1]:80/")
        #expect(plain == HTTPEndpoint(host: "node.example", port: 80, path: "/"))
        #expect(
            try HTTPEndpoint("HTTP://127.0.0.1:8545/rpc") == HTTPEndpoint(host: "127.0.0.1", port: 8545, path: "/rpc"))
        #expect(try HTTPEndpoint("http://[::1]:99") == HTTPEndpoint(host: "::1", port: 99, path: "/"))
        #expect(try HTTPEndpoint("http://[::1]:99").description == "http://[::1]:99/")
        for text in [
            "", "127.0.0.1:8545", "ftp://a", "https://", "http://", "http://:80", "http://a:0", "http://a:65536",
            "http://a:+1",
            "http://a b", "http://a/b c", "http://a:b", "http://[::1", "http://[::1]x", "http://u@h/",
        ] {
            #expect(throws: HTTPClientError.malformedAddress(text)) { try HTTPEndpoint(text) }
        }
    }
}
