import HTTP
import Networking

/// A server on a free port of its own loop, which stops with it.
final class TestServer: Sendable {
    let loop: EventLoop
    let server: HTTPServer

    var address: SocketAddress { server.address }
    var endpoint: HTTPEndpoint { HTTPEndpoint(host: "127.0.0.1", port: address.port) }

    init(
        _ configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
        handler: @escaping HTTPHandler = TestServer.echo
    ) throws {
        loop = try EventLoop(name: "test server")
        server = try HTTPServer(
            on: loop, address: SocketAddress(host: "127.0.0.1", port: 0), configuration: configuration,
            handler: handler)
    }

    deinit { loop.stop() }

    static let echo: HTTPHandler = { request, responder in
        responder.respond(status: 200, headers: [("X-Target", request.target)], body: request.body)
    }

    func connect() throws -> RawSocket { try RawSocket(address) }

    /// Sends bytes, ends, and gives back all that the server says.
    func exchange(_ text: String) throws -> String {
        let socket = try connect()
        socket.send(text)
        socket.finishSending()
        return socket.receiveAll()
    }
}

func post(_ body: String, _ headers: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
}

/// The status codes of the replies in a text, in their order.
func statuses(_ text: String) -> [Int] {
    text.split(separator: "HTTP/1.1 ", omittingEmptySubsequences: false).dropFirst().compactMap { Int($0.prefix(3)) }
}
