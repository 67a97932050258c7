/// Why a WebSocket closes (RFC 6455, section 7.4, and the registry that it founded).
package struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let normal = WebSocketCloseCode(rawValue: 1000)
    /// A server that stops, or a page that is left.
    package static let goingAway = WebSocketCloseCode(rawValue: 1001)
    package static let protocolError = WebSocketCloseCode(rawValue: 1002)
    package static let unsupportedData = WebSocketCloseCode(rawValue: 1003)
    /// The peer's Close named no code. Never sent.
    package static let noStatus = WebSocketCloseCode(rawValue: 1005)
    /// The connection ended without a Close. Never sent.
    package static let abnormal = WebSocketCloseCode(rawValue: 1006)
    package static let malformedText = WebSocketCloseCode(rawValue: 1007)
    package static let policyViolation = WebSocketCloseCode(rawValue: 1008)
    package static let messageTooLong = WebSocketCloseCode(rawValue: 1009)
    package static let internalError = WebSocketCloseCode(rawValue: 1011)
    package static let tryAgainLater = WebSocketCloseCode(rawValue: 1013)

    /// Whether a Close may carry it: 1004 is reserved, 1005, 1006 and 1015 say what no frame has said.
    var isSendable: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    package var description: String { String(rawValue) }
}

/// What one side says when it closes.
package struct WebSocketClose: Hashable, Sendable {
    package let code: WebSocketCloseCode
    package let reason: String

    package init(_ code: WebSocketCloseCode, _ reason: String = "") {
        self.code = code
        self.reason = reason
    }

    /// The payload of the frame; a reason too long for it is cut between characters.
    var payload: [UInt8] {
        guard code != .noStatus else { return [] }
        precondition(code.isSendable, "this code is never sent")
        var kept = Substring(reason)
        while kept.utf8.count > HTTPLimits.webSocketCloseReasonBytesMax { kept.removeLast() }
        return [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)] + kept.utf8
    }

    /// Reads the payload of a Close (RFC 6455, section 5.5.1).
    init(payload: [UInt8]) throws(WebSocketFailure) {
        guard !payload.isEmpty else {
            self.init(.noStatus)
            return
        }
        guard payload.count >= 2 else { throw .malformedClose }
        let code = WebSocketCloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.isSendable else { throw .malformedClose }
        let text = payload.span.extracting(2...)
        guard isUTF8(text) else { throw .malformedText }
        self.init(code, String(decoding: payload[2...], as: UTF8.self))
    }
}

/// Why a peer's bytes are no WebSocket frames that we take: the code that we close with, and a reason for people.
package struct WebSocketFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: WebSocketCloseCode
    package let reason: String

    init(_ code: WebSocketCloseCode, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    package var description: String { "\(code): \(reason)" }

    static let reservedBits = WebSocketFailure(.protocolError, "a reserved bit is set, but no extension was agreed on")
    static let unknownOpcode = WebSocketFailure(.protocolError, "the opcode is reserved")
    static let malformedControl = WebSocketFailure(
        .protocolError, "a control frame is fragmented or longer than \(HTTPLimits.webSocketControlBytesMax) bytes")
    static let notMasked = WebSocketFailure(.protocolError, "a client's frame is not masked")
    static let masked = WebSocketFailure(.protocolError, "a server's frame is masked")
    static let malformedLength = WebSocketFailure(
        .protocolError, "a length is not in its shortest form, or beyond 63 bits")
    static let nothingToContinue = WebSocketFailure(.protocolError, "there is no message to continue")
    static let messageUnfinished = WebSocketFailure(.protocolError, "a message starts before the last one has ended")
    static let malformedClose = WebSocketFailure(.protocolError, "a Close has half a code, or one that is never sent")
    static let malformedText = WebSocketFailure(.malformedText, "a text is not UTF-8")
    static func messageTooLong(_ maximum: Int) -> WebSocketFailure {
        WebSocketFailure(.messageTooLong, "the message is longer than \(maximum) bytes")
    }
    static func tooManyFragments(_ maximum: Int) -> WebSocketFailure {
        WebSocketFailure(.policyViolation, "the message has more than \(maximum) fragments")
    }
}

func isUTF8(_ bytes: Span<UInt8>) -> Bool { (try? UTF8Span(validating: bytes)) != nil }
