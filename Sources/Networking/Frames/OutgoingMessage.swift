/// A message on its way out, piece by piece.
struct OutgoingMessage {
    let kind: FrameKind
    let group: UInt32
    let payload: [UInt8]
    /// How much of it is in frames.
    private(set) var sentBytes = 0
    private(set) var isFinished = false
    private var compresses: Bool

    /// Demands a payload that is not longer than the kind's may be.
    init(_ kind: FrameKind, group: UInt32 = 0, _ payload: [UInt8]) {
        precondition(payload.count <= kind.payloadBytesMax, "a message of the kind \(kind) is too long")
        (self.kind, self.group, self.payload) = (kind, group, payload)
        compresses = kind == .bulk && payload.count >= FrameLimits.compressedBytesMin
    }

    /// Whether the next frame begins the message.
    var isAtStart: Bool { sentBytes == 0 }

    /// Appends the frame of the next piece. Gives back how many bytes of the payload it took.
    mutating func appendPiece(to bytes: inout [UInt8], _ compressor: FrameCompressor?) -> Int {
        let end = min(sentBytes + FrameLimits.pieceBytes, payload.count)
        let piece = payload[sentBytes..<end]
        let compressed = compresses ? compressor?.compress(piece) : nil
        // What does not get shorter at one place will hardly do so further on.
        if compressed == nil { compresses = false }
        let body = compressed ?? piece
        var flags: FrameHeader.Flags = compressed == nil ? [] : .compressed
        if sentBytes > 0 { flags.insert(.continued) }
        let isAnnounced = sentBytes == 0 && (payload.count > FrameLimits.pieceBytes || compressed != nil)
        if isAnnounced { flags.insert(.announced) }
        let bodyBytes = body.count + (isAnnounced ? FrameHeader.announcementByteCount : 0)
        FrameHeader(bodyBytes: bodyBytes, kind: kind, flags: flags, group: group).append(to: &bytes)
        if isAnnounced { appendLittleEndian(UInt32(payload.count), to: &bytes) }
        bytes.append(contentsOf: body)
        sentBytes = end
        isFinished = end == payload.count
        return piece.count
    }

    /// All frames of a message, without compression.
    static func frames(_ kind: FrameKind, group: UInt32 = 0, _ payload: [UInt8]) -> [UInt8] {
        var message = OutgoingMessage(kind, group: group, payload)
        var bytes: [UInt8] = []
        repeat { _ = message.appendPiece(to: &bytes, nil) } while !message.isFinished
        return bytes
    }
}
