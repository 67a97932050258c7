internal import CUV

extension Connection: OutputFlusher {
    package var queuedBytes: Int { output.count - outputStart + bytesInFlight }

    package var isAboveHighWater: Bool { queuedBytes > options.highWaterBytes }

    package func send(_ bytes: [UInt8]) {
        loop.preconditionIsCurrent()
        guard phase == .open else { return }
        guard queuedBytes + bytes.count <= options.queuedBytesMax else {
            return fail(.outputQueueFull(bytes: queuedBytes))
        }
        if queuedBytes == 0 { outputProgressMilliseconds = loop.nowMilliseconds }
        output.append(contentsOf: bytes)
        if isAboveHighWater { owesDrained = true }
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.flushLater(self)
    }

    /// Writes what waits, as far as the socket takes it; libuv takes on the rest, piece by piece.
    func flush() {
        isFlushScheduled = false
        guard phase == .open || phase == .flushing, bytesInFlight == 0 else { return }
        if outputStart < output.count {
            let written = tryWriting()
            if written < 0, written != UV_EAGAIN.rawValue { return fail(.connecting(to: peer, code: written)) }
            outputStart += Int(max(written, 0))
            if written > 0 { outputProgressMilliseconds = loop.nowMilliseconds }
        }
        guard outputStart == output.count else { return writeNextPiece() }
        output.removeAll(keepingCapacity: output.capacity <= NetworkingLimits.outputCapacityKept)
        outputStart = 0
        if phase == .flushing { startLingering() } else { noteDrained() }
    }

    /// - Returns: how many bytes the socket took at once, or libuv's error.
    private func tryWriting() -> Int32 {
        output.withUnsafeBytes { bytes in
            let rest = bytes[outputStart...].prefix(Int(Int32.max))
            let base = UnsafeMutableRawPointer(mutating: UnsafeRawBufferPointer(rebasing: rest).baseAddress)
            // libuv only reads what it writes to a socket, and has finished when it returns.
            var buffer = uv_buf_init(base?.assumingMemoryBound(to: CChar.self), UInt32(rest.count))
            return uv_try_write(stream, &buffer, 1)
        }
    }

    private func writeNextPiece() {
        let end = min(outputStart + NetworkingLimits.writeBytesMax, output.count)
        let piece = WritePiece(output[outputStart..<end], of: self)
        bytesInFlight = end - outputStart
        outputStart = end
        if outputStart > output.count / 2 {
            output.removeFirst(outputStart)
            outputStart = 0
        }
        let code = piece.start()
        if code != 0 { fail(.connecting(to: peer, code: code)) }
    }

    /// A piece has been written, or has failed.
    func pieceWritten(_ code: Int32) {
        bytesInFlight = 0
        guard phase == .open || phase == .flushing else { return }
        guard code == 0 else { return fail(.connecting(to: peer, code: code)) }
        outputProgressMilliseconds = loop.nowMilliseconds
        if phase == .flushing { limitClosing(to: options.flushMilliseconds) }
        noteDrained()
        flush()
    }

    private func noteDrained() {
        guard owesDrained, phase == .open, queuedBytes < options.highWaterBytes / 2 else { return }
        owesDrained = false
        handler?.drained()
    }
}

/// One write that libuv does in its own time: the bytes, at an address that stays, until it calls back.
private final class WritePiece {
    private let connection: Connection
    private let request: UnsafeMutablePointer<uv_write_t>
    private let bytes: UnsafeMutableBufferPointer<CChar>

    init(_ piece: ArraySlice<UInt8>, of connection: Connection) {
        self.connection = connection
        request = .allocate(capacity: 1)
        bytes = .allocate(capacity: piece.count)
        _ = bytes.initialize(from: piece.lazy.map(CChar.init(bitPattern:)))
    }

    deinit {
        bytes.deallocate()
        request.deallocate()
    }

    func start() -> Int32 {
        // Given back by the callback, or below if there will be none.
        let reference = Unmanaged.passRetained(self)
        request.pointee.data = reference.toOpaque()
        var buffer = uv_buf_init(bytes.baseAddress, UInt32(bytes.count))
        let code = uv_write(request, connection.stream, &buffer, 1) { request, status in
            guard let data = request?.pointee.data else { return }
            let piece = Unmanaged<WritePiece>.fromOpaque(data).takeRetainedValue()
            piece.connection.pieceWritten(status)
        }
        if code != 0 { reference.release() }
        return code
    }
}
