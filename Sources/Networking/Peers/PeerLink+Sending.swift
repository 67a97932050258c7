internal import Primitives

extension PeerLink {
    /// Queues a message. Consensus is never refused: where too much of it waits the link ends. On the loop's thread.
    package func send(_ messageClass: MessageClass, group: UInt32, _ bytes: [UInt8]) -> PeerSendOutcome {
        loop.preconditionIsCurrent()
        guard phase == .open else { return .notConnected }
        let waiting = scheduler.byteCount(of: messageClass)
        // One message always has room, however long it is.
        guard waiting == 0 || waiting + bytes.count <= options.waitingBytesMax(of: messageClass) else {
            guard messageClass != .consensus else {
                end(.queueFull(.consensus))
                return .notConnected
            }
            waitingClasses.insert(messageClass)
            return .full
        }
        scheduler.append(messageClass, group: group, bytes)
        flushLater()
        return .queued
    }

    package func drained() { flushInTurn() }

    func flushLater() {
        guard !isFlushScheduled, phase == .open, !(scheduler.isEmpty && control.isEmpty) else { return }
        isFlushScheduled = true
        loop.flushLater(self)
    }

    /// At the end of an event: gives the stream what it may hold, the most urgent first.
    func flush() {
        isFlushScheduled = false
        guard phase == .open, !stream.isAboveHighWater else { return }
        var bytes = control
        control = []
        let room = max(PeerLimits.highWaterBytes - stream.queuedBytes, 0)
        while bytes.count <= room {
            let before = bytes.count
            guard let messageClass = scheduler.appendNext(to: &bytes, compressor) else { break }
            counters.sent[messageClass.rawValue].frames += 1
            counters.sent[messageClass.rawValue].bytes += UInt64(bytes.count - before)
        }
        if !bytes.isEmpty { stream.send(bytes) }
        tellOfRoom()
        // Where the stream took less than its high-water mark it will not tell that it is drained.
        if !scheduler.isEmpty { flushInTurn() }
    }

    /// Goes on in the loop's next turn, so that a peer that takes much holds up nobody else.
    private func flushInTurn() {
        guard !isTurnPosted else { return }
        isTurnPosted = loop.post { [weak self] in
            self?.isTurnPosted = false
            self?.flushLater()
        }
    }

    private func tellOfRoom() {
        for messageClass in MessageClass.allCases where waitingClasses.contains(messageClass) {
            let most = options.waitingBytesMax(of: messageClass)
            guard scheduler.byteCount(of: messageClass) <= most / 2 else { continue }
            waitingClasses.remove(messageClass)
            owner?.writable(self, messageClass)
        }
    }

    // MARK: - Pings

    func ping(_ now: UInt64) {
        // A peer that has not answered the last one is given up by its silence.
        guard !isPingUnderWay, control.count < PeerLimits.waitingControlBytesMax else { return }
        pingMilliseconds = now
        isPingUnderWay = true
        control += OutgoingMessage.frames(.ping, now.canonicalBytes)
        flushLater()
    }

    func answerPing(_ payload: [UInt8]) {
        guard control.count < PeerLimits.waitingControlBytesMax else { return }
        control += OutgoingMessage.frames(.pong, payload)
        flushLater()
    }
}
