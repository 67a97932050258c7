/// A complete reply.
package struct HTTPResponse: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: [UInt8]
    /// Whether the connection may carry further replies.
    let keepsAlive: Bool
}

/// Reads the replies that come on one connection, as strictly as the server reads requests.
package struct HTTPResponseParser {
    private struct Started {
        let status: Int
        let headers: HTTPHeaders
        let keepsAlive: Bool
        var body: HTTPBodyReader
    }

    private let bodyBytesMax: Int
    private var lines = HTTPLineCollector(bytesMax: HTTPLimits.headBytesMax, hasStartLine: true)
    private var started: Started?
    private var interimReplies = 0

    package init(bodyBytesMax: Int) { self.bodyBytesMax = bodyBytesMax }

    var isBetweenReplies: Bool { started == nil && lines.isEmpty }

    /// Takes bytes from `offset` on, at most to the end of one reply, which it gives back when it is complete.
    package mutating func take(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPFailure) -> HTTPResponse? {
        while started == nil {
            guard try lines.take(input, &offset) else { return nil }
            try start(lines.finish())
        }
        guard var response = started else { return nil }
        started = nil
        try response.body.take(input, &offset)
        guard response.body.isDone else {
            started = response
            return nil
        }
        return finish(response)
    }

    /// The connection has ended: completes the reply that lasts as long as it, if there is one.
    package mutating func takeEnd() -> HTTPResponse? {
        guard let response = started, response.body.endsWithConnection else { return nil }
        started = nil
        return finish(response)
    }

    private func finish(_ response: Started) -> HTTPResponse {
        HTTPResponse(
            status: response.status, headers: response.headers, body: response.body.body,
            keepsAlive: response.keepsAlive)
    }

    private mutating func start(_ bytes: [UInt8]) throws(HTTPFailure) {
        let head = try HTTPHead(bytes)
        let (status, isVersion10) = try HTTPResponseParser.statusLine(bytes[head.startLine])
        if (100..<200).contains(status) {
            interimReplies += 1
            guard status != 101, interimReplies <= HTTPLimits.interimRepliesMax else {
                throw HTTPFailure(status, "too many interim replies")
            }
            return
        }
        interimReplies = 0
        let hasNoBody = status == 204 || status == 304
        let body = try HTTPBodyReader(
            hasNoBody ? .unstated : head.framing, bytesMax: bodyBytesMax, untilClose: !hasNoBody)
        let keepsAlive =
            !isVersion10 && !body.endsWithConnection && !head.headers.lists("close", in: "Connection")
        started = Started(status: status, headers: head.headers, keepsAlive: keepsAlive, body: body)
    }

    /// `HTTP/1.1 200 OK`; the phrase may be missing.
    static func statusLine(_ line: ArraySlice<UInt8>) throws(HTTPFailure) -> (Int, isVersion10: Bool) {
        let malformed = HTTPFailure(0, "the status line is malformed")
        let isVersion10 = line.starts(with: "HTTP/1.0 ".utf8)
        guard isVersion10 || line.starts(with: "HTTP/1.1 ".utf8) else { throw malformed }
        let rest = line.dropFirst(9)
        let digits = rest.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
            rest.count == 3 || rest.dropFirst(3).first == UInt8(ascii: " ")
        else { throw malformed }
        let status = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard status >= 100, status < 600 else { throw malformed }
        return (status, isVersion10)
    }
}
