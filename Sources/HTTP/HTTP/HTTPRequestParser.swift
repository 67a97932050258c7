package import Networking

/// Reads the requests of one connection, however their bytes are split or joined.
///
/// It is strict: what two programs could read in two ways is refused. After a failure it is not used again.
package struct HTTPRequestParser: Sendable {
    package enum Outcome {
        case needsMore
        /// The client waits for permission to send the body.
        case wantsContinue
        case request(HTTPRequest)
    }

    /// What the connection is in the middle of.
    package enum Position: Sendable { case betweenRequests, head, body }

    private struct Started {
        let method: HTTPMethod
        let target: String
        let host: String?
        let headers: HTTPHeaders
        let keepsAlive: Bool
        var body: HTTPBodyReader
    }

    private let peer: SocketAddress
    private let bodyBytesMax: Int
    private var lines = HTTPLineCollector(bytesMax: HTTPLimits.headBytesMax, hasStartLine: true)
    private var emptyLines = 0
    private var started: Started?
    /// Whether the reply to a refused request must not have a body, because the client asked with HEAD.
    package private(set) var wasHeadRequest = false

    package init(peer: SocketAddress, bodyBytesMax: Int) {
        // Chunk sizes are computed up to sixteen times this.
        precondition(bodyBytesMax >= 0 && bodyBytesMax < 1 << 48)
        self.peer = peer
        self.bodyBytesMax = bodyBytesMax
    }

    package var position: Position {
        if started != nil { return .body }
        return lines.isEmpty ? .betweenRequests : .head
    }

    /// The request whose body is being read, without its body; nil between requests and in a head.
    package var head: HTTPRequest? { started.map { request($0, body: []) } }

    private func request(_ started: Started, body: [UInt8]) -> HTTPRequest {
        HTTPRequest(
            method: started.method, target: started.target, headers: started.headers, body: body, peer: peer,
            keepsAlive: started.keepsAlive, host: started.host, caller: nil)
    }

    /// Takes bytes from `offset` on, at most to the end of one request.
    package mutating func take(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPFailure) -> Outcome {
        if started == nil {
            guard try lines.take(input, &offset) else { return .needsMore }
            let wantsContinue = try start(lines.finish())
            if wantsContinue, offset == input.count { return .wantsContinue }
        }
        guard var request = started else { return .needsMore }
        // Taken out while it grows, so that the body is not copied.
        started = nil
        try request.body.take(input, &offset)
        guard request.body.isDone else {
            started = request
            return .needsMore
        }
        return .request(self.request(request, body: request.body.body))
    }

    /// - Returns: whether the client waits for a word before it sends the body.
    private mutating func start(_ bytes: [UInt8]) throws(HTTPFailure) -> Bool {
        guard bytes.count > 2 else {
            emptyLines += 1
            guard emptyLines <= HTTPLimits.leadingEmptyLinesMax else { throw .malformedStartLine }
            return false
        }
        emptyLines = 0
        let head = try HTTPHead(bytes)
        let line = try HTTPRequestLine(bytes[head.startLine])
        wasHeadRequest = line.method.elementsEqual("HEAD".utf8)
        let host = try checkedHost(head, line)
        guard let method = HTTPMethod(rawValue: String(decoding: line.method, as: UTF8.self)) else {
            throw .methodNotAllowed
        }
        // HTTP/1.0 has no chunks; a program between that ignores them would see another body.
        guard !line.isVersion10 || head.framing != .chunked else { throw .malformedCoding }
        let body = try HTTPBodyReader(head.framing, bytesMax: bodyBytesMax)
        started = Started(
            method: method, target: String(decoding: line.path, as: UTF8.self), host: host, headers: head.headers,
            keepsAlive: !line.isVersion10 && !head.headers.lists("close", in: "Connection"), body: body)
        return head.expectsContinue && !line.isVersion10 && !body.isDone
    }

    /// The host that the client addresses: a target with a host of its own must name the same.
    private func checkedHost(_ head: HTTPHead, _ line: HTTPRequestLine) throws(HTTPFailure) -> String? {
        guard let host = head.host else {
            guard line.isVersion10, line.authority == nil else { throw .malformedHost }
            return nil
        }
        if let authority = line.authority, !equalInAnyCase(authority, head.headers.bytes[host]) {
            throw .malformedHost
        }
        return head.headers.text(host)
    }
}

/// A request line (RFC 9112, section 3): method, target and version with one space between.
struct HTTPRequestLine {
    let method: ArraySlice<UInt8>
    /// The target without scheme and host; starts with `/`.
    let path: ArraySlice<UInt8>
    /// The host of a target in absolute form.
    let authority: ArraySlice<UInt8>?
    let isVersion10: Bool

    init(_ line: ArraySlice<UInt8>) throws(HTTPFailure) {
        let space = UInt8(ascii: " ")
        guard let first = line.firstIndex(of: space), let last = line.lastIndex(of: space), first < last else {
            throw .malformedStartLine
        }
        method = line[..<first]
        let target = line[(first + 1)..<last]
        guard !method.isEmpty, method.allSatisfy(HTTPToken.contains),
            !target.isEmpty, target.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .malformedStartLine }
        isVersion10 = try HTTPRequestLine.isVersion10(line[(last + 1)...])
        (authority, path) = try HTTPRequestLine.split(target)
    }

    private static func isVersion10(_ version: ArraySlice<UInt8>) throws(HTTPFailure) -> Bool {
        if version.elementsEqual("HTTP/1.1".utf8) { return false }
        if version.elementsEqual("HTTP/1.0".utf8) { return true }
        throw version.starts(with: "HTTP/".utf8) ? .versionNotSupported : .malformedStartLine
    }

    private static func split(
        _ target: ArraySlice<UInt8>
    ) throws(HTTPFailure) -> (authority: ArraySlice<UInt8>?, path: ArraySlice<UInt8>) {
        let slash = UInt8(ascii: "/")
        if target.first == slash { return (nil, target) }
        // OPTIONS may ask about the server as a whole; it is refused by its method.
        if target.elementsEqual("*".utf8) { return (nil, target) }
        let scheme = "http://".utf8
        guard equalInAnyCase(target.prefix(scheme.count), scheme) else { throw .malformedStartLine }
        let rest = target.dropFirst(scheme.count)
        guard let pathStart = rest.firstIndex(of: slash) else { return (rest, [slash]) }
        return (rest[..<pathStart], rest[pathStart...])
    }
}
