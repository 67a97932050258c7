package import Networking

/// One open WebSocket (RFC 6455), at either end: whole messages in and out.
///
/// It is `@unchecked Sendable` because all of it but the constants and the outbox, which has a lock of its own, is used
/// on the loop's thread only; the members for other threads say so and post there.
package final class WebSocketConnection: @unchecked Sendable {
    enum Phase {
        case open
        /// We have sent Close and wait for the peer's.
        case closing(WebSocketClosure, sinceMilliseconds: UInt64)
        /// Nothing is sent or taken any more; the stream closes by itself.
        case closed
    }

    package let loop: EventLoop
    package let peer: SocketAddress
    let stream: any ByteStream
    let configuration: WebSocketConfiguration
    let outbox = WebSocketOutbox()
    /// What waits on all connections of a server together; nil for a client.
    let budget: HTTPReplyBudget?
    var budgeted = 0

    var session: (any WebSocketSession)?
    var phase = Phase.open

    var reader: WebSocketFrameReader
    /// What came and can't be read yet. Reading is paused while there is any.
    var backlog: [UInt8] = []
    var isParsing = false
    var pauses: WebSocketPause = []
    var isReadingPaused = false

    var writer: WebSocketFrameWriter
    /// Frames on their way to the stream, which gets all of an event at once.
    var gathered: [UInt8] = []
    /// How many pieces of work are under way, at the end of which what is gathered goes out.
    var gatherings = 0
    var isCongested = false

    /// When the peer was last heard, or when we last began to listen again.
    var heardMilliseconds: UInt64
    /// When we asked whether it is there.
    var pingedMilliseconds: UInt64?

    init(
        _ stream: any ByteStream, on loop: EventLoop, _ role: WebSocketRole, configuration: WebSocketConfiguration,
        budget: HTTPReplyBudget? = nil
    ) {
        self.stream = stream
        self.loop = loop
        self.configuration = configuration
        self.budget = budget
        peer = stream.peer
        reader = WebSocketFrameReader(role, limits: configuration.messages)
        writer = WebSocketFrameWriter(role)
        heardMilliseconds = loop.nowMilliseconds
    }

    /// Begins, with what came behind the handshake.
    func open(_ makeSession: WebSocketSessionFactory, behindHandshake bytes: [UInt8]) {
        let made = makeSession(self)
        // It may have closed the connection already.
        if case .closed = phase { return made.closed(.lost("closed while it opened")) }
        session = made
        backlog = bytes
        resume()
    }

    var isClosed: Bool { if case .closed = phase { true } else { false } }

    /// Whether messages are still taken and given. On the loop's thread.
    package var isOpen: Bool { if case .open = phase { true } else { false } }

    // MARK: - Stream events

    func received(_ bytes: Span<UInt8>) {
        guard !isClosed else { return }
        heardMilliseconds = loop.nowMilliseconds
        pingedMilliseconds = nil
        guard backlog.isEmpty, mayRead else { return backlog.append(span: bytes) }
        parse(bytes)
        settle()
    }

    func peerFinished() { end(closureWhenLost("the peer ended the connection without a Close")) }

    func drained() {
        guard !isClosed else { return }
        settleBudget()
        if isCongested {
            isCongested = false
            gather { session?.drained() }
        }
        resume()
    }

    func streamClosed(_ error: NetworkingError?) {
        end(closureWhenLost(error?.description ?? "the connection was closed"))
    }

    private func closureWhenLost(_ reason: String) -> WebSocketClosure {
        if case .closing(let closure, _) = phase { closure } else { .lost(reason) }
    }
}
