package import Cryptography

/// What a link asks and tells its owner, all on the loop's thread.
package protocol PeerLinkOwner: AnyObject {
    /// Whether whoever shows this is let in.
    func judge(_ link: PeerLink, chain: [[UInt8]], _ proof: PeerProof) -> Result<PeerIdentity, PeerRefusal>
    func connected(_ link: PeerLink)
    func received(_ link: PeerLink, _ messageClass: MessageClass, group: UInt32, _ bytes: [UInt8])
    /// There is room again for what was refused as too much.
    func writable(_ link: PeerLink, _ messageClass: MessageClass)
    /// The last call.
    func ended(_ link: PeerLink, _ end: PeerLinkEnd)
}

/// What all links of a node have in common.
package struct PeerLinkOptions: Sendable {
    package var suite: Suite
    package var hello: PeerHello
    /// In the national suite: what signs the proof.
    package var key: (any SigningKey)?
    package var rates = PeerRates()
    package var handshakeMilliseconds: UInt64 = 5_000
    package var pingMilliseconds: UInt64 = 2_000
    /// After how long without anything from the peer a link is given up.
    package var idleMilliseconds: UInt64 = 10_000
    package var waitingConsensusBytesMax = PeerLimits.waitingConsensusBytesMax
    package var waitingDisseminationBytesMax = PeerLimits.waitingDisseminationBytesMax
    package var waitingBulkBytesMax = PeerLimits.waitingBulkBytesMax

    package init(_ suite: Suite, hello: PeerHello, key: (any SigningKey)? = nil) {
        (self.suite, self.hello, self.key) = (suite, hello, key)
    }

    func waitingBytesMax(of messageClass: MessageClass) -> Int {
        switch messageClass {
        case .consensus: waitingConsensusBytesMax
        case .dissemination: waitingDisseminationBytesMax
        case .bulk: waitingBulkBytesMax
        }
    }
}

/// One connection with one peer: the handshake inside the channel, then frames both ways.
///
/// It is `@unchecked Sendable` because everything in it belongs to the loop's thread, which its members check.
package final class PeerLink: StreamHandler, OutputFlusher, @unchecked Sendable {
    enum Phase {
        case handshaking, open, ended
    }

    package let side: PeerSide
    let stream: any ByteStream
    let loop: EventLoop
    let options: PeerLinkOptions
    weak var owner: (any PeerLinkOwner)?
    /// Set by the owner, who then knows whom it has called.
    package var expectedNumber: UInt32?
    package private(set) var identity: PeerIdentity?
    package private(set) var peerHello: PeerHello?

    var phase = Phase.handshaking
    private var handshake: PeerHandshake
    private let startMilliseconds: UInt64
    package internal(set) var counters = PeerLinkCounters()

    // Receiving.
    var decoder = FrameDecoder()
    var meter: PeerMeter
    /// What came while nothing was to be read.
    var backlog: [UInt8] = []
    var holdTimer: Timer?
    package internal(set) var heardMilliseconds: UInt64

    // Sending.
    var scheduler = FrameScheduler()
    /// Frames of the link itself, which go before all others.
    var control: [UInt8] = []
    let compressor: FrameCompressor
    var isFlushScheduled = false
    var isTurnPosted = false
    /// The classes whose senders wait for room.
    var waitingClasses: Set<MessageClass> = []
    var pingMilliseconds: UInt64
    var isPingUnderWay = false

    /// A link over an open stream, which must be given it as its handler; `start` begins. On the loop's thread.
    package init(
        over stream: any ByteStream, on loop: EventLoop, _ side: PeerSide, _ options: PeerLinkOptions,
        compressor: FrameCompressor, transportChain: [[UInt8]], channel: [UInt8], owner: any PeerLinkOwner
    ) {
        let now = loop.nowMilliseconds
        self.stream = stream
        self.loop = loop
        self.side = side
        self.options = options
        self.compressor = compressor
        self.owner = owner
        handshake = PeerHandshake(
            options.suite, side, hello: options.hello, transportChain: transportChain, channel: channel)
        meter = PeerMeter(options.rates, nowMilliseconds: now)
        startMilliseconds = now
        heardMilliseconds = now
        pingMilliseconds = now
    }

    package var isOpen: Bool { phase == .open }
    package var peerAddress: SocketAddress { stream.peer }

    package func start() { perform(handshake.start()) }

    // MARK: - Handshake

    func handshake(_ frame: FrameDecoder.Frame) { perform(handshake.handle(.frame(frame.kind, frame.payload ?? []))) }

    private func perform(_ effects: [PeerHandshake.Effect]) {
        for effect in effects where phase == .handshaking {
            switch effect {
            case .send(let kind, let bytes): stream.send(OutgoingMessage.frames(kind, bytes))
            case .sign(let digest): perform(handshake.handle(.signed(try? options.key?.sign(digest))))
            case .admit(let chain, let proof): perform(handshake.handle(.judged(judge(chain, proof))))
            case .connected(let identity, let hello): open(identity, hello)
            case .refused(let refusal): end(.refused(refusal))
            case .refusedByPeer(let refusal): end(.refusedByPeer(refusal))
            }
        }
    }

    private func judge(_ chain: [[UInt8]], _ proof: PeerProof) -> Result<PeerIdentity, PeerRefusal> {
        let judgement = owner?.judge(self, chain: chain, proof) ?? .failure(.tooManyConnections)
        guard case .success(let identity) = judgement, let expectedNumber else { return judgement }
        return identity.number == expectedNumber ? judgement : .failure(.notExpected)
    }

    private func open(_ identity: PeerIdentity, _ hello: PeerHello) {
        phase = .open
        decoder.isAdmitted = true
        self.identity = identity
        peerHello = hello
        owner?.connected(self)
    }

    // MARK: - Time and ending

    /// To be called every few hundred milliseconds.
    package func tick(nowMilliseconds now: UInt64) {
        switch phase {
        case .handshaking:
            if now - min(now, startMilliseconds) > options.handshakeMilliseconds { end(.handshakeTooSlow) }
        case .open:
            let silence = now - min(now, heardMilliseconds)
            // Whom we don't listen to is not silent.
            if silence > options.idleMilliseconds, holdTimer == nil { return end(.silent(milliseconds: silence)) }
            if now - min(now, pingMilliseconds) >= options.pingMilliseconds { ping(now) }
            flushLater()
        case .ended: break
        }
    }

    /// Says why, and closes.
    package func end(_ end: PeerLinkEnd) {
        loop.preconditionIsCurrent()
        guard phase != .ended else { return }
        let wasOpen = phase == .open
        phase = .ended
        holdTimer?.cancel()
        holdTimer = nil
        backlog = []
        switch end {
        case .stream: break
        case .silent, .handshakeTooSlow, .queueFull: stream.abort()
        case .farewell: stream.close()
        case .refused, .refusedByPeer, .malformed, .replaced, .cutOff, .closed:
            if wasOpen { stream.send(OutgoingMessage.frames(.farewell, PeerLink.farewell(end))) }
            stream.close()
        }
        owner?.ended(self, end)
    }

    package func connected() {}

    package func peerFinished() {
        end(.stream(nil))
        stream.close()
    }

    package func closed(_ error: NetworkingError?) { end(.stream(error)) }
}
