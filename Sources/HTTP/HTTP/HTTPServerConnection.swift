internal import Networking

/// One client's connection: its requests in, their replies out in the same order.
///
/// It is `@unchecked Sendable` because all of it but the constant `loop` is used on the loop's thread only; responders,
/// which live on any thread, post to it.
final class HTTPServerConnection: StreamHandler, @unchecked Sendable {
    /// A request whose reply is due, or an interim reply in its place between others.
    struct Slot {
        var reply: [UInt8]?
        var closes: Bool
        /// What the reply has taken of the budget.
        var budgeted = 0
        /// With its reply the connection becomes a WebSocket.
        var session: WebSocketSessionFactory?
    }

    private struct Phase: Equatable {
        var position = HTTPRequestParser.Position.betweenRequests
        var requestsTaken: UInt64 = 0
    }

    let loop: EventLoop
    let stream: any ByteStream
    let configuration: HTTPServerConfiguration
    private let access: HTTPAccess
    private let peer: HTTPPeer
    private let handler: HTTPHandler
    let upgrades: WebSocketUpgrades?
    let budget: HTTPReplyBudget
    private let whenClosed: (HTTPServerConnection) -> Void
    private var parser: HTTPRequestParser
    /// What the doorkeeper has said of the request whose body is being read; nil if it was not asked.
    private var admission: HTTPAdmission?

    /// Replies due, the oldest first.
    var slots: [Slot] = []
    /// The sequence number of `slots[0]`, or of the next request.
    private(set) var firstSequence: UInt64 = 0
    /// What came and can't be read yet because too many replies are due. Reading is paused while there is any.
    var backlog: [UInt8] = []
    private var isParsing = false
    /// No further request is taken; the connection closes after the last reply due.
    private(set) var hasInputEnded = false
    /// Whether the server closes.
    private(set) var isFinishing = false
    /// What the connection has become; it then gets all that happens.
    var webSocket: WebSocketConnection?
    /// What makes the user of the WebSocket that the connection has just become.
    var sessionToStart: WebSocketSessionFactory?
    /// Whether it counts as a WebSocket, or as one to be.
    var isCountedAsWebSocket = false
    private var isClosing = false
    var isReadingPaused = false
    private var requestsTaken: UInt64 = 0
    /// What is being read: which part of which request.
    private var phase = Phase()
    /// When that part began, or when the connection fell idle, or when we last began to listen again.
    private var phaseStartMilliseconds: UInt64

    init(
        _ stream: any ByteStream, on loop: EventLoop, configuration: HTTPServerConfiguration, access: HTTPAccess,
        peer: HTTPPeer, handler: @escaping HTTPHandler, upgrades: WebSocketUpgrades?, budget: HTTPReplyBudget,
        whenClosed: @escaping (HTTPServerConnection) -> Void
    ) {
        self.stream = stream
        self.loop = loop
        self.configuration = configuration
        self.access = access
        self.peer = peer
        self.handler = handler
        self.upgrades = upgrades
        self.budget = budget
        self.whenClosed = whenClosed
        parser = HTTPRequestParser(peer: stream.peer, bodyBytesMax: configuration.bodyBytesMax)
        phaseStartMilliseconds = loop.nowMilliseconds
    }

    // MARK: - Stream events

    func connected() {}

    func received(_ bytes: Span<UInt8>) {
        if let webSocket { return webSocket.received(bytes) }
        guard !hasInputEnded, mayStillRead else { return }
        guard backlog.isEmpty, mayParse else { return backlog.append(span: bytes) }
        parse(bytes)
        settle()
    }

    func peerFinished() {
        if let webSocket { return webSocket.peerFinished() }
        hasInputEnded = true
        settle()
    }

    func drained() {
        if let webSocket { return webSocket.drained() }
        sendReplies()
        resume()
    }

    func closed(_ error: NetworkingError?) {
        leaveWebSocket(error)
        isClosing = true
        dropSlots()
        backlog = []
        whenClosed(self)
    }

    // MARK: - Requests

    private var mayParse: Bool {
        mayStillRead && webSocket == nil && slots.last?.session == nil
            && slots.count < configuration.pipelineDepthMax && !stream.isAboveHighWater
    }

    private func parse(_ bytes: Span<UInt8>) {
        isParsing = true
        defer { isParsing = false }
        var offset = 0
        do throws(HTTPFailure) {
            while offset < bytes.count, mayParse {
                switch try parser.take(bytes, &offset) {
                case .needsMore: judgeHead()
                case .wantsContinue:
                    judgeHead()
                    if mayStillRead { slots.append(Slot(reply: HTTPReply.continueBytes, closes: false)) }
                case .request(let request): dispatch(request)
                }
                sendReplies()
            }
            if offset < bytes.count, mayStillRead { backlog.append(span: bytes.extracting(offset...)) }
        } catch {
            refuse(error)
        }
    }

    /// Whether a request behind those that are due would be answered.
    private var mayStillRead: Bool { !isClosing && !(slots.last?.closes ?? false) }

    /// Asks the doorkeeper before the body has come: nobody's is gathered whose request is refused.
    private func judgeHead() {
        guard configuration.doorkeeper != nil, admission == nil, let head = parser.head else { return }
        let judged = judge(head)
        guard case .refused(let refusal) = judged else { return admission = judged }
        slots.append(Slot(reply: refusal.reply(closes: true), closes: true))
    }

