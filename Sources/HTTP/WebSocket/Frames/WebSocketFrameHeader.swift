/// What a frame is (RFC 6455, section 5.2).
enum WebSocketOpcode: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    var isControl: Bool { rawValue >= 8 }
}

/// Which end of the connection we are.
package enum WebSocketRole: Sendable { case server, client }

/// The header of a frame.
struct WebSocketFrameHeader {
    let isFinal: Bool
    let opcode: WebSocketOpcode
    /// Invariant: of a control frame at most `HTTPLimits.webSocketControlBytesMax`.
    let length: Int
    /// As `WebSocketMask` wants it; 0 changes nothing.
    let mask: UInt32
}

/// Reads the header of a frame, however its bytes are split; refuses it at the first byte that shows it to be wrong.
struct WebSocketFrameHeaderReader: Sendable {
    private let role: WebSocketRole
    private var bytes: InlineArray<14, UInt8> = .init(repeating: 0)
    private var count = 0
    /// How many bytes the header has, as far as it is known.
    private var needed = 2

    init(_ role: WebSocketRole) { self.role = role }

    var isEmpty: Bool { count == 0 }

    /// Takes bytes from `offset` on, at most to the end of the header, which it gives back when it is complete.
    mutating func take(_ input: Span<UInt8>, _ offset: inout Int) throws(WebSocketFailure) -> WebSocketFrameHeader? {
        while offset < input.count {
            bytes[count] = input[offset]
            count += 1
            offset += 1
            if count == 1 { try checkFirstByte() }
            if count == 2 { try checkSecondByte() }
            if count == needed, count >= 2 { return try finish() }
        }
        return nil
    }

    private var isMasked: Bool { bytes[1] & 0x80 != 0 }
    private var shortLength: Int { Int(bytes[1] & 0x7F) }
    private var lengthBytes: Int { shortLength < 126 ? 0 : shortLength == 126 ? 2 : 8 }

    private func checkFirstByte() throws(WebSocketFailure) {
        guard bytes[0] & 0x70 == 0 else { throw .reservedBits }
        guard let opcode = WebSocketOpcode(rawValue: bytes[0] & 0x0F) else { throw .unknownOpcode }
        guard !opcode.isControl || bytes[0] & 0x80 != 0 else { throw .malformedControl }
    }

    private mutating func checkSecondByte() throws(WebSocketFailure) {
        switch role {
        case .server: guard isMasked else { throw .notMasked }
        case .client: guard !isMasked else { throw .masked }
        }
        let isControl = bytes[0] & 0x08 != 0
        guard !isControl || shortLength <= HTTPLimits.webSocketControlBytesMax else { throw .malformedControl }
        needed = 2 + lengthBytes + (isMasked ? 4 : 0)
    }

    private mutating func finish() throws(WebSocketFailure) -> WebSocketFrameHeader {
        guard let opcode = WebSocketOpcode(rawValue: bytes[0] & 0x0F) else { throw .unknownOpcode }
        var mask: UInt32 = 0
        if isMasked { for index in 0..<4 { mask |= UInt32(bytes[needed - 4 + index]) << UInt32(8 * index) } }
        let header = WebSocketFrameHeader(
            isFinal: bytes[0] & 0x80 != 0, opcode: opcode, length: try length(), mask: mask)
        count = 0
        needed = 2
        return header
    }

    /// The length, which must be in its shortest form.
    private func length() throws(WebSocketFailure) -> Int {
        var value: UInt64 = 0
        for index in 0..<lengthBytes { value = value << 8 | UInt64(bytes[2 + index]) }
        switch lengthBytes {
        case 0: return shortLength
        case 2: guard value >= 126 else { throw .malformedLength }
        default: guard value > 0xFFFF else { throw .malformedLength }
        }
        guard let length = Int(exactly: value) else { throw .malformedLength }
        return length
    }
}
