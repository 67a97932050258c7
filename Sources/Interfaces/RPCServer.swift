internal import HTTP
package import Networking
package import Node
internal import Synchronization

/// A node's JSON-RPC endpoint over HTTP and over WebSockets, at one port and any path.
///
/// It answers whoever reaches it, so it listens on loopback only: authentication comes with the endpoint's opening to
/// the network.
package final class RPCServer: Sendable {
    /// What answers calls; nil until the node has recovered.
    private final class Service: Sendable {
        let value = Mutex<JSONRPCService?>(nil)
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
            return { JSONRPCSession($0, ready) }
        }
        server = try HTTPServer(on: loop, address: address, webSocket: acceptor) { [service] request, responder in
            guard let ready = service.value.withLock({ $0 }) else {
                let text = Array("the node is starting\n".utf8)
                return responder.respond(
                    status: 503, headers: [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1")],
                    body: text)
            }
            ready.handle(request, responder)
        }
        self.address = server.address
    }

    /// Answers for the node from now on.
    package func serve(_ node: Node) {
        let ready = JSONRPCService(CairnMethods(node: node))
        service.value.withLock { $0 = ready }
    }

    /// Takes no more requests, and answers those that are due.
    package func close() { server.close() }
}
