import Cryptography
import Networking
import Testing

@testable import HTTP

/// Our server and our clients over TLS.
@Suite struct SecureServerTests {
    private let loop: EventLoop
    private let server: HTTPServer
    private let identity: TLSIdentity

    init() throws {
        loop = try EventLoop(name: "test server")
        identity = try .selfSigned(.generate(.p256), name: "localhost")
        var configuration = HTTPServerConfiguration()
        configuration.tls = identity
        configuration.doorkeeper = { request, peer in
            guard request.headers["X-Refuse"] == nil else {
                return .refused(
                    HTTPRefusal(status: 403, headers: [("X-Why", "asked")], body: Array("no".utf8), closes: false))
            }
            return .admitted(as: peer.chain.count)
        }
        server = try HTTPServer(
            on: loop, address: SocketAddress(host: "127.0.0.1", port: 0), configuration: configuration,
            webSocket: { _ in { Echo($0) } }
        ) { request, responder in
            responder.respond(status: 200, body: Array("\(request.caller as? Int ?? -1) ".utf8) + request.body)
        }
    }

    private final class Echo: WebSocketSession {
        private let connection: WebSocketConnection
        init(_ connection: WebSocketConnection) { self.connection = connection }
        func received(text: [UInt8]) { connection.send(.text(text)) }
        func received(binary: [UInt8]) { connection.send(.binary(binary)) }
        func closed(_ closure: WebSocketClosure) {}
    }

    private func endpoint(_ host: String = "localhost") throws -> HTTPEndpoint {
        try HTTPEndpoint("https://\(host):\(server.address.port)")
    }

    private func client(
        _ host: String = "localhost", trusting chain: [[UInt8]]? = nil, as own: TLSIdentity? = nil
    ) throws -> HTTPClient {
        var configuration = HTTPClientConfiguration()
        configuration.tls.authorities = .only(chain ?? [identity.chain[0]])
        configuration.tls.identity = own
        return HTTPClient(on: loop, endpoint: try endpoint(host), configuration: configuration)
    }

    @Test func requestsAreAnsweredAndTheCallerIsKnown() async throws {
        defer { loop.stop() }
        let anonymous = try client()
        let body = [UInt8](repeating: 7, count: 300_000)
        #expect(try await anonymous.post(body: body).body == Array("0 ".utf8) + body)
        #expect(try await anonymous.post(body: [1]).body == Array("0 ".utf8) + [1])
        let known = try client(as: .selfSigned(.generate(.p256), name: "client"))
        #expect(try await known.post(body: [1]).body == Array("1 ".utf8) + [1])
        let refused = try await known.send(.get, headers: [("X-Refuse", "1")])
        #expect(refused.status == 403 && refused.headers["X-Why"] == "asked" && refused.body == Array("no".utf8))
    }

    @Test func aServerMustBeVouchedForByItsName() async throws {
        defer { loop.stop() }
        for (host, chain) in [
            ("localhost", try [TLSIdentity.selfSigned(.generate(.p256), name: "localhost").chain[0]]),
            ("127.0.0.1", [identity.chain[0]]),
        ] {
            let client = try client(host, trusting: chain)
            let error = await #expect(throws: HTTPClientError.self) { try await client.get() }
            guard case .notConnected(_, .tls(.serverNotTrusted)) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        // Nor by whom the system trusts.
        let client = HTTPClient(on: loop, endpoint: try endpoint())
        await #expect(throws: HTTPClientError.self) { try await client.get() }
    }

    @Test func webSocketsRunOverTLS() async throws {
        defer { loop.stop() }
        var configuration = WebSocketClientConfiguration()
        configuration.tls.authorities = .only([identity.chain[0]])
        let endpoint = try HTTPEndpoint(webSocket: "wss://localhost:\(server.address.port)")
        let socket = try await WebSocketClient.connect(on: loop, to: endpoint, configuration: configuration)
        for count in [1, 100_000] {
            let text = String(repeating: "a", count: count)
            try await socket.send(text: text)
            guard case .text(let bytes) = try await socket.receive() else { throw WebSocketClosure.lost("no text") }
            #expect(bytes == Array(text.utf8))
        }
        await socket.close()
    }

    /// A request is judged before its body comes, and once only; who is refused does not get to send it.
    @Test func bodiesOfRefusedRequestsAreNotGathered() throws {
        var configuration = HTTPServerConfiguration()
        configuration.headMilliseconds = 300
        configuration.doorkeeper = { request, peer in
            guard request.headers["X-Refuse"] == nil else {
                return .refused(HTTPRefusal(status: 403, headers: [], body: Array("no".utf8), closes: false))
            }
            let count = (peer.memory as? Count ?? Count()).next
            peer.memory = count
            return .admitted(as: count.number)
        }
        let server = try TestServer(configuration) { request, responder in
            responder.respond(status: 200, body: Array("\(request.caller as? Int ?? 0)".utf8) + request.body)
        }
        defer { loop.stop() }
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
        let refused = try server.connect()
        refused.send(head + "X-Refuse: 1\r\n\r\n12")
        let reply = refused.receiveAll()
        #expect(statuses(reply) == [403] && reply.hasSuffix("no") && reply.contains("Connection: close"))
        let waiting = try server.connect()
        waiting.send(head + "X-Refuse: 1\r\nExpect: 100-continue\r\n\r\n")
        #expect(statuses(waiting.receiveAll()) == [403])
        let slow = try server.connect()
        for part in [head + "\r\n1234", "5678", "9" + head + "\r\n123456789"] {
            slow.send(part)
            _ = usleepMilliseconds(20)
        }
        let replies = slow.receive(until: "123456789", times: 2)
        #expect(replies.contains("1123456789") && replies.contains("2123456789"), "\(replies)")
        // A connection that asks nothing is not kept, as one is that has asked.
        let silent = try server.connect()
        #expect(silent.receiveAll() == "")
        slow.send(head + "\r\n123456789")
        #expect(slow.receive(until: "3123456789").contains("200 OK"))
    }

    private final class Count: Sendable {
        let number: Int
        init(_ number: Int = 0) { self.number = number }
        var next: Count { Count(number + 1) }
    }

    /// Connections of one address are bounded, and a place is free again when one has ended.
    @Test func connectionsOfAnAddressAreBounded() throws {
        var configuration = HTTPServerConfiguration()
        var bounds = InboundGate.Bounds()
        (bounds.connectionsPerAddressMax, bounds.handshakesKept) = (2, 0)
        configuration.inbound = bounds
        let server = try TestServer(configuration)
        defer { loop.stop() }
        var held: [RawSocket] = []
        for _ in 0..<2 {
            let socket = try server.connect()
            socket.send(post("x"))
            #expect(socket.receive(until: "x").contains("200 OK"))
            held.append(socket)
        }
        #expect(try server.exchange(post("x")).hasPrefix("HTTP/1.1 503"))
        held[0].finishSending()
        _ = held[0].receiveAll()
        held.removeFirst()
        #expect(try server.exchange(post("x")).hasPrefix("HTTP/1.1 200"))
    }
}
