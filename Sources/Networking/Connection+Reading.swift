internal import CUV

extension Connection {
    package func pauseReading() {
        loop.preconditionIsCurrent()
        guard phase == .open else { return }
        isReadingPaused = true
        stopReading()
    }

    package func resumeReading() {
        loop.preconditionIsCurrent()
        guard phase == .open, isReadingPaused else { return }
        isReadingPaused = false
        if !hasPeerFinished { startReading() }
    }

    func startReading() {
        guard !isReading else { return }
        isReading = true
        let code = uv_read_start(
            stream,
            { handle, _, buffer in
                // libuv fills the loop's one buffer and hands it to the next callback before it asks again.
                guard let buffer, let connection = LoopHandle.owner(Connection.self, of: handle) else { return }
                let memory = connection.loop.readBuffer
                buffer.pointee = uv_buf_init(memory.bindMemory(to: CChar.self).baseAddress, UInt32(memory.count))
            },
            { handle, count, _ in LoopHandle.owner(Connection.self, of: handle)?.read(count) })
        if code != 0 { fail(.system("reading from \(peer)", code: code)) }
    }

    private func stopReading() {
        guard isReading else { return }
        isReading = false
        uv_read_stop(stream)
    }

    private func read(_ count: Int) {
        if count > 0 {
            guard phase == .open else { return }  // What comes while we close is discarded.
            // The buffer outlives the call, and a span can't outlive it either.
            let bytes = UnsafeRawBufferPointer(rebasing: loop.readBuffer[0..<count]).bindMemory(to: UInt8.self)
            handler?.received(bytes.span)
        } else if count == Int(UV_EOF.rawValue) {
            readEnd()
        } else if count < 0 {
            fail(.connecting(to: peer, code: Int32(count)))
        }
    }

    private func readEnd() {
        stopReading()
        hasPeerFinished = true
        switch phase {
        case .open: handler?.peerFinished()
        case .lingering: finish()
        case .connecting, .flushing, .closed: break
        }
    }
}
