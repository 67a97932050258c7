internal import Primitives

/// Reads the body of a message as its framing says, up to a limit.
struct HTTPBodyReader {
    private enum State {
        case length(remaining: Int)
        case untilClose
        /// The line with a chunk's size; how much of it has come, and how many digits.
        case chunkSize(size: Int, lineBytes: Int, hasDigits: Bool)
        case chunkExtension(size: Int, lineBytes: Int)
        case chunkSizeEnd(size: Int)
        case chunkData(remaining: Int)
        case chunkDataEnd(isFirstByte: Bool)
        case trailers
        case done
    }

    private var state: State
    private let bytesMax: Int
    private var extensionBytes = 0
    private var trailers = HTTPLineCollector(bytesMax: HTTPLimits.trailerBytesMax, hasStartLine: false)
    private(set) var body: [UInt8] = []

    /// - Parameter untilClose: whether a body without a stated end lasts as long as the connection; else it is empty.
    init(_ framing: HTTPFraming, bytesMax: Int, untilClose: Bool = false) throws(HTTPFailure) {
        self.bytesMax = bytesMax
        switch framing {
        case .unstated: state = untilClose ? .untilClose : .done
        case .length(let length):
            guard length <= bytesMax else { throw .bodyTooLong(bytesMax) }
            state = length == 0 ? .done : .length(remaining: length)
            body.reserveCapacity(min(length, HTTPLimits.bodyCapacityReserved))
        case .chunked: state = HTTPBodyReader.nextChunk
        }
    }

    private static let nextChunk = State.chunkSize(size: 0, lineBytes: 0, hasDigits: false)

    var isDone: Bool { if case .done = state { true } else { false } }
    /// Whether the close of the connection is how the body ends.
    var endsWithConnection: Bool { if case .untilClose = state { true } else { false } }

    /// Takes bytes from `offset` on, at most to the body's end.
    mutating func take(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPFailure) {
        while offset < input.count {
            switch state {
            case .done: return
            case .length(let remaining):
                let count = try append(input, &offset, remaining)
                state = count == remaining ? .done : .length(remaining: remaining - count)
            case .untilClose: _ = try append(input, &offset, Int.max)
            case .chunkData(let remaining):
                let count = try append(input, &offset, remaining)
                state = count == remaining ? .chunkDataEnd(isFirstByte: true) : .chunkData(remaining: remaining - count)
            case .trailers:
                guard try trailers.take(input, &offset) else { return }
                try HTTPHead.checkTrailers(trailers.finish())
                state = .done
            default:
                try step(input[offset])
                offset += 1
            }
        }
    }

    private mutating func append(_ input: Span<UInt8>, _ offset: inout Int, _ most: Int) throws(HTTPFailure) -> Int {
        let count = min(most, input.count - offset)
        guard count <= bytesMax - body.count else { throw .bodyTooLong(bytesMax) }
        body.append(span: input.extracting(offset..<offset + count))
        offset += count
        return count
    }

    /// One byte of the lines around chunks (RFC 9112, section 7.1).
    private mutating func step(_ byte: UInt8) throws(HTTPFailure) {
        switch state {
        case .chunkSize(let size, let lineBytes, let hasDigits):
            state = try afterSizeByte(byte, size, lineBytes, hasDigits)
        case .chunkExtension(let size, let lineBytes):
            state = try afterExtensionByte(byte, size, lineBytes)
        case .chunkSizeEnd(let size):
            guard byte == UInt8(ascii: "\n") else { throw .malformedChunk }
            state = size == 0 ? .trailers : .chunkData(remaining: size)
        case .chunkDataEnd(let isFirstByte):
            guard byte == (isFirstByte ? UInt8(ascii: "\r") : UInt8(ascii: "\n")) else { throw .malformedChunk }
            state = isFirstByte ? .chunkDataEnd(isFirstByte: false) : HTTPBodyReader.nextChunk
        case .length, .untilClose, .chunkData, .trailers, .done: preconditionFailure("these take more than a byte")
        }
    }

    private mutating func afterSizeByte(
        _ byte: UInt8, _ size: Int, _ lineBytes: Int, _ hasDigits: Bool
    ) throws(HTTPFailure) -> State {
        guard lineBytes < HTTPLimits.chunkLineBytesMax else { throw .malformedChunk }
        if let digit = hexadecimalValue(of: byte) {
            // Below the limit plus 16, so that the next digit can't overflow either.
            guard size <= bytesMax else { throw .bodyTooLong(bytesMax) }
            return .chunkSize(size: size << 4 | Int(digit), lineBytes: lineBytes + 1, hasDigits: true)
        }
        guard hasDigits else { throw .malformedChunk }
        guard size <= bytesMax - body.count else { throw .bodyTooLong(bytesMax) }
        switch byte {
        case UInt8(ascii: "\r"): return .chunkSizeEnd(size: size)
        case UInt8(ascii: ";"): return .chunkExtension(size: size, lineBytes: lineBytes + 1)
        default: throw .malformedChunk
        }
    }

    private mutating func afterExtensionByte(
        _ byte: UInt8, _ size: Int, _ lineBytes: Int
    ) throws(HTTPFailure) -> State {
        extensionBytes += 1
        guard lineBytes < HTTPLimits.chunkLineBytesMax, extensionBytes <= HTTPLimits.chunkExtensionBytesMax else {
            throw .malformedChunk
        }
        if byte == UInt8(ascii: "\r") { return .chunkSizeEnd(size: size) }
        guard byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\t") else { throw .malformedChunk }
        return .chunkExtension(size: size, lineBytes: lineBytes + 1)
    }
}
