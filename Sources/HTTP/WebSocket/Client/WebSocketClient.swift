package import Networking

/// A WebSocket for code that waits: `send` and `receive` are `async`.
///
/// Messages that nobody has received yet wait here up to a limit; at more the other side is held back. A sender waits
/// while so much is on its way that the other side seems slow. Code that is called back uses `WebSocketConnection.open`
/// with a session of its own.
package final class WebSocketClient: Sendable {
    private let connection: WebSocketConnection
    private let inbox: WebSocketInbox

    private init(_ connection: WebSocketConnection, _ inbox: WebSocketInbox) {
        self.connection = connection
        self.inbox = inbox
    }

    deinit { connection.close() }

    package static func connect(
        on loop: EventLoop, to endpoint: HTTPEndpoint,
        configuration: WebSocketClientConfiguration = WebSocketClientConfiguration()
    ) async throws(HTTPClientError) -> WebSocketClient {
        let inbox = WebSocketInbox()
        let result: Result<WebSocketConnection, HTTPClientError> = await withCheckedContinuation { continuation in
            WebSocketConnection.open(
                on: loop, to: endpoint, configuration: configuration,
                makeSession: {
                    inbox.connection = $0
                    return inbox
                },
                completion: { continuation.resume(returning: $0) })
        }
        return WebSocketClient(try result.get(), inbox)
    }

    /// Sends a message, as soon as there is room behind those sent before; it is then on its way.
    package func send(_ message: WebSocketMessage) async throws(WebSocketClosure) { try await inbox.send(message) }

    package func send(text: String) async throws(WebSocketClosure) { try await send(.text(text)) }

    /// The next message; throws when the WebSocket has closed and all messages were received. One task receives at a
    /// time.
    package func receive() async throws(WebSocketClosure) -> WebSocketMessage { try await inbox.next().get() }

    /// Says Close behind what was sent, and waits for the end.
    @discardableResult
    package func close(
        _ code: WebSocketCloseCode = .normal, reason: String = ""
    ) async -> WebSocketClosure {
        connection.close(code, reason: reason)
        return await inbox.end()
    }
}