    private func judge(_ request: HTTPRequest) -> HTTPAdmission? {
        if let failure = access.refusal(of: request) { return .refused(HTTPRefusal(failure)) }
        return configuration.doorkeeper?(request, peer)
    }

    private func dispatch(_ new: HTTPRequest) {
        var request = new
        requestsTaken += 1
        let judged = admission ?? judge(request)
        admission = nil
        var closes = !request.keepsAlive
        if case .refused(let refusal) = judged, refusal.closes { closes = true }
        let responder = HTTPResponder(self, sequence: firstSequence + UInt64(slots.count), closes: closes)
        slots.append(Slot(reply: nil, closes: closes))
        switch judged {
        case nil: break
        case .admitted(let caller): request.caller = caller
        case .refused(let refusal):
            return responder.respond(status: refusal.status, headers: refusal.headers, body: refusal.body)
        }
        if let upgrades, WebSocketHandshake.isAsked(by: request) {
            upgrade(request, responder, upgrades)
        } else {
            handler(request, responder)
        }
    }

    /// Answers a malformed or late request in its turn, and takes no other.
    private func refuse(_ failure: HTTPFailure) {
        let reply = HTTPReply.failure(failure, closes: true, isBodyAllowed: !parser.wasHeadRequest)
        slots.append(Slot(reply: reply, closes: true))
        backlog = []
        sendReplies()
    }

    // MARK: - Replies

    func complete(_ sequence: UInt64, with reply: [UInt8], closes: Bool) {
        loop.preconditionIsCurrent()
        guard !isClosing, sequence >= firstSequence else { return }
        let index = Int(sequence - firstSequence)
        guard index < slots.count else { return }
        if budget.take(reply.count) {
            slots[index].reply = reply
            slots[index].budgeted = reply.count
        } else {
            let failure = HTTPFailure(503, "too many replies wait for their turn; ask for less at a time")
            slots[index].reply = HTTPReply.failure(failure, closes: slots[index].closes)
        }
        // While requests are being read, the reader sends what is ready.
        guard !isParsing else { return }
        sendReplies()
        resume()
    }

    private func sendReplies() {
        while !isClosing, !stream.isAboveHighWater, let slot = slots.first, let reply = slot.reply {
            slots.removeFirst()
            budget.giveBack(slot.budgeted)
            firstSequence += 1
            stream.send(reply)
            if slot.closes { closeStream() }
            if let session = slot.session { becomeWebSocket(session) }
        }
        // From its last reply on a connection is idle.
        if slots.isEmpty, phase.position == .betweenRequests { phaseStartMilliseconds = loop.nowMilliseconds }
    }

    /// Reads on if replies have made room.
    private func resume() {
        guard !isParsing, !isClosing else { return }
        if !backlog.isEmpty, mayParse {
            let bytes = backlog
            backlog = []
            parse(bytes.span)
        }
        settle()
    }

    /// After any event: closes a connection that has nothing left to do, and reads only what can be served.
    private func settle() {
        guard !isClosing else { return }
        guard webSocket == nil else { return startWebSocket() }
        if hasInputEnded, slots.isEmpty, backlog.isEmpty { return closeStream() }
        let shallRead = backlog.isEmpty && mayParse && !hasInputEnded
        if shallRead == isReadingPaused {
            isReadingPaused = !shallRead
            if shallRead { stream.resumeReading() } else { stream.pauseReading() }
            phaseStartMilliseconds = loop.nowMilliseconds
        }
        let reached = Phase(position: parser.position, requestsTaken: requestsTaken)
        if reached != phase {
            phase = reached
            phaseStartMilliseconds = loop.nowMilliseconds
        }
    }

    private func closeStream() {
        isClosing = true
        dropSlots()
        backlog = []
        stream.close()
    }

    private func dropSlots() {
        for slot in slots { budget.giveBack(slot.budgeted) }
        slots = []
    }

    /// Takes no further request, answers those that are due, then closes.
    func finish() {
        isFinishing = true
        if let webSocket { return webSocket.close(.goingAway, reason: "the server closes") }
        guard !isClosing else { return }
        hasInputEnded = true
        backlog = []
        settle()
    }

    // MARK: - Deadlines

    /// Cuts off a client that is too slow in sending a request or in taking replies, or idle for too long.
    func checkDeadlines(nowMilliseconds now: UInt64) {
        if let webSocket { return webSocket.checkDeadlines(nowMilliseconds: now) }
        guard !isClosing else { return }
        if stream.queuedBytes > 0 {
            let waited = now - min(now, stream.outputProgressMilliseconds)
            if waited > configuration.idleMilliseconds { return stream.abort() }
        }
        // A client that waits for us is not late, and neither is one whom we don't listen to.
        guard slots.isEmpty || phase.position != .betweenRequests, !isReadingPaused else { return }
        let waited = now - min(now, phaseStartMilliseconds)
        switch phase.position {
        case .betweenRequests:
            // Who has not said yet who it is can't hold a place for long.
            let isUnknown = requestsTaken == 0 && configuration.doorkeeper != nil
            let patience = isUnknown ? configuration.headMilliseconds : configuration.idleMilliseconds
            if waited > patience, stream.queuedBytes == 0 { closeStream() }
        case .head:
            if waited > configuration.headMilliseconds { refuse(HTTPFailure(408, "the header took too long")) }
        case .body:
            if waited > configuration.bodyMilliseconds { refuse(HTTPFailure(408, "the body took too long")) }
        }
    }
}
