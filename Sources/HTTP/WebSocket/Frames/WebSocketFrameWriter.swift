/// Writes frames; each message is one.
struct WebSocketFrameWriter {
    /// What draws masks; nil on the server's side, which sends without.
    private var masks: WebSocketMaskSource?

    init(_ role: WebSocketRole) { masks = role == .client ? WebSocketMaskSource() : nil }

    /// Whether a payload is sent as it is.
    var sendsPlain: Bool { masks == nil }

    mutating func append(_ opcode: WebSocketOpcode, _ payload: [UInt8], to output: inout [UInt8]) {
        let mask = appendHeader(opcode, payload.count, to: &output)
        let start = output.count
        output.append(contentsOf: payload)
        _ = WebSocketMask.apply(mask, to: &output, from: start)
    }

    /// - Returns: the mask, 0 if there is none.
    @discardableResult
    mutating func appendHeader(_ opcode: WebSocketOpcode, _ length: Int, to output: inout [UInt8]) -> UInt32 {
        let maskBit: UInt8 = masks == nil ? 0 : 0x80
        output.append(0x80 | opcode.rawValue)
        switch length {
        case ..<126: output.append(maskBit | UInt8(length))
        case ...0xFFFF:
            output.append(maskBit | 126)
            appendBigEndian(UInt64(length), bytes: 2, to: &output)
        default:
            output.append(maskBit | 127)
            appendBigEndian(UInt64(length), bytes: 8, to: &output)
        }
        guard let mask = masks?.next() else { return 0 }
        for shift in stride(from: UInt32(0), to: 32, by: 8) { output.append(UInt8(truncatingIfNeeded: mask >> shift)) }
        return mask
    }

    private func appendBigEndian(_ value: UInt64, bytes: Int, to output: inout [UInt8]) {
        for index in (0..<bytes).reversed() { output.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }
}

/// Draws the masks of a client's frames.
///
/// A mask keeps whoever chooses the payload, such as a page in a browser, from choosing the bytes on the wire, which
/// might confuse a proxy (RFC 6455, section 10.3). It must therefore not be predictable, not even from earlier masks,
/// which the server sees: they come from the system. One draw gives two, which makes it cheap beside a frame's sending.
struct WebSocketMaskSource {
    private var spare: UInt32?

    mutating func next() -> UInt32 {
        if let mask = spare {
            spare = nil
            return mask
        }
        let word = UInt64.random(in: .min ... .max)
        spare = UInt32(truncatingIfNeeded: word >> 32)
        return UInt32(truncatingIfNeeded: word)
    }
}
