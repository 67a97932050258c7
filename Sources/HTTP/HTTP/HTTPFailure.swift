/// Why a message is refused: the status that a server answers with, and what to tell the other side.
package struct HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let status: Int
    package let reason: String

    init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    package var description: String { "\(status): \(reason)" }

    static let bareLineFeed = HTTPFailure(400, "a line must end with CR LF")
    static let startLineTooLong = HTTPFailure(
        414, "the start line is longer than \(HTTPLimits.startLineBytesMax) bytes")
    static let headTooLong = HTTPFailure(431, "the header is longer than \(HTTPLimits.headBytesMax) bytes")
    static let tooManyHeaders = HTTPFailure(431, "there are more than \(HTTPLimits.headerCountMax) header fields")
    static let malformedHeader = HTTPFailure(400, "a header field is malformed")
    static let malformedStartLine = HTTPFailure(400, "the request line is malformed")
    static let malformedLength = HTTPFailure(400, "Content-Length is malformed or given more than once")
    static let malformedCoding = HTTPFailure(400, "Transfer-Encoding is not exactly chunked")
    static let lengthAndCoding = HTTPFailure(400, "Content-Length and Transfer-Encoding exclude each other")
    static let malformedChunk = HTTPFailure(400, "a chunk is malformed")
    static let malformedHost = HTTPFailure(400, "Host is missing, malformed or given more than once")
    static let methodNotAllowed = HTTPFailure(405, "only GET and POST are served")
    static let versionNotSupported = HTTPFailure(505, "only HTTP/1.1 and HTTP/1.0 are spoken")
    static let expectationFailed = HTTPFailure(417, "the only expectation known is 100-continue")
    static func bodyTooLong(_ maximum: Int) -> HTTPFailure {
        HTTPFailure(413, "the body is longer than \(maximum) bytes")
    }
}

extension [UInt8] {
    /// Appends the bytes of a span.
    @inline(__always)
    mutating func append(span: Span<UInt8>) { span.withUnsafeBufferPointer { append(contentsOf: $0) } }
}
