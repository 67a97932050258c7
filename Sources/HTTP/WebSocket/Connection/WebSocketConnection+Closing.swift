extension WebSocketConnection {
    /// Says Close behind what was sent, takes nothing more, and closes when the peer has answered or its time is up.
    /// From any thread.
    package func close(_ code: WebSocketCloseCode = .normal, reason: String = "") {
        guard loop.isCurrent else {
            loop.post { self.close(code, reason: reason) }
            return
        }
        guard isOpen else { return }
        takePosted()
        // Sending what was posted may have closed it.
        guard isOpen else { return }
        let close = WebSocketClose(code, reason)
        phase = .closing(
            WebSocketClosure(code: code, reason: reason, side: .us), sinceMilliseconds: loop.nowMilliseconds)
        write(.close, close.payload)
        outbox.close()
        pauses = []
        resume()
    }

    /// Ends the connection at once, without a Close. On the loop's thread.
    package func abort() {
        loop.preconditionIsCurrent()
        finish(.lost("we broke the connection off"))
        stream.abort()
    }

    func peerCloses(_ close: WebSocketClose) {
        switch phase {
        case .open:
            write(.close, WebSocketClose(close.code).payload)
            end(WebSocketClosure(code: close.code, reason: close.reason, side: .peer))
        case .closing(let closure, _): end(closure)
        case .closed: break
        }
    }

    /// The peer's bytes are refused: says why, and ends.
    func fail(_ failure: WebSocketFailure) {
        switch phase {
        case .open:
            write(.close, WebSocketClose(failure.code, failure.reason).payload)
            end(WebSocketClosure(code: failure.code, reason: failure.reason, side: .us))
        case .closing(let closure, _): end(closure)
        case .closed: break
        }
    }

    /// Nothing more is taken or given: what was sent goes out, then the stream closes and lingers, so that the peer gets
    /// to read our last words.
    func end(_ closure: WebSocketClosure) {
        guard !isClosed else { return }
        flush()
        finish(closure)
        stream.close()
    }

    private func finish(_ closure: WebSocketClosure) {
        guard !isClosed else { return }
        phase = .closed
        settleBudget()
        backlog = []
        gathered = []
        outbox.close()
        let last = session
        session = nil
        last?.closed(closure)
    }

    // MARK: - Deadlines

    /// Asks a silent peer whether it is there, and ends with one that is not, or takes nothing, or does not close.
    func checkDeadlines(nowMilliseconds now: UInt64) {
        settleBudget()
        switch phase {
        case .closed: break
        case .closing(let closure, let since):
            if now - min(now, since) > configuration.closeMilliseconds { end(closure) }
        case .open:
            if stream.queuedBytes > 0,
                now - min(now, stream.outputProgressMilliseconds) > configuration.stallMilliseconds
            {
                return fail(WebSocketFailure(.policyViolation, "nothing of what waits was read for too long"))
            }
            checkSilence(now)
        }
    }

    private func checkSilence(_ now: UInt64) {
        guard !isReadingPaused else { return }
        if let pinged = pingedMilliseconds {
            guard now - min(now, pinged) > configuration.pongMilliseconds else { return }
            fail(WebSocketFailure(.policyViolation, "no answer to a Ping"))
        } else if now - min(now, heardMilliseconds) > configuration.pingMilliseconds {
            pingedMilliseconds = now
            write(.ping, [])
        }
    }
}
