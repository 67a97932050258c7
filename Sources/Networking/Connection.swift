internal import CUV
internal import Glibc

/// A TCP connection on an event loop.
///
/// It is `@unchecked Sendable` because everything in it belongs to the loop's thread, which its members check.
package final class Connection: LoopHandle, ByteStream, @unchecked Sendable {
    enum Phase {
        case connecting, open
        /// `close` was called, and output waits still.
        case flushing
        /// All is sent; what still comes is discarded.
        case lingering
        case closed
    }

    package private(set) var peer: SocketAddress
    let options: ConnectionOptions
    var phase: Phase
    var handler: (any StreamHandler)?
    /// Why the connection closes, for the handler.
    var closingError: NetworkingError?

    /// What waits to be written, from `outputStart` on. Invariant: `outputStart <= output.count`.
    var output: [UInt8] = []
    var outputStart = 0
    /// How many further bytes libuv is writing.
    var bytesInFlight = 0
    var isFlushScheduled = false
    var owesDrained = false
    package internal(set) var outputProgressMilliseconds: UInt64

    var isReading = false
    var isReadingPaused = false
    var hasPeerFinished = false
    /// Bounds the time of `flushing` and of `lingering`.
    var closingTimer: Timer?

    /// A connection without a socket yet.
    init(on loop: EventLoop, peer: SocketAddress, options: ConnectionOptions, phase: Phase) throws(NetworkingError) {
        precondition(options.highWaterBytes < options.queuedBytesMax)
        self.peer = peer
        self.options = options
        self.phase = phase
        outputProgressMilliseconds = loop.nowMilliseconds
        let uvLoop = loop.uvLoop
        try super.init(UV_TCP, on: loop, operation: "making a socket") { memory in
            uv_tcp_init(uvLoop, memory.assumingMemoryBound(to: uv_tcp_t.self))
        }
        if loop.isStopping { closeHandle() }
    }

    var stream: UnsafeMutablePointer<uv_stream_t> { pointer(as: uv_stream_t.self) }

    /// The socket is connected: reads the peer's address and starts reading.
    func opened() {
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        let tcp = pointer(as: uv_tcp_t.self)
        uv_tcp_nodelay(tcp, 1)
        limitUnsentBytes()
        withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard uv_tcp_getpeername(tcp, address, &length) == 0, let found = SocketAddress(address) else { return }
                peer = found
            }
        }
        phase = .open
        startReading()
    }

    /// Where the system does not know the limit, it keeps its own.
    private func limitUnsentBytes() {
        guard var limit = options.unsentBytesMax else { return }
        var descriptor: Int32 = -1
        guard uv_fileno(pointer(as: uv_handle_t.self), &descriptor) == 0 else { return }
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &limit, socklen_t(MemoryLayout<Int32>.size))
    }

    package var isOpen: Bool { phase == .open }

    // MARK: - Closing

    package func close() {
        loop.preconditionIsCurrent()
        guard phase == .open else { return phase == .connecting ? abort() : () }
        phase = .flushing
        isReadingPaused = false
        if !hasPeerFinished { startReading() }
        limitClosing(to: options.flushMilliseconds)
        flush()
    }

    package func abort() {
        loop.preconditionIsCurrent()
        guard phase != .closed else { return }
        phase = .closed
        closeHandleWithReset()
    }

    func fail(_ error: NetworkingError) {
        guard phase != .closed else { return }
        // Once all has been sent, how the peer leaves is no error of ours.
        if phase != .lingering { closingError = error }
        phase = .closed
        closeHandle()
    }

    /// All output is sent and no more may follow: says so, and waits for the peer to finish too.
    func startLingering() {
        phase = .lingering
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        let code = uv_shutdown(request, stream) { request, _ in request?.deallocate() }
        if code != 0 { request.deallocate() }
        guard code == 0, !hasPeerFinished else { return finish() }
        limitClosing(to: options.lingerMilliseconds)
    }

    /// Closes without a reset, which could take our last words from the peer.
    func finish() {
        guard phase != .closed else { return }
        phase = .closed
        closeHandle()
    }

    func limitClosing(to milliseconds: UInt64) {
        closingTimer?.cancel()
        closingTimer = loop.schedule(afterMilliseconds: milliseconds) { [unowned self] in
            if phase == .flushing { abort() } else { finish() }
        }
    }

    override func loopStops() {
        phase = .closed
        closeHandle()
    }

    override func handleClosed() {
        phase = .closed
        closingTimer?.cancel()
        closingTimer = nil
        output = []
        outputStart = 0
        let last = handler
        handler = nil
        last?.closed(closingError)
    }
}
