/// Reads the frames of one WebSocket and puts the messages together, however their bytes are split or joined.
///
/// It is strict, and needs no socket: arbitrary bytes give events or a failure, in memory bounded by its limits. After a
/// failure it is not used again; after a Close it takes what follows and gives nothing.
package struct WebSocketFrameReader: Sendable {
    package enum Event: Sendable, Hashable {
        case needsMore
        case message(WebSocketMessage)
        case ping([UInt8])
        case pong([UInt8])
        case close(WebSocketClose)
    }

    private struct Payload {
        let isFinal: Bool
        let opcode: WebSocketOpcode
        let length: Int
        var remaining: Int
        var mask: UInt32
    }

    private let limits: WebSocketMessageLimits
    private var header: WebSocketFrameHeaderReader
    private var payload: Payload?
    /// What the message that is being put together is; nil between messages.
    private var messageKind: WebSocketOpcode?
    private var message: [UInt8] = []
    private var fragments = 0
    private var control: [UInt8] = []
    private var hasEnded = false

    package init(_ role: WebSocketRole, limits: WebSocketMessageLimits = WebSocketMessageLimits()) {
        self.limits = limits
        header = WebSocketFrameHeaderReader(role)
    }

    /// How many bytes of an unfinished message are held.
    package var heldBytes: Int { message.count + control.count }

    /// Takes bytes from `offset` on, at most to the end of what it gives back.
    package mutating func take(_ input: Span<UInt8>, _ offset: inout Int) throws(WebSocketFailure) -> Event {
        while !hasEnded {
            if payload == nil {
                guard let next = try header.take(input, &offset) else { return .needsMore }
                try begin(next)
            }
            guard let done = takePayload(input, &offset) else { return .needsMore }
            if let event = try finish(done) { return event }
        }
        offset = input.count
        return .needsMore
    }

    // MARK: - One frame

    private mutating func begin(_ header: WebSocketFrameHeader) throws(WebSocketFailure) {
        switch header.opcode {
        case .close, .ping, .pong: break
        case .text, .binary:
            guard messageKind == nil else { throw .messageUnfinished }
            messageKind = header.opcode
            fragments = 0
            try admit(header)
        case .continuation:
            guard messageKind != nil else { throw .nothingToContinue }
            try admit(header)
        }
        payload = Payload(
            isFinal: header.isFinal, opcode: header.opcode, length: header.length, remaining: header.length,
            mask: header.mask)
    }

    /// Refuses a message that grows too long, before its bytes come.
    private mutating func admit(_ header: WebSocketFrameHeader) throws(WebSocketFailure) {
        fragments += 1
        guard fragments <= limits.fragmentsMax else { throw .tooManyFragments(limits.fragmentsMax) }
        let maximum = messageKind == .text ? limits.textBytesMax : limits.binaryBytesMax
        guard header.length <= maximum - message.count else { throw .messageTooLong(maximum) }
    }

    /// - Returns: the frame, if its payload is complete.
    private mutating func takePayload(_ input: Span<UInt8>, _ offset: inout Int) -> Payload? {
        guard var frame = payload else { return nil }
        let count = min(frame.remaining, input.count - offset)
        if count > 0 {
            let piece = input.extracting(offset..<offset + count)
            frame.mask =
                frame.opcode.isControl
                ? WebSocketFrameReader.append(piece, to: &control, frame)
                : WebSocketFrameReader.append(piece, to: &message, frame)
            offset += count
            frame.remaining -= count
        }
        payload = frame.remaining > 0 ? frame : nil
        return frame.remaining > 0 ? nil : frame
    }

    /// - Returns: the mask for the next byte.
    private static func append(_ piece: Span<UInt8>, to bytes: inout [UInt8], _ frame: Payload) -> UInt32 {
        let start = bytes.count
        let end = start + frame.remaining
        // Room for the whole frame at once, unless the peer has sent little of what it announces.
        if frame.remaining > piece.count, bytes.capacity < end {
            let deserved = (start + piece.count) * HTTPLimits.webSocketReserveFactor
            bytes.reserveCapacity(min(end, max(deserved, HTTPLimits.bodyCapacityReserved)))
        }
        bytes.append(span: piece)
        return WebSocketMask.apply(frame.mask, to: &bytes, from: start)
    }

    private mutating func finish(_ frame: Payload) throws(WebSocketFailure) -> Event? {
        switch frame.opcode {
        case .text, .binary, .continuation: return frame.isFinal ? try finishMessage() : nil
        case .ping: return .ping(takeControl())
        case .pong: return .pong(takeControl())
        case .close:
            let close = try WebSocketClose(payload: takeControl())
            hasEnded = true
            message = []
            return .close(close)
        }
    }

    private mutating func takeControl() -> [UInt8] {
        defer { control = [] }
        return control
    }

    private mutating func finishMessage() throws(WebSocketFailure) -> Event {
        let isText = messageKind == .text
        let bytes = message
        message = []
        messageKind = nil
        guard isText else { return .message(.binary(bytes)) }
        guard isUTF8(bytes.span) else { throw .malformedText }
        return .message(.text(bytes))
    }
}

/// How long messages may be.
package struct WebSocketMessageLimits: Sendable {
    package var textBytesMax = HTTPLimits.webSocketTextBytesMax
    package var binaryBytesMax = HTTPLimits.webSocketBinaryBytesMax
    package var fragmentsMax = HTTPLimits.webSocketFragmentsMax

    package init() {}
}
