internal import Synchronization

/// The way back for one request: answers it once, now or later, from any thread.
///
/// A responder that is let go of without an answer answers that the server failed, so that no client waits for ever.
package final class HTTPResponder: Sendable {
    private let connection: HTTPServerConnection
    private let sequence: UInt64
    private let closes: Bool
    private let isUsed = Atomic<Bool>(false)

    init(_ connection: HTTPServerConnection, sequence: UInt64, closes: Bool) {
        self.connection = connection
        self.sequence = sequence
        self.closes = closes
    }

    deinit { fail(HTTPFailure(500, "the server gave no answer")) }

    /// Sends the answer. A second one is ignored.
    /// - Parameter headers: besides Content-Length and Connection.
    package func respond(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        guard !isUsed.exchange(true, ordering: .relaxed) else { return }
        deliver(HTTPReply.bytes(status: status, headers: headers, body: body, closes: closes))
    }

    func fail(_ failure: HTTPFailure) {
        guard !isUsed.exchange(true, ordering: .relaxed) else { return }
        deliver(HTTPReply.failure(failure, closes: closes))
    }

    /// The request is answered by other means; this responder is not needed any more.
    func withdraw() { isUsed.store(true, ordering: .relaxed) }

    private func deliver(_ reply: [UInt8]) {
        let (connection, sequence, closes) = (connection, sequence, closes)
        if connection.loop.isCurrent {
            connection.complete(sequence, with: reply, closes: closes)
        } else {
            connection.loop.post { connection.complete(sequence, with: reply, closes: closes) }
        }
    }
}
