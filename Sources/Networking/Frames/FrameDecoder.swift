/// Reads frames from bytes that come in any pieces, and puts messages together.
///
/// A value: the same bytes give the same frames, however they are cut. It holds one frame and one message of each class
/// at most, and reserves nothing on the word of the other end.
package struct FrameDecoder: Sendable {
    /// What a frame gave.
    package struct Frame: Hashable, Sendable {
        package let kind: FrameKind
        package let group: UInt32
        /// How many bytes it took on the wire, and how many it holds after decompression: the larger counts.
        package let wireBytes: Int
        package let plainBytes: Int
        /// The whole message; nil if more of its pieces follow.
        package let payload: [UInt8]?
    }

    /// A message of which some pieces have come.
    private struct Message {
        let group: UInt32
        let byteCount: Int
        var bytes: [UInt8]
    }

    /// Whether the handshake is over: before, only its frames are taken, and later none of them.
    package var isAdmitted = false
    private var headerBytes: [UInt8] = []
    private var header: FrameHeader?
    private var body: [UInt8] = []
    private var consensus, dissemination, bulk: Message?
    private let decompressor = FrameDecompressor()

    package init() {}

    /// How many bytes it holds of what has come.
    package var heldBytes: Int {
        headerBytes.count + body.count + (consensus?.bytes.count ?? 0) + (dissemination?.bytes.count ?? 0)
            + (bulk?.bytes.count ?? 0)
    }

    /// Takes bytes from `offset` on, up to the end of the next frame, which it gives back; nil if there is no end yet.
    package mutating func take(_ bytes: Span<UInt8>, _ offset: inout Int) throws(FrameError) -> Frame? {
        guard try takeHeader(bytes, &offset), let header else { return nil }
        let count = min(header.bodyBytes - body.count, bytes.count - offset)
        body.append(span: bytes.extracting(offset..<offset + count))
        offset += count
        guard body.count == header.bodyBytes else { return nil }
        let whole = body
        body = []
        self.header = nil
        return try finish(header, whole)
    }

    private mutating func takeHeader(_ bytes: Span<UInt8>, _ offset: inout Int) throws(FrameError) -> Bool {
        guard header == nil else { return true }
        let count = min(FrameHeader.byteCount - headerBytes.count, bytes.count - offset)
        headerBytes.append(span: bytes.extracting(offset..<offset + count))
        offset += count
        guard headerBytes.count == FrameHeader.byteCount else { return false }
        let header = try FrameHeader(headerBytes)
        headerBytes.removeAll(keepingCapacity: true)
        guard header.kind.isOfHandshake != isAdmitted else { throw .notAllowed(header.kind) }
        self.header = header
        return true
    }

    private mutating func finish(_ header: FrameHeader, _ body: [UInt8]) throws(FrameError) -> Frame {
        guard let messageClass = header.kind.messageClass else {
            return frame(header, plainBytes: body.count, payload: body)
        }
        if header.flags.isEmpty {
            guard message(messageClass) == nil else { throw .outOfTurn(header.kind) }
            return frame(header, plainBytes: body.count, payload: body)
        }
        var message = try takeMessage(messageClass, header, body)
        let missing = message.byteCount - message.bytes.count
        let piece = try plain(header, body, byteCount: min(missing, FrameLimits.pieceBytes))
        message.bytes.append(contentsOf: piece)
        let isWhole = message.bytes.count == message.byteCount
        if !isWhole { keep(message, messageClass) }
        return frame(header, plainBytes: piece.count, payload: isWhole ? message.bytes : nil)
    }

    /// The message that a piece belongs to: the one under way, or a new one.
    private mutating func takeMessage(
        _ messageClass: MessageClass, _ header: FrameHeader, _ body: [UInt8]
    ) throws(FrameError) -> Message {
        let underWay = message(messageClass)
        keep(nil, messageClass)
        guard header.flags.contains(.announced) else {
            guard header.flags.contains(.continued), let underWay, underWay.group == header.group else {
                throw .outOfTurn(header.kind)
            }
            return underWay
        }
        guard underWay == nil else { throw .outOfTurn(header.kind) }
        guard body.count >= FrameHeader.announcementByteCount else { throw .wrongLength(header.kind) }
        let byteCount = Int(littleEndian(body, at: 0))
        guard byteCount <= header.kind.payloadBytesMax else {
            throw .tooLong(header.kind, bytes: byteCount, maximum: header.kind.payloadBytesMax)
        }
        // What fits into one frame is announced only for its decompression.
        guard byteCount > FrameLimits.pieceBytes || header.flags.contains(.compressed) else {
            throw .wrongLength(header.kind)
        }
        return Message(group: header.group, byteCount: byteCount, bytes: [])
    }

    /// The bytes of a piece, which has so many before compression.
    private func plain(_ header: FrameHeader, _ body: [UInt8], byteCount: Int) throws(FrameError) -> [UInt8] {
        let start = header.flags.contains(.announced) ? FrameHeader.announcementByteCount : 0
        let piece = body[start...]
        guard header.flags.contains(.compressed) else {
            guard piece.count == byteCount else { throw .wrongLength(header.kind) }
            return Array(piece)
        }
        guard piece.count < byteCount else { throw .wrongLength(header.kind) }
        guard let plain = decompressor.decompress(piece, byteCount: byteCount) else { throw .notDecompressible }
        return plain
    }

    private func frame(_ header: FrameHeader, plainBytes: Int, payload: [UInt8]?) -> Frame {
        Frame(
            kind: header.kind, group: header.group, wireBytes: FrameHeader.byteCount + header.bodyBytes,
            plainBytes: plainBytes, payload: payload)
    }

    private func message(_ messageClass: MessageClass) -> Message? {
        switch messageClass {
        case .consensus: consensus
        case .dissemination: dissemination
        case .bulk: bulk
        }
    }

    private mutating func keep(_ message: Message?, _ messageClass: MessageClass) {
        switch messageClass {
        case .consensus: consensus = message
        case .dissemination: dissemination = message
        case .bulk: bulk = message
        }
    }
}
