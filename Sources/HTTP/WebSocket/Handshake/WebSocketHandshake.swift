/// The opening handshake (RFC 6455, section 4). No extensions and no subprotocols are agreed on.
enum WebSocketHandshake {
    /// Whether a request asks to become a WebSocket.
    static func isAsked(by request: HTTPRequest) -> Bool {
        request.method == .get && request.headers.lists("websocket", in: "Upgrade")
    }

    /// Checks what the client asks for.
    /// - Returns: the reply that opens the WebSocket.
    static func reply(to request: HTTPRequest) throws(HTTPFailure) -> [UInt8] {
        let headers = request.headers
        guard headers.lists("upgrade", in: "Connection"), request.keepsAlive, request.body.isEmpty else {
            throw HTTPFailure(400, "a WebSocket needs HTTP/1.1, Connection: Upgrade, and no body")
        }
        guard headers.values(of: "Sec-WebSocket-Version") == [version] else { throw .webSocketVersionNotSupported }
        let keys = headers.values(of: "Sec-WebSocket-Key")
        guard let key = keys.first, keys.count == 1, Base64.isSixteenBytes(key) else {
            throw HTTPFailure(400, "Sec-WebSocket-Key is not the base64 form of 16 bytes")
        }
        let head = """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept: \(accept(of: key))\r
            \r

            """
        return Array(head.utf8)
    }

    static let version = "13"

    /// What proves that a server has read the key and knows the protocol.
    static func accept(of key: String) -> String {
        Base64.encode(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// A key that no cache has seen: 16 random bytes.
    static func makeKey() -> String { Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) }) }

    /// The fields of a client's request, besides Host.
    static func requestHeaders(key: String) -> [(name: String, value: String)] {
        [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", key),
            ("Sec-WebSocket-Version", version),
        ]
    }

    /// - Returns: why a reply with status 101 does not open the WebSocket that was asked for, or nil.
    static func flaw(in headers: HTTPHeaders, key: String) -> String? {
        guard headers.lists("websocket", in: "Upgrade"), headers.lists("upgrade", in: "Connection") else {
            return "it switches to another protocol"
        }
        guard headers.values(of: "Sec-WebSocket-Accept") == [accept(of: key)] else {
            return "Sec-WebSocket-Accept does not fit the key"
        }
        guard headers["Sec-WebSocket-Extensions"] == nil, headers["Sec-WebSocket-Protocol"] == nil else {
            return "it agrees to what was not offered"
        }
        return nil
    }
}

extension HTTPFailure {
    static let webSocketVersionNotSupported = HTTPFailure(
        426, "the only version of WebSocket spoken is \(WebSocketHandshake.version)")
}
