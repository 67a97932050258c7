internal import Cryptography

/// A TLS connection on top of another stream, of which it is the handler.
///
/// Nobody uses it before the handshake is done: then `completion` gets it, may look at the certificates of the other
/// end, and gives back the handler, or nil to turn the other end away.
///
/// It is `@unchecked Sendable` because everything in it belongs to the loop's thread, which its members check.
package final class TLSStream: ByteStream, StreamHandler, @unchecked Sendable {
    package enum Side: Sendable { case client, server }
    /// Gets the stream once its handshake is done, or the reason why there is none; what it then gives back is not used.
    package typealias Completion = (Result<TLSStream, NetworkingError>) -> (any StreamHandler)?

    enum Phase {
        case handshaking, open
        /// We have closed it, or it has failed: what still comes is discarded.
        case closing
        case closed
    }

    let lower: any ByteStream
    let loop: EventLoop
    let side: Side
    let options: TLSOptions
    let session: TLSSession
    private let context: TLSContext
    var phase = Phase.handshaking
    private var completion: Completion?
    var handler: (any StreamHandler)?
    private var handshakeTimer: Timer?
    private var handshakeBytes = 0
    /// The other end's certificates in DER, its own first. Set when the handshake is done.
    package private(set) var peerChain: [[UInt8]] = []

    /// What waits to be encrypted at the end of the event.
    var waiting: [UInt8] = []
    var isFlushScheduled = false
    var isReadingPaused = false
    var isLowerPaused = false
    var hasPeerFinished = false
    /// How many bytes came since data was among them.
    var bytesWithoutData = 0

    /// A stream over `lower`, which must be given it as its handler. On the loop's thread.
    /// - Parameter serverName: with `TLSOptions.serverAuthorities`, for whom the server's certificate must be.
    package init(
        over lower: any ByteStream, on loop: EventLoop, _ context: TLSContext, _ side: Side,
        serverName: String? = nil, completion: @escaping Completion
    ) {
        loop.preconditionIsCurrent()
        self.lower = lower
        self.loop = loop
        self.context = context
        self.side = side
        self.completion = completion
        options = context.options
        precondition((options.serverAuthorities == nil) == (serverName == nil), "who vouches does so for a name")
        session = TLSSession(context, side == .client ? .client : .server, serverName: serverName)
        let milliseconds = options.handshakeMilliseconds
        handshakeTimer = loop.schedule(afterMilliseconds: milliseconds) { [weak self] in
            guard let self, phase == .handshaking else { return }
            fail(.timedOut(operation: "the TLS handshake", milliseconds: milliseconds), isPatient: false)
        }
    }

    package var isOpen: Bool { phase == .open }

    /// Bytes that only the two ends of this connection know (RFC 8446, section 7.5). Demands that it is open.
    package func exporterValue(label: String, context: [UInt8], byteCount: Int) -> [UInt8] {
        guard let value = session.exporterValue(label: label, context: context, byteCount: byteCount) else {
            preconditionFailure("a TLS connection whose handshake is done exports values")
        }
        return value
    }

    // MARK: - Handshake

    func advanceHandshake() {
        do throws(TLSFailure) {
            let isDone = try session.handshake()
            emit()
            if isDone { try finishHandshake() }
        } catch {
            fail(.tls(error))
        }
    }

    func countHandshake(_ byteCount: Int) {
        handshakeBytes += byteCount
        guard handshakeBytes > options.handshakeBytesMax else { return }
        fail(.tls(.handshakeTooLong(bytes: options.handshakeBytesMax)))
    }

    private func finishHandshake() throws(TLSFailure) {
        if !options.protocols.isEmpty, session.applicationProtocol == nil { throw .noCommonProtocol }
        peerChain = try session.peerChain()
        endTimer()
        phase = .open
        let completion = takeCompletion()
        guard let handler = completion?(.success(self)) else { return close() }
        self.handler = handler
        guard phase == .open else { return }
        if side == .client { handler.connected() }
        readAvailable()
    }

    // MARK: - Ending

    /// Breaks off, tells the other end why as far as TLS can, and tells our user at once.
    /// - Parameter isPatient: whether the other end gets the time to read what it is told.
    func fail(_ error: NetworkingError, isPatient: Bool = true) {
        guard phase == .handshaking || phase == .open else { return }
        phase = .closing
        emit()
        if isPatient { lower.close() } else { lower.abort() }
        end(error)
    }

    /// Tells whoever waits for it that it is over.
    func end(_ error: NetworkingError?) {
        endTimer()
        waiting = []
        if let completion = takeCompletion() { _ = completion(.failure(error ?? .tls(.cutShort))) }
        let last = handler
        handler = nil
        last?.closed(error)
    }

    /// Gives what OpenSSL has to say to the stream below.
    func emit() {
        let bytes = session.takeOutput()
        if !bytes.isEmpty { lower.send(bytes) }
    }

    private func takeCompletion() -> Completion? {
        defer { completion = nil }
        return completion
    }

    private func endTimer() {
        handshakeTimer?.cancel()
        handshakeTimer = nil
    }
}
