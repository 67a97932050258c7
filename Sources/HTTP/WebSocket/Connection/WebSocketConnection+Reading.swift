extension WebSocketConnection {
    /// Stops reading until `resumeReading` with the same reason; the peer is then held back by its own full buffers.
    /// On the loop's thread.
    package func pauseReading(for reason: WebSocketPause = .application) {
        loop.preconditionIsCurrent()
        guard isOpen else { return }
        pauses.insert(reason)
        settle()
    }

    /// On the loop's thread; messages may come before it returns.
    package func resumeReading(for reason: WebSocketPause = .application) {
        loop.preconditionIsCurrent()
        guard pauses.contains(reason) else { return }
        pauses.remove(reason)
        resume()
    }

    /// Whether a further frame may be taken: one may have to be answered.
    var mayRead: Bool { !isClosed && pauses.isEmpty && !stream.isAboveHighWater }

    func parse(_ bytes: Span<UInt8>) {
        isParsing = true
        gather {
            var offset = 0
            do throws(WebSocketFailure) {
                while offset < bytes.count, mayRead { handle(try reader.take(bytes, &offset)) }
                if offset < bytes.count, !isClosed { backlog.append(span: bytes.extracting(offset...)) }
            } catch {
                fail(error)
            }
        }
        isParsing = false
    }

    private func handle(_ event: WebSocketFrameReader.Event) {
        switch event {
        case .needsMore, .pong: break
        case .ping(let payload): if isOpen { write(.pong, payload) }
        case .close(let close): peerCloses(close)
        case .message(let message):
            // Who has said Close wants no more.
            guard isOpen else { return }
            switch message {
            case .text(let bytes): session?.received(text: bytes)
            case .binary(let bytes): session?.received(binary: bytes)
            }
        }
    }

    /// Reads on if there is no reason any more to wait.
    func resume() {
        guard !isParsing, !isClosed else { return }
        if !backlog.isEmpty, mayRead {
            let bytes = backlog
            backlog = []
            parse(bytes.span)
        }
        settle()
    }

    /// Has the stream read only what is taken.
    func settle() {
        guard !isParsing, !isClosed else { return }
        let shallRead = backlog.isEmpty && mayRead
        guard shallRead == isReadingPaused else { return }
        isReadingPaused = !shallRead
        if shallRead { stream.resumeReading() } else { stream.pauseReading() }
        // Whom we did not listen to was not silent.
        heardMilliseconds = loop.nowMilliseconds
        pingedMilliseconds = nil
    }
}
