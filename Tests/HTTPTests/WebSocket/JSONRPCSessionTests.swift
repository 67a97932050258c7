import HTTP
import Networking
import Synchronization
import Testing

/// Methods that know their connection.
private final class ExampleSession: JSONRPCSessionMethods, @unchecked Sendable {
    private let connection: WebSocketConnection
    let closures: Mailbox<WebSocketClosure>

    init(_ connection: WebSocketConnection, _ closures: Mailbox<WebSocketClosure>) {
        self.connection = connection
        self.closures = closures
    }

    func call(_ method: String, _ parameters: JSON?, _ reply: JSONRPCReply) {
        guard method == "count" else { return ExampleMethods().call(method, parameters, reply) }
        reply.succeed("counting")
        let last = parameters?[0]?.int64Value ?? 0
        Delays.run(afterMilliseconds: 5) { [connection] in
            for number in 1...last { connection.notify("counted", ["number": .integer(number)]) }
        }
    }

    func received(binary: [UInt8], on connection: WebSocketConnection) {
        connection.send(.binary(binary.reversed()))
    }

    func closed(_ closure: WebSocketClosure) { _ = closures.send(closure) }
}

@Suite struct JSONRPCSessionTests {
    private final class Server {
        let loop: EventLoop
        let server: HTTPServer
        let closures = Mailbox<WebSocketClosure>(capacity: 10)

        init(isPlain: Bool = false, callsMax: Int = HTTPLimits.webSocketCallsMax) throws {
            loop = try EventLoop(name: "test server")
            let closures = closures
            let service = JSONRPCService(ExampleMethods())
            let acceptor: WebSocketAcceptor = { _ in
                { connection in
                    isPlain
                        ? JSONRPCSession(connection, service, callsMax: callsMax)
                        : JSONRPCSession(connection, ExampleSession(connection, closures), callsMax: callsMax)
                }
            }
            server = try HTTPServer(
                on: loop, address: SocketAddress(host: "127.0.0.1", port: 0), webSocket: acceptor,
                handler: { service.handle($0, $1) })
        }

        deinit { loop.stop() }
    }

    private func call(_ method: String, _ parameters: String = "[]", id: Int) -> String {
        #"{"jsonrpc":"2.0","method":"\#(method)","params":\#(parameters),"id":\#(id)}"#
    }

    private func json(_ frame: RawWebSocket.Frame?) throws -> JSON {
        let frame = try #require(frame)
        #expect(frame.opcode == 1)
        return try JSON(parsing: frame.payload)
    }

    @Test func callsAndBatchesAreAnswered() throws {
        let server = try Server(isPlain: true)
        let socket = try RawWebSocket(server.server.address)
        socket.send(text(call("subtract", "[42,23]", id: 1)))
        #expect(try json(socket.next()) == ["jsonrpc": "2.0", "id": 1, "result": 19])
        socket.send(text("[\(call("sum", "[1,2]", id: 2)),\(call("nothing", id: 3))]"))
        let replies = try json(socket.next()).arrayValue
        #expect(replies?.count == 2 && replies?[0]["result"] == 3 && replies?[1]["error"]?["code"] == -32601)
        socket.send(text(#"{"jsonrpc":"2.0","method":"update"}"#), text("nonsense"), text("[]"))
        #expect(try json(socket.next())["error"]?["code"] == -32700)
        #expect(try json(socket.next())["error"]?["code"] == -32600)
    }

    @Test func repliesComeWhenTheyAreReady() throws {
        let server = try Server(isPlain: true)
        let socket = try RawWebSocket(server.server.address)
        socket.send(text(call("later", "[150]", id: 1)), text(call("later", "[20]", id: 2)), text(call("sum", id: 3)))
        #expect(try (0..<3).map { _ in try json(socket.next())["id"]?.int64Value } == [3, 2, 1])
    }

    @Test func theOtherSideOfTheLimitWaits() throws {
        let server = try Server(isPlain: true, callsMax: 2)
        let socket = try RawWebSocket(server.server.address)
        let calls = [(100, 1), (100, 2), (0, 3), (0, 4)].map { text(call("later", "[\($0.0)]", id: $0.1)) }
        socket.send(calls.flatMap(\.self))
        let ids = try (0..<4).map { _ in try json(socket.next())["id"]?.int64Value ?? 0 }
        // The third is not even read before one of the first two is answered.
        #expect(ids.prefix(1).allSatisfy { $0 < 3 } && ids.sorted() == [1, 2, 3, 4])
        #expect(ids.firstIndex(of: 3) ?? 0 > 0)
    }

    @Test func aThousandCallsInFlight() throws {
        let server = try Server(isPlain: true)
        let socket = try RawWebSocket(server.server.address)
        socket.send((0..<1000).flatMap { text(call("later", "[\($0 % 7)]", id: $0)) })
        let ids = try (0..<1000).map { _ in try json(socket.next())["id"]?.int64Value ?? -1 }
        #expect(ids.sorted() == Array(0..<1000))
    }

    @Test func binaryMessagesNeedMethodsForThem() throws {
        let plain = try Server(isPlain: true)
        let refused = try RawWebSocket(plain.server.address)
        refused.send(frame(2, [1, 2, 3]), close(1003))
        #expect(refused.closeCode() == 1003)
        let server = try Server()
        let socket = try RawWebSocket(server.server.address)
        socket.send(frame(2, [1, 2, 3]))
        #expect(socket.next() == .init(opcode: 2, payload: [3, 2, 1]))
    }

    @Test func notificationsFollowTheReply() throws {
        let server = try Server()
        let socket = try RawWebSocket(server.server.address)
        socket.send(text(call("count", "[500]", id: 7)))
        #expect(try json(socket.next()) == ["jsonrpc": "2.0", "id": 7, "result": "counting"])
        for number in 1...500 {
            let expected: JSON = ["jsonrpc": "2.0", "method": "counted", "params": ["number": .integer(Int64(number))]]
            #expect(try json(socket.next()) == expected)
        }
        socket.send(close(1000))
        #expect(socket.closeCode() == 1000)
        let closures = server.closures.takeAll(waitMilliseconds: 5_000)
        #expect(closures?.map(\.code) == [.normal] && closures?.first?.side == .peer)
    }
}
