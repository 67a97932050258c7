/// What waits to be sent to one peer: a queue for each class, and which frame is next.
///
/// Consensus comes first. Of `FrameLimits.urgentPiecesInTurnMax` pieces one may be of what is less urgent, so that
/// nothing starves; dissemination gets `FrameLimits.disseminationPiecesInTurn` pieces for each of bulk. A value, without
/// a clock.
package struct FrameScheduler {
    private struct Queue {
        /// Invariant: `first <= messages.count`; those before are sent.
        var messages: [OutgoingMessage] = []
        var first = 0
        /// How many bytes of payload are not in frames yet.
        var byteCount = 0

        var isEmpty: Bool { first == messages.count }

        mutating func dropFirst() {
            first += 1
            guard first == messages.count || first >= 1024 && first * 2 >= messages.count else { return }
            messages.removeFirst(first)
            first = 0
        }
    }

    private var consensus = Queue()
    private var dissemination = Queue()
    private var bulk = Queue()
    private var urgentPiecesInTurn = 0
    private var disseminationPiecesInTurn = 0

    package init() {}

    package var isEmpty: Bool { consensus.isEmpty && dissemination.isEmpty && bulk.isEmpty }

    /// How many bytes of a class wait.
    package func byteCount(of messageClass: MessageClass) -> Int {
        switch messageClass {
        case .consensus: consensus.byteCount
        case .dissemination: dissemination.byteCount
        case .bulk: bulk.byteCount
        }
    }

    mutating func append(_ messageClass: MessageClass, group: UInt32, _ payload: [UInt8]) {
        let message = OutgoingMessage(messageClass.kind, group: group, payload)
        // A message without bytes takes memory too.
        change(messageClass) { queue in
            queue.messages.append(message)
            queue.byteCount += payload.count + FrameHeader.byteCount
        }
    }

    /// Appends the next frame. Gives back its class; nil if nothing waits.
    mutating func appendNext(to bytes: inout [UInt8], _ compressor: FrameCompressor?) -> MessageClass? {
        guard let next = nextClass() else { return nil }
        note(next)
        change(next) { queue in
            let taken = queue.messages[queue.first].appendPiece(to: &bytes, compressor)
            queue.byteCount -= taken
            guard queue.messages[queue.first].isFinished else { return }
            queue.byteCount -= FrameHeader.byteCount
            queue.dropFirst()
        }
        return next
    }

    private func nextClass() -> MessageClass? {
        let isOthersTurn = urgentPiecesInTurn >= FrameLimits.urgentPiecesInTurnMax
        if !consensus.isEmpty, !isOthersTurn || dissemination.isEmpty && bulk.isEmpty { return .consensus }
        let isBulksTurn = disseminationPiecesInTurn >= FrameLimits.disseminationPiecesInTurn
        if !dissemination.isEmpty, !isBulksTurn || bulk.isEmpty { return .dissemination }
        return bulk.isEmpty ? nil : .bulk
    }

    private mutating func note(_ sent: MessageClass) {
        switch sent {
        case .consensus: urgentPiecesInTurn += 1
        case .dissemination: (urgentPiecesInTurn, disseminationPiecesInTurn) = (0, disseminationPiecesInTurn + 1)
        case .bulk: (urgentPiecesInTurn, disseminationPiecesInTurn) = (0, 0)
        }
    }

    private mutating func change(_ messageClass: MessageClass, _ body: (inout Queue) -> Void) {
        switch messageClass {
        case .consensus: body(&consensus)
        case .dissemination: body(&dissemination)
        case .bulk: body(&bulk)
        }
    }
}
