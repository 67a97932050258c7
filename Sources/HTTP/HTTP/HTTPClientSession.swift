internal import Networking

/// The client's side on the loop's thread: one connection, the requests on it and those that wait for it.
///
/// It is `@unchecked Sendable` because all that changes in it is used on the loop's thread only, which its entry points
/// check; the client gets there by `post`.
final class HTTPClientSession: @unchecked Sendable {
    private enum Link {
        case none
        case connecting(HTTPConnector)
        case open(HTTPClientLink)
    }

    private let loop: EventLoop
    private let endpoint: HTTPEndpoint
    private let configuration: HTTPClientConfiguration
    private var link = Link.none
    private var parser: HTTPResponseParser
    /// Sent, without a reply yet; the oldest first.
    private var sent = HTTPClientQueue()
    /// Not sent yet; the oldest first.
    private var waiting = HTTPClientQueue()
    /// Whether the connection has carried a reply: only then can it have been closed for being idle.
    private var hasCarriedReply = false
    private var isClosed = false
    private var timer: Timer?

    init(_ loop: EventLoop, _ endpoint: HTTPEndpoint, _ configuration: HTTPClientConfiguration) {
        self.loop = loop
        self.endpoint = endpoint
        self.configuration = configuration
        parser = HTTPResponseParser(bodyBytesMax: configuration.bodyBytesMax)
    }

    func send(_ new: HTTPClientRequest) {
        loop.preconditionIsCurrent()
        var request = new
        guard !isClosed else { return request.completion(.failure(.closed)) }
        guard sent.count + waiting.count < configuration.requestsMax else {
            return request.completion(.failure(.tooManyRequests(maximum: configuration.requestsMax)))
        }
        request.deadlineMilliseconds = loop.nowMilliseconds + configuration.timeoutMilliseconds
        waiting.append(request)
        watchDeadlines()
        sendWaiting()
    }

    func close() {
        loop.preconditionIsCurrent()
        isClosed = true
        dropLink()
        failAll(.closed)
        timer?.cancel()
        timer = nil
    }

    // MARK: - Sending

    private func sendWaiting() {
        switch link {
        case .none: if !waiting.isEmpty { connect() }
        case .connecting: break
        case .open(let open):
            let connection = open.connection
            while sent.count < configuration.pipelineDepthMax, !connection.isAboveHighWater,
                let request = waiting.popFirst()
            {
                connection.send(request.bytes)
                sent.append(request)
            }
        }
    }

    private func connect() {
        var options = configuration.stream
        options.connectMilliseconds = min(options.connectMilliseconds, configuration.timeoutMilliseconds)
        let connector = HTTPConnector(loop, endpoint, configuration.tls) { [self] result in
            switch result {
            case .success(let connection):
                let opened = HTTPClientLink(connection, of: self)
                link = .open(opened)
                parser = HTTPResponseParser(bodyBytesMax: configuration.bodyBytesMax)
                hasCarriedReply = false
                return opened
            case .failure(let error):
                link = .none
                failAll(connectionError(error))
                return nil
            }
        }
        connector.start(options)
        // A failure may have come at once.
        if connector.isUnderWay { link = .connecting(connector) }
    }

    private func connectionError(_ error: NetworkingError) -> HTTPClientError {
        switch error {
        case .connectionRefused: .connectionRefused(endpoint)
        case .timedOut(_, let milliseconds): .timedOut(endpoint, milliseconds: milliseconds)
        default: .notConnected(endpoint, error)
        }
    }

    // MARK: - Events of the present connection

    func isCurrent(_ candidate: HTTPClientLink) -> Bool {
        if case .open(let open) = link { open === candidate } else { false }
    }

    func mayCarryMore() { sendWaiting() }

    func received(_ bytes: Span<UInt8>) {
        var offset = 0
        do throws(HTTPFailure) {
            while offset < bytes.count, case .open = link {
                guard !sent.isEmpty else { throw HTTPFailure(0, "a reply came that was not asked for") }
                if let response = try parser.take(bytes, &offset) { complete(response) }
            }
        } catch {
            dropLink()
            let error = HTTPClientError.malformedReply(endpoint, reason: error.reason)
            sent.popFirst()?.completion(.failure(error))
            resendSent()
        }
        sendWaiting()
    }

    func peerFinished() {
        if let response = parser.takeEnd() { complete(response) }
        linkEnded()
    }

    private func complete(_ response: HTTPResponse) {
        hasCarriedReply = true
        sent.popFirst()?.completion(.success(response))
        guard !response.keepsAlive else { return }
        dropLink()
        // The server has said that it takes none of those behind: for them it was no attempt.
        waiting.prepend(sent.takeAll())
    }

    // MARK: - Losing the connection

    func linkEnded() {
        guard case .open = link else { return }
        let isMidReply = !parser.isBetweenReplies
        dropLink()
        // A reply that broke off in the middle shows that its request was taken: it is not sent again.
        if isMidReply { sent.popFirst()?.completion(.failure(.connectionLost(endpoint))) }
        resendSent()
        sendWaiting()
    }

    private func dropLink() {
        switch link {
        case .none: break
        case .connecting(let connector): connector.cancel()
        case .open(let open): open.connection.abort()
        }
        link = .none
    }

    /// Puts requests without a reply before those that wait, if their connection had worked and it is the first time.
    private func resendSent() {
        let lost = sent.takeAll()
        var again: [HTTPClientRequest] = []
        for request in lost {
            guard hasCarriedReply, !request.isSecondAttempt, !isClosed else {
                request.completion(.failure(.connectionLost(endpoint)))
                continue
            }
            var second = request
            second.isSecondAttempt = true
            again.append(second)
        }
        waiting.prepend(again)
    }

    private func failAll(_ error: HTTPClientError) {
        for request in sent.takeAll() + waiting.takeAll() { request.completion(.failure(error)) }
    }

    // MARK: - Deadlines

    private func watchDeadlines() {
        guard timer == nil else { return }
        guard let first = sent.first ?? waiting.first else { return }
        let now = loop.nowMilliseconds
        let wait = first.deadlineMilliseconds - min(now, first.deadlineMilliseconds)
        timer = loop.schedule(afterMilliseconds: wait + 1) { [self] in
            timer = nil
            failLate()
            watchDeadlines()
        }
    }

    /// All requests have the same time, so the oldest are late first.
    private func failLate() {
        let now = loop.nowMilliseconds
        let error = HTTPClientError.timedOut(endpoint, milliseconds: configuration.timeoutMilliseconds)
        if let oldest = sent.first, oldest.deadlineMilliseconds <= now {
            // The replies behind the missing one can't come on this connection any more.
            dropLink()
            while let late = sent.first, late.deadlineMilliseconds <= now {
                sent.popFirst()?.completion(.failure(error))
            }
            resendSent()
        }
        while let late = waiting.first, late.deadlineMilliseconds <= now {
            waiting.popFirst()?.completion(.failure(error))
        }
        sendWaiting()
    }
}
