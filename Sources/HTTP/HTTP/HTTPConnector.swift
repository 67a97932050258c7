package import Networking

/// What a client shows to servers over TLS, and by whom it lets them be vouched for.
package struct HTTPClientTLS: Sendable {
    /// The client's own certificate and key; nil for none.
    package var identity: TLSIdentity?
    package var authorities = TLSServerAuthorities.system

    package init() {}
}

/// One attempt to reach an endpoint: a TCP connection, and TLS on it if the endpoint says so. On the loop's thread.
final class HTTPConnector {
    /// Gets the open stream and gives back its handler, which then gets `connected`; or gets the error.
    typealias Completion = (Result<any ByteStream, NetworkingError>) -> (any StreamHandler)?

    private let loop: EventLoop
    private let endpoint: HTTPEndpoint
    private let tls: HTTPClientTLS
    private var completion: Completion?
    private var connector: Connector?
    private var lower: Connection?

    init(_ loop: EventLoop, _ endpoint: HTTPEndpoint, _ tls: HTTPClientTLS, completion: @escaping Completion) {
        (self.loop, self.endpoint, self.tls, self.completion) = (loop, endpoint, tls, completion)
    }

    /// Whether its completion is still to come.
    var isUnderWay: Bool { completion != nil }

    func start(_ options: ConnectionOptions) {
        let connector = Connection.connect(
            on: loop, host: endpoint.host, port: endpoint.port, options: options
        ) { [self] result in
            switch result {
            case .failure(let error): give(.failure(error))
            case .success(let connection): endpoint.isSecure ? secure(connection) : give(.success(connection))
            }
        }
        if connector.isUnderWay { self.connector = connector }
    }

    /// Gives the attempt up without a further call.
    func cancel() {
        completion = nil
        connector?.cancel()
        lower?.abort()
    }

    private func secure(_ connection: Connection) -> (any StreamHandler)? {
        do throws(NetworkingError) {
            let context = try TLSContext(tls.identity, .named(tls.authorities))
            lower = connection
            return TLSStream(over: connection, on: loop, context, .client, serverName: endpoint.host) { [self] result in
                give(result.map { $0 })
            }
        } catch {
            return give(.failure(error))
        }
    }

    private func give(_ result: Result<any ByteStream, NetworkingError>) -> (any StreamHandler)? {
        let last = completion
        completion = nil
        connector = nil
        lower = nil
        return last?(result)
    }
}
