internal import Networking

/// Which requests may become WebSockets, and how many have. Used on the loop's thread.
final class WebSocketUpgrades {
    let acceptor: WebSocketAcceptor
    private let countMax: Int
    /// Those that are open, and those that are about to be.
    private var count = 0

    init(_ acceptor: @escaping WebSocketAcceptor, countMax: Int) {
        self.acceptor = acceptor
        self.countMax = countMax
    }

    var hasRoom: Bool { count < countMax }
    func began() { count += 1 }
    func ended() { count -= 1 }
}

extension HTTPServerConnection {
    /// Answers a request to open a WebSocket. In its turn the connection becomes one; until then nothing behind the
    /// request is read.
    func upgrade(_ request: HTTPRequest, _ responder: HTTPResponder, _ upgrades: WebSocketUpgrades) {
        do throws(HTTPFailure) {
            let reply = try WebSocketHandshake.reply(to: request)
            guard upgrades.hasRoom else {
                throw HTTPFailure(503, "the server has as many WebSockets as it allows; try again later")
            }
            guard !isFinishing, let session = upgrades.acceptor(request) else {
                throw HTTPFailure(503, "the server opens no WebSockets now; try again later")
            }
            responder.withdraw()
            slots[slots.count - 1].reply = reply
            slots[slots.count - 1].session = session
            isCountedAsWebSocket = true
            upgrades.began()
        } catch {
            responder.fail(error)
        }
    }

    /// The reply that opens the WebSocket is on its way.
    func becomeWebSocket(_ makeSession: @escaping WebSocketSessionFactory) {
        webSocket = WebSocketConnection(
            stream, on: loop, .server, configuration: configuration.webSocket, budget: budget)
        sessionToStart = makeSession
    }

    /// Once: what came behind the request is the WebSocket's.
    func startWebSocket() {
        guard let webSocket, let makeSession = sessionToStart else { return }
        sessionToStart = nil
        let bytes = backlog
        backlog = []
        if isReadingPaused {
            isReadingPaused = false
            stream.resumeReading()
        }
        webSocket.open(makeSession, behindHandshake: bytes)
        if isFinishing {
            webSocket.close(.goingAway, reason: "the server closes")
        } else if hasInputEnded {
            webSocket.peerFinished()
        }
    }

    /// The stream has closed.
    func leaveWebSocket(_ error: NetworkingError?) {
        sessionToStart = nil
        webSocket?.streamClosed(error)
        if isCountedAsWebSocket { upgrades?.ended() }
        isCountedAsWebSocket = false
    }
}
