/// A two-way stream of bytes: a TCP connection, or a layer such as TLS on top of one.
///
/// Everything is called on the thread of the stream's loop.
package protocol ByteStream: AnyObject {
    var peer: SocketAddress { get }
    /// How many bytes wait to be taken by the peer.
    var queuedBytes: Int { get }
    /// Whether so much waits that the sender should pause until `drained`.
    var isAboveHighWater: Bool { get }
    /// When the peer last took what waited for it, on the loop's clock.
    var outputProgressMilliseconds: UInt64 { get }

    /// Sends bytes. All that is sent during one event goes out in one write. Ignored once the stream closes.
    func send(_ bytes: [UInt8])
    /// Stops `received` until `resumeReading`; the peer is then held back by its own full buffers.
    func pauseReading()
    func resumeReading()
    /// Sends what waits, says that nothing follows, discards for a limited time what still comes, and closes.
    func close()
    /// Closes at once; what waits is lost.
    func abort()
}

/// What uses a stream. The stream holds it until `closed`, the last call that it gets; all come on the loop's thread.
package protocol StreamHandler: AnyObject {
    /// An outgoing stream is open. Not called for accepted ones.
    func connected()
    /// Bytes came. They are valid during the call only.
    func received(_ bytes: Span<UInt8>)
    /// The peer sends no more; it may still read.
    func peerFinished()
    /// The output that was above the high-water mark is below half of it.
    func drained()
    /// The stream is closed: without an error after `close`, `abort` and the loop's stop.
    func closed(_ error: NetworkingError?)
}

/// What gathers output during an event and passes it on at its end.
protocol OutputFlusher: AnyObject {
    func flush()
}

/// How a connection bounds its output and its closing.
package struct ConnectionOptions: Sendable {
    /// Above this many waiting bytes `isAboveHighWater` holds.
    package var highWaterBytes = 1 << 20
    /// Above this many waiting bytes the connection is broken off. Invariant: more than `highWaterBytes`.
    package var queuedBytesMax = 64 << 20
    /// How many bytes the system may hold that are not on their way yet (TCP_NOTSENT_LOWAT): what is more urgent can't
    /// overtake them. Nil for the system's choice.
    package var unsentBytesMax: Int32?
    /// How long `close` waits for a peer that takes nothing of what waits for it.
    package var flushMilliseconds: UInt64 = 10_000
    /// How long a closing connection discards what still comes, so that the peer gets to read our last words.
    package var lingerMilliseconds: UInt64 = 2_000
    /// From which numeric address of this machine a connection is begun, where it reaches the other end's; nil for the
    /// system's choice.
    package var localHost: String?
    /// How long connecting may take, for all addresses of a name together.
    package var connectMilliseconds: UInt64 = 10_000

    package init() {}
}
