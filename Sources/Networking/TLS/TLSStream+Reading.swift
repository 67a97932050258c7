extension TLSStream {
    package func connected() { if phase == .handshaking { advanceHandshake() } }

    package func received(_ bytes: Span<UInt8>) {
        switch phase {
        case .handshaking:
            session.feed(bytes)
            advanceHandshake()
            // The first data may have come together with the end of the handshake.
            if phase == .handshaking { countHandshake(bytes.count) }
        case .open:
            session.feed(bytes)
            bytesWithoutData += bytes.count
            readAvailable()
        case .closing, .closed: break
        }
    }

    package func peerFinished() {
        guard !hasPeerFinished else { return }
        fail(.tls(.cutShort))
    }

    package func closed(_ error: NetworkingError?) {
        phase = .closed
        end(error)
    }

    package func pauseReading() {
        loop.preconditionIsCurrent()
        guard phase == .open else { return }
        isReadingPaused = true
        pauseLower()
    }

    package func resumeReading() {
        loop.preconditionIsCurrent()
        guard phase == .open, isReadingPaused else { return }
        isReadingPaused = false
        // What has come already is read after the present event, as its handler may be in the midst of another read.
        flushLater()
    }

    /// Hands on all that has come, unless the handler pauses.
    func readAvailable() {
        while phase == .open, !isReadingPaused, !hasPeerFinished {
            do throws(TLSFailure) {
                let (count, reading) = try session.read()
                emit()
                try hand(on: count)
                switch reading {
                case .full: continue
                case .finished: finishReading()
                case .needsMore: break
                }
                break
            } catch {
                return fail(.tls(error))
            }
        }
        if phase == .open, !isReadingPaused, isLowerPaused {
            isLowerPaused = false
            lower.resumeReading()
        }
    }

    private func hand(on count: Int) throws(TLSFailure) {
        guard count > 0 else {
            guard bytesWithoutData <= TLSLimits.bytesWithoutDataMax else { throw .noData(bytes: bytesWithoutData) }
            return
        }
        bytesWithoutData = 0
        session.withReadBytes(count) { handler?.received($0) }
    }

    private func finishReading() {
        guard phase == .open, !isReadingPaused else { return }
        hasPeerFinished = true
        handler?.peerFinished()
    }

    private func pauseLower() {
        guard !isLowerPaused else { return }
        isLowerPaused = true
        lower.pauseReading()
    }
}
