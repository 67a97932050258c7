internal import Primitives

extension PeerLink {
    package func received(_ bytes: Span<UInt8>) {
        guard phase != .ended else { return }
        heardMilliseconds = loop.nowMilliseconds
        guard holdTimer == nil else { return backlog.append(span: bytes) }
        read(bytes)
    }

    private func read(_ bytes: Span<UInt8>) {
        var offset = 0
        do throws(FrameError) {
            while offset < bytes.count, phase != .ended {
                guard holdTimer == nil else { return backlog.append(span: bytes.extracting(offset...)) }
                guard let frame = try decoder.take(bytes, &offset) else { continue }
                take(frame)
            }
        } catch {
            end(phase == .handshaking ? .refused(.malformed(error.description)) : .malformed(error))
        }
    }

    private func take(_ frame: FrameDecoder.Frame) {
        guard phase == .open else { return handshake(frame) }
        let hold = meter.take(frame, nowMilliseconds: loop.nowMilliseconds)
        if hold > 0 { holdReading(forMilliseconds: hold) }
        guard let messageClass = frame.kind.messageClass else { return control(frame) }
        counters.received[messageClass.rawValue].frames += 1
        counters.received[messageClass.rawValue].bytes += UInt64(frame.wireBytes)
        guard let payload = frame.payload else { return }
        owner?.received(self, messageClass, group: frame.group, payload)
    }

    private func control(_ frame: FrameDecoder.Frame) {
        let payload = frame.payload ?? []
        switch frame.kind {
        case .ping: answerPing(payload)
        case .pong:
            guard isPingUnderWay, payload == pingMilliseconds.canonicalBytes else { return }
            isPingUnderWay = false
            counters.roundTripMilliseconds = loop.nowMilliseconds - min(loop.nowMilliseconds, pingMilliseconds)
        default:
            var decoder = CanonicalDecoder(payload)
            end(.farewell((try? decoder.decodeText()) ?? "without a reason that can be read"))
        }
    }

    static func farewell(_ end: PeerLinkEnd) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(text: end.description)
        return encoder.bytes
    }

    /// The peer has sent more than it may: it is held back by its own full buffers, and not cut off.
    private func holdReading(forMilliseconds milliseconds: UInt64) {
        guard holdTimer == nil else { return }
        counters.holds += 1
        stream.pauseReading()
        holdTimer = loop.schedule(afterMilliseconds: milliseconds) { [weak self] in self?.resume() }
    }

    private func resume() {
        holdTimer = nil
        guard phase == .open else { return }
        heardMilliseconds = loop.nowMilliseconds
        let bytes = backlog
        backlog = []
        read(bytes.span)
        if holdTimer == nil, phase == .open { stream.resumeReading() }
    }
}
