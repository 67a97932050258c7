import Cryptography
import Networking

/// What became of one end of a TLS connection, and what it told its handler.
final class TLSEnd: Sendable {
    let recorder: Recorder
    let outcome = Mailbox<Result<TLSStream, NetworkingError>>(capacity: 4)

    init(_ recorder: Recorder = Recorder()) { self.recorder = recorder }

    /// For a stream's completion.
    func complete(_ result: Result<TLSStream, NetworkingError>) -> (any StreamHandler)? {
        _ = outcome.send(result)
        if case .success(let stream) = result { opened(stream) }
        return recorder
    }

    nonisolated(unsafe) var opened: (TLSStream) -> Void = { _ in }

    var failure: NetworkingError? {
        guard case .failure(let error) = outcome.takeFirst() else { return nil }
        return error
    }
}

extension TLSIdentity {
    static func new(_ name: String = "node") throws -> TLSIdentity { try selfSigned(.generate(.p256), name: name) }
}

/// A listener that speaks TLS on a loop of its own, with what became of the connections in their order.
struct TLSServer {
    let loop: EventLoop
    let address: SocketAddress
    let identity: TLSIdentity
    let ends = Mailbox<TLSEnd>(capacity: 100)

    init(
        _ options: TLSOptions = .peers, make: @Sendable @escaping () -> TLSEnd = { TLSEnd() }
    ) throws {
        let (loop, identity, ends) = (try EventLoop(name: "test"), try TLSIdentity.new("server"), ends)
        (self.loop, self.identity) = (loop, identity)
        address = try loop.run { () throws(NetworkingError) in
            let context = try TLSContext(identity, options)
            return try TCPListener(on: loop, address: SocketAddress(host: "127.0.0.1", port: 0)) { connection in
                let end = make()
                _ = ends.send(end)
                return TLSStream(over: connection, on: loop, context, .server, completion: end.complete)
            }.address
        }
    }

    /// Connects from a loop.
    func connect(
        _ identity: TLSIdentity, _ options: TLSOptions = .peers, end: TLSEnd = TLSEnd(), on other: EventLoop? = nil
    ) throws -> TLSEnd {
        let (loop, port) = (other ?? loop, address.port)
        try loop.run { () throws(NetworkingError) in
            let context = try TLSContext(identity, options)
            Connection.connect(on: loop, host: "127.0.0.1", port: port) { result in
                switch result {
                case .success(let connection):
                    return TLSStream(over: connection, on: loop, context, .client, completion: end.complete)
                case .failure(let error): return end.complete(.failure(error))
                }
            }
        }
        return end
    }
}
