/// What stands before a frame's body: ten bytes, numbers little-endian.
///
/// ```
/// 0       4      5       6       10
/// | bytes | kind | flags | group | body
/// ```
/// A message longer than `FrameLimits.pieceBytes` is cut into pieces of that size, the last one shorter, which come in
/// their order; frames of other kinds may come between. So one message of each kind is under way at most.
struct FrameHeader: Hashable {
    /// How a frame's body is to be read.
    struct Flags: OptionSet, Hashable {
        let rawValue: UInt8
        /// The body begins with the length of the whole message before compression. Set in the first frame of a message
        /// that has several, or is compressed.
        static let announced = Flags(rawValue: 1)
        /// A further piece of the message that is under way.
        static let continued = Flags(rawValue: 2)
        /// The piece is a Zstandard frame (RFC 8878).
        static let compressed = Flags(rawValue: 4)
        static let all: Flags = [.announced, .continued, .compressed]
    }

    static let byteCount = 10
    static let announcementByteCount = 4

    let bodyBytes: Int
    let kind: FrameKind
    let flags: Flags
    /// Zero for what the link itself says.
    let group: UInt32

    init(bodyBytes: Int, kind: FrameKind, flags: Flags, group: UInt32) {
        (self.bodyBytes, self.kind, self.flags, self.group) = (bodyBytes, kind, flags, group)
    }

    /// Reads a header, and refuses what no frame may have, whatever its body is.
    init(_ bytes: [UInt8]) throws(FrameError) {
        precondition(bytes.count == Self.byteCount)
        guard let kind = FrameKind(rawValue: bytes[4]) else { throw .unknownKind(bytes[4]) }
        let flags = Flags(rawValue: bytes[5])
        guard flags.isSubset(of: .all) else { throw .unknownFlags(bytes[5]) }
        self.init(
            bodyBytes: Int(littleEndian(bytes, at: 0)), kind: kind, flags: flags, group: littleEndian(bytes, at: 6))
        guard kind.messageClass != nil || flags.isEmpty && group == 0 else { throw .notAllowed(kind) }
        guard !flags.contains(.compressed) || kind == .bulk else { throw .notAllowed(kind) }
        guard !flags.isSuperset(of: [.announced, .continued]) else { throw .notAllowed(kind) }
        let most =
            min(kind.payloadBytesMax, FrameLimits.pieceBytes)
            + (flags.contains(.announced) ? Self.announcementByteCount : 0)
        guard bodyBytes <= most else { throw .tooLong(kind, bytes: bodyBytes, maximum: most) }
    }

    func append(to bytes: inout [UInt8]) {
        appendLittleEndian(UInt32(bodyBytes), to: &bytes)
        bytes.append(kind.rawValue)
        bytes.append(flags.rawValue)
        appendLittleEndian(group, to: &bytes)
    }
}

func littleEndian(_ bytes: [UInt8], at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
}

func appendLittleEndian(_ value: UInt32, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
}

extension [UInt8] {
    /// Appends the bytes of a span.
    @inline(__always)
    mutating func append(span: Span<UInt8>) { span.withUnsafeBufferPointer { append(contentsOf: $0) } }
}
