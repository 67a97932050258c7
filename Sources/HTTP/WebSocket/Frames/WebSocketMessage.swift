/// A whole message.
package enum WebSocketMessage: Hashable, Sendable {
    /// Well-formed UTF-8: the receiver has checked it, the sender vouches for it.
    case text([UInt8])
    case binary([UInt8])

    package static func text(_ string: String) -> WebSocketMessage { .text(Array(string.utf8)) }

    package var bytes: [UInt8] {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes
        }
    }

    var opcode: WebSocketOpcode {
        switch self {
        case .text: .text
        case .binary: .binary
        }
    }
}
