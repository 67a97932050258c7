internal import HTTP

extension FuzzTarget {
    /// The first byte is the role and how the rest is cut.
    static let webSocket = FuzzTarget("web-socket", seeds: { seedsOfFrames }) { bytes throws(FuzzFailure) in
        let (first, input) = (bytes.first ?? 0, Array(bytes.dropFirst()))
        let role: WebSocketRole = first & 1 == 0 ? .server : .client
        let whole = try frames([input[...]], role, first)
        let cut = try frames(FuzzInput.pieces(of: input, seed: first), role, first)
        try demand(whole == cut, "events depend on how bytes are cut: \(whole) and \(cut)")
    }

    private static func frames(
        _ pieces: [ArraySlice<UInt8>], _ role: WebSocketRole, _ first: UInt8
    ) throws(FuzzFailure) -> [String] {
        var limits = WebSocketMessageLimits()
        if first & 2 != 0 { (limits.textBytesMax, limits.binaryBytesMax, limits.fragmentsMax) = (64, 80, 3) }
        var reader = WebSocketFrameReader(role, limits: limits)
        var events: [String] = []
        for piece in pieces {
            let bytes = Array(piece)
            var offset = 0
            while offset < bytes.count {
                do throws(WebSocketFailure) {
                    let event = try reader.take(bytes.span, &offset)
                    if event != .needsMore { events.append("\(event)") }
                } catch { return events + ["\(error)"] }
            }
            let heldMax = max(limits.textBytesMax, limits.binaryBytesMax) + 125
            try demand(reader.heldBytes <= heldMax, "\(reader.heldBytes) bytes are held")
        }
        return events
    }

    private static var seedsOfFrames: [[UInt8]] {
        let masked: [UInt8] = [0x81, 0x83, 1, 2, 3, 4, 0x60, 0x60, 0x60, 0x89, 0x80, 0, 0, 0, 0]
        let fragments: [UInt8] = [0x02, 0x82, 0, 0, 0, 0, 1, 2, 0x80, 0x81, 0, 0, 0, 0, 3]
        let close: [UInt8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8]
        let long: [UInt8] = [0x82, 126, 0, 200] + [UInt8](repeating: 5, count: 200)
        return [[0] + masked + fragments + close, [2] + fragments, [1] + long, [1, 0x8A, 1, 65, 0x81, 2, 0xC3, 0xA9]]
    }
}
