/// Why bytes of a peer are not frames. The peer that sent them is at fault.
package enum FrameError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownKind(UInt8)
    case unknownFlags(UInt8)
    /// The kind is not allowed now, or not with these flags or this group.
    case notAllowed(FrameKind)
    case tooLong(FrameKind, bytes: Int, maximum: Int)
    /// A message says another length than it has, or one that is sent in another form.
    case wrongLength(FrameKind)
    /// A piece of a message that is not under way, or the beginning of one while another is.
    case outOfTurn(FrameKind)
    /// A compressed piece does not hold what it must.
    case notDecompressible

    package var description: String {
        switch self {
        case .unknownKind(let number): "there is no kind of frame \(number)"
        case .unknownFlags(let flags): "a frame has unknown flags (\(flags))"
        case .notAllowed(let kind): "a frame of the kind \(kind) is not allowed here or in this form"
        case .tooLong(let kind, let bytes, let maximum):
            "a frame of the kind \(kind) of \(bytes) bytes is above the limit of \(maximum)"
        case .wrongLength(let kind): "a message of the kind \(kind) has not the length that its form demands"
        case .outOfTurn(let kind): "a piece of a message of the kind \(kind) is out of its turn"
        case .notDecompressible: "a compressed piece can't be decompressed to the length that it must have"
        }
    }
}
