internal import Networking

/// One connection of a client: passes its events on until the client has dropped it for another.
final class HTTPClientLink: StreamHandler {
    let connection: any ByteStream
    private let session: HTTPClientSession

    init(_ connection: any ByteStream, of session: HTTPClientSession) {
        self.connection = connection
        self.session = session
    }

    private var isDropped: Bool { !session.isCurrent(self) }

    func connected() { if !isDropped { session.mayCarryMore() } }

    func drained() { if !isDropped { session.mayCarryMore() } }

    func received(_ bytes: Span<UInt8>) { if !isDropped { session.received(bytes) } }

    func peerFinished() { if !isDropped { session.peerFinished() } }

    func closed(_ error: NetworkingError?) { if !isDropped { session.linkEnded() } }
}
