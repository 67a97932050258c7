/// Writes replies.
enum HTTPReply {
    static let continueBytes = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// - Parameter headers: besides Content-Length and Connection, which are written here.
    static func bytes(
        status: Int, headers: [(name: String, value: String)], body: [UInt8], closes: Bool
    ) -> [UInt8] {
        guard headers.allSatisfy({ isValid($0) }) else {
            return failure(HTTPFailure(500, "the server made a malformed header"), closes: closes)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(160 + body.count)
        bytes.append(contentsOf: "HTTP/1.1 \(status) \(phrase(status))\r\n".utf8)
        for (name, value) in headers { bytes.append(contentsOf: "\(name): \(value)\r\n".utf8) }
        // A reply without content must not state a length (RFC 9110, section 8.6).
        if status != 204 { bytes.append(contentsOf: "Content-Length: \(body.count)\r\n".utf8) }
        if closes { bytes.append(contentsOf: "Connection: close\r\n".utf8) }
        bytes.append(contentsOf: "\r\n".utf8)
        if status != 204 { bytes.append(contentsOf: body) }
        return bytes
    }

    /// The reply to a request that is refused, with its reason for people.
    static func failure(_ failure: HTTPFailure, closes: Bool, isBodyAllowed: Bool = true) -> [UInt8] {
        var headers: [(name: String, value: String)] = [("Content-Type", "text/plain; charset=utf-8")]
        if failure.status == 405 { headers.append(("Allow", "GET, POST")) }
        if failure.status == 426 {
            headers += [
                ("Upgrade", "websocket"), ("Connection", "Upgrade"),
                ("Sec-WebSocket-Version", WebSocketHandshake.version),
            ]
        }
        let text = isBodyAllowed ? Array("\(failure.reason)\n".utf8) : []
        return bytes(status: failure.status, headers: headers, body: text, closes: closes)
    }

    static func isValid(_ header: (name: String, value: String)) -> Bool {
        !header.name.isEmpty && header.name.utf8.allSatisfy(HTTPToken.contains)
            && header.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }
    }

    static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}
