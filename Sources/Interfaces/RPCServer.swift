internal import HTTP
package import Networking
package import Node

/// A node's JSON-RPC endpoint over HTTP.
///
/// It answers whoever reaches it, so it listens on loopback only: authentication comes with the endpoint's opening to
/// the network.
package final class RPCServer: Sendable {
    package let address: SocketAddress
    private let server: HTTPServer

    package init(on loop: EventLoop, address: SocketAddress, node: Node) throws(NetworkingError) {
        precondition(address.isLoopback, "the configuration admits loopback addresses only")
        let service = JSONRPCService(CairnMethods(node: node))
        server = try HTTPServer(on: loop, address: address) { request, responder in
            service.handle(request, responder)
        }
        self.address = server.address
    }

    /// Takes no more requests, and answers those that are due.
    package func close() { server.close() }
}
