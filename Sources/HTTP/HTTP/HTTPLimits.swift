/// The limits of HTTP messages, both for the server and for the client.
package enum HTTPLimits {
    /// The longest start line with all header fields, in bytes.
    package static let headBytesMax = 16 << 10
    /// The longest start line, in bytes.
    package static let startLineBytesMax = 8 << 10
    /// How many header fields a message may have.
    package static let headerCountMax = 100
    /// How many empty lines before a request are overlooked (RFC 9112, section 2.2).
    package static let leadingEmptyLinesMax = 1
    /// The longest line that gives a chunk's size, in bytes.
    package static let chunkLineBytesMax = 128
    /// How long the extensions of all chunks of a body may be together, in bytes.
    package static let chunkExtensionBytesMax = 4 << 10
    /// The longest trailer section of a chunked body, in bytes.
    package static let trailerBytesMax = 4 << 10
    /// The largest request body unless the server's configuration says otherwise, in bytes.
    package static let requestBodyBytesMax = 1 << 20
    /// The largest response body unless the client's configuration says otherwise, in bytes.
    package static let responseBodyBytesMax = 64 << 20
    /// How many requests of one connection may wait for their replies; at more the server stops reading.
    package static let pipelineDepthMax = 16
    /// How many connections a server keeps unless its configuration says otherwise.
    package static let connectionsMax = 1024
    /// The most bytes of replies that wait, on all connections of a server together, for earlier replies or for slow
    /// clients; what is above them is answered with 503.
    package static let waitingReplyBytesMax = 256 << 20
    /// How much capacity is reserved for a body before its bytes come, in bytes.
    static let bodyCapacityReserved = 64 << 10
    /// How many requests may wait in a client.
    package static let clientRequestsMax = 1 << 16
    /// How many interim replies (1xx) may precede a reply.
    static let interimRepliesMax = 8
}
