/// What uses a WebSocket. The connection holds it until `closed`, the last call that it gets; all come on the loop's
/// thread and must not wait there.
package protocol WebSocketSession: AnyObject {
    /// A whole text message came; it is well-formed UTF-8.
    func received(text: [UInt8])
    /// A whole binary message came.
    func received(binary: [UInt8])
    /// So much output waits that the peer seems slow: send less until `drained`, or close. It may come during a `send`.
    func congested()
    /// The output is below half of what made it `congested`.
    func drained()
    /// Nothing can be sent any more, and nothing comes.
    func closed(_ closure: WebSocketClosure)
}

extension WebSocketSession {
    package func congested() {}
    package func drained() {}
}

/// Makes what uses a new WebSocket. It runs on the loop's thread; the connection may be sent on at once.
package typealias WebSocketSessionFactory = (WebSocketConnection) -> any WebSocketSession

/// Decides on a request to open a WebSocket; nil turns it away with 503. It runs on the loop's thread.
package typealias WebSocketAcceptor = @Sendable (HTTPRequest) -> WebSocketSessionFactory?

/// How a WebSocket ended.
package struct WebSocketClosure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Side: Sendable { case us, peer, network }

    package let code: WebSocketCloseCode
    package let reason: String
    /// Who ended it: for `network` neither side said Close.
    package let side: Side

    package init(code: WebSocketCloseCode, reason: String, side: Side) {
        self.code = code
        self.reason = reason
        self.side = side
    }

    package var description: String {
        let text = reason.isEmpty ? "" : ": \(reason)"
        return switch side {
        case .us: "we closed the WebSocket (\(code)\(text))"
        case .peer: "the other side closed the WebSocket (\(code)\(text))"
        case .network: "the WebSocket's connection was lost\(text)"
        }
    }

    static func lost(_ reason: String) -> WebSocketClosure {
        WebSocketClosure(code: .abnormal, reason: reason, side: .network)
    }
}

/// How a WebSocket bounds its peer.
package struct WebSocketConfiguration: Sendable {
    package var messages = WebSocketMessageLimits()
    /// Above this much waiting output the WebSocket is closed with 1013.
    package var outputBytesMax = HTTPLimits.webSocketOutputBytesMax
    /// After how long a silence the peer is asked with a Ping whether it is there.
    package var pingMilliseconds: UInt64 = 20_000
    /// How long it may be silent after that.
    package var pongMilliseconds: UInt64 = 20_000
    /// How long the peer may take nothing of what waits for it.
    package var stallMilliseconds: UInt64 = 60_000
    /// How long the peer's answer to our Close may take.
    package var closeMilliseconds: UInt64 = 5_000
    /// How many WebSockets a server keeps.
    package var connectionsMax = HTTPLimits.webSocketsMax

    package init() {}

    /// The shortest of the times.
    var shortestMilliseconds: UInt64 {
        min(min(pingMilliseconds, pongMilliseconds), min(stallMilliseconds, closeMilliseconds))
    }
}

/// Why a WebSocket is not read.
package struct WebSocketPause: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Too many calls wait for their replies.
    package static let calls = WebSocketPause(rawValue: 1)
    /// The user of the WebSocket does not want more for now.
    package static let application = WebSocketPause(rawValue: 2)
    /// The peer has sent more than its rate allows.
    package static let rate = WebSocketPause(rawValue: 4)
}
