internal import HTTP
package import Networking
package import Node
internal import Synchronization

/// A node's JSON-RPC endpoint over HTTP and over WebSockets, at one port and any path.
///
/// It answers whoever reaches it, so it listens on loopback only: authentication comes with the endpoint's opening to
/// the network.
package final class RPCServer: Sendable {
    /// What answers calls.
    private struct Ready {
        let node: Node
        let service: JSONRPCService
        let publisher: Publisher
        let door = DoorBudget()
    }

    /// Nil until the node has recovered.
    private final class Service: Sendable {
        let value = Mutex<Ready?>(nil)
    }

    package let address: SocketAddress
    private let server: HTTPServer
    private let service = Service()

    /// Takes the address, so that one in use is known before the node does any work. Until `serve` requests are told to
    /// come again later.
    package init(on loop: EventLoop, address: SocketAddress) throws(NetworkingError) {
        precondition(address.isLoopback, "the configuration admits loopback addresses only")
        let acceptor: WebSocketAcceptor = { [service] _ in
            guard let ready = service.value.withLock({ $0 }) else { return nil }
            return { connection in
                JSONRPCSession(
                    connection,
                    ClientSession(connection, node: ready.node, publisher: ready.publisher, door: ready.door))
            }
        }
        server = try HTTPServer(on: loop, address: address, webSocket: acceptor) { [service] request, responder in
            guard let ready = service.value.withLock({ $0 }) else {
                let text = Array("the node is starting\n".utf8)
                return responder.respond(
                    status: 503, headers: [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1")],
                    body: text)
            }
            ready.service.handle(request, responder)
        }
        self.address = server.address
    }

    /// Answers for the node from now on.
    package func serve(_ node: Node) throws(NetworkingError) {
        let publisher = Publisher(node: node)
        try publisher.start()
        let ready = Ready(node: node, service: JSONRPCService(CairnMethods(node: node)), publisher: publisher)
        service.value.withLock { $0 = ready }
    }

    /// Takes no more requests, and answers those that are due; subscribers are told nothing more.
    package func close() {
        server.close()
        service.value.withLock(\.self)?.publisher.stop()
    }
}
