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
    /// How many connections from one address a second a server takes that limits them, and at once after a rest.
    package static let connectionsPerSecond = 50
    package static let connectionsAtOnce = 200
    /// The most bytes of replies that wait, on all connections of a server together, for earlier replies or for slow
    /// clients; what is above them is answered with 503.
    package static let waitingReplyBytesMax = 256 << 20
    /// The longest name of a server, in bytes (RFC 1035, section 2.3.4).
    static let hostBytesMax = 253
    /// How much capacity is reserved for a body before its bytes come, in bytes.
    static let bodyCapacityReserved = 64 << 10
    /// How many requests may wait in a client.
    package static let clientRequestsMax = 1 << 16
    /// How many interim replies (1xx) may precede a reply.
    static let interimRepliesMax = 8

    // MARK: - WebSockets

    /// The longest text message unless the configuration says otherwise, in bytes.
    package static let webSocketTextBytesMax = 1 << 20
    /// The longest binary message unless the configuration says otherwise, in bytes.
    package static let webSocketBinaryBytesMax = 4 << 20
    /// How many frames a message may come in.
    package static let webSocketFragmentsMax = 16 << 10
    /// The longest payload of a control frame (RFC 6455, section 5.5), in bytes.
    package static let webSocketControlBytesMax = 125
    /// The longest reason of a Close, in bytes: what its code leaves of the payload.
    static let webSocketCloseReasonBytesMax = webSocketControlBytesMax - 2
    /// How many WebSockets a server keeps unless its configuration says otherwise; fewer than connections, so that
    /// ordinary requests are still served.
    package static let webSocketsMax = 512
    /// Above this much waiting output nothing further is taken and the WebSocket is closed, in bytes. A message that
    /// begins below may end above.
    package static let webSocketOutputBytesMax = 16 << 20
    /// How much waiting output of a WebSocket is not counted into what waits on all connections together, in bytes.
    static let webSocketUncountedBytes = 1 << 20
    /// How many bytes sent from other threads may wait for the loop, unless one message alone is longer.
    package static let webSocketPostedBytesMax = 16 << 20
    /// How many messages sent from other threads may wait for the loop.
    package static let webSocketPostedCountMax = 1 << 16
    /// Frames shorter than this are gathered and written together, in bytes.
    static let webSocketGatheredBytes = 32 << 10
    /// For how many times of what has come of a frame room is made before the rest comes.
    static let webSocketReserveFactor = 16
    /// How many calls of one WebSocket may wait for their replies; at more the server stops reading.
    package static let webSocketCallsMax = 256
    /// How many bytes of messages wait in a client for its user; at more it stops reading.
    package static let webSocketInboxBytesMax = 16 << 20
    /// How many messages wait in a client for its user; at more it stops reading.
    package static let webSocketInboxCountMax = 1 << 12
}
