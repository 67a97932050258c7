extension TLSStream: OutputFlusher {
    package var peer: SocketAddress { lower.peer }
    package var queuedBytes: Int { waiting.count + lower.queuedBytes }
    package var isAboveHighWater: Bool { lower.isAboveHighWater }
    package var outputProgressMilliseconds: UInt64 { lower.outputProgressMilliseconds }

    package func send(_ bytes: [UInt8]) {
        loop.preconditionIsCurrent()
        guard phase == .open else { return }
        waiting.append(contentsOf: bytes)
        if waiting.count >= TLSLimits.encryptedTogetherBytes { encrypt() } else { flushLater() }
    }

    package func close() {
        loop.preconditionIsCurrent()
        guard phase == .open || phase == .handshaking else { return }
        if phase == .open {
            encrypt()
            session.shutDown()
            emit()
        }
        // Encrypting may have failed, and then all is over.
        guard phase != .closing else { return }
        phase = .closing
        lower.close()
    }

    package func abort() {
        loop.preconditionIsCurrent()
        lower.abort()
    }

    package func drained() { handler?.drained() }

    func flushLater() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.flushLater(self)
    }

    /// At the end of an event: encrypts what waits, and reads on if reading was resumed.
    func flush() {
        isFlushScheduled = false
        guard phase == .open else { return }
        encrypt()
        if isLowerPaused { readAvailable() }
    }

    private func encrypt() {
        guard !waiting.isEmpty else { return }
        let bytes = waiting
        waiting.removeAll(keepingCapacity: waiting.count <= TLSLimits.encryptedTogetherBytes * 2)
        do throws(TLSFailure) {
            try session.write(bytes)
            emit()
        } catch {
            fail(.tls(error))
        }
    }
}
