/// Collects the lines of a head, or of a trailer section, up to the empty line that ends it.
struct HTTPLineCollector {
    private(set) var bytes: [UInt8] = []
    private let bytesMax: Int
    /// Where the line that is being collected starts.
    private var lineStart = 0

    /// Whether the first line is a start line, with a limit of its own.
    private let hasStartLine: Bool

    init(bytesMax: Int, hasStartLine: Bool) {
        self.bytesMax = bytesMax
        self.hasStartLine = hasStartLine
    }

    private var isInStartLine: Bool { hasStartLine && lineStart == 0 }

    var isEmpty: Bool { bytes.isEmpty }

    /// Takes bytes from `offset` on, at most to the end of the empty line.
    /// - Returns: whether that line has come.
    mutating func take(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPFailure) -> Bool {
        let start = offset
        let room = bytesMax - bytes.count
        let before = bytes.count
        var last = bytes.last
        while offset < input.count {
            let byte = input[offset]
            guard offset - start < room else { throw isInStartLine ? .startLineTooLong : .headTooLong }
            offset += 1
            if byte == UInt8(ascii: "\n") {
                guard last == UInt8(ascii: "\r") else { throw .bareLineFeed }
                let lineEnd = before + offset - start
                let isEmptyLine = lineEnd - lineStart == 2
                guard !isInStartLine || lineEnd <= HTTPLimits.startLineBytesMax else { throw .startLineTooLong }
                lineStart = lineEnd
                if isEmptyLine {
                    bytes.append(span: input.extracting(start..<offset))
                    return true
                }
            }
            last = byte
        }
        bytes.append(span: input.extracting(start..<offset))
        guard !isInStartLine || bytes.count <= HTTPLimits.startLineBytesMax else { throw .startLineTooLong }
        return false
    }

    /// Gives up what was collected, and begins anew.
    mutating func finish() -> [UInt8] {
        lineStart = 0
        defer { bytes = [] }
        return bytes
    }
}

/// A start line and the header fields behind it, with the framing of the body that they announce.
struct HTTPHead {
    let startLine: Range<Int>
    let headers: HTTPHeaders
    let framing: HTTPFraming
    private(set) var host: Range<Int>?
    private(set) var expectsContinue = false

    /// - Parameter bytes: lines, each ended by CR LF, the last one empty.
    init(_ bytes: [UInt8]) throws(HTTPFailure) {
        var lines = HTTPLines(bytes)
        guard let startLine = lines.next() else { throw .malformedStartLine }
        self.startLine = startLine
        var fields: [HTTPHeaders.Field] = []
        var length: Int?
        var isChunked = false
        while let line = lines.next(), !line.isEmpty {
            guard fields.count < HTTPLimits.headerCountMax else { throw .tooManyHeaders }
            let field = try HTTPHead.field(line, in: bytes)
            fields.append(field)
            switch field.name.count {
            case 4 where HTTPHead.equal(bytes, field.name, "host"):
                guard host == nil, HTTPHead.isHost(bytes[field.value]) else { throw .malformedHost }
                host = field.value
            case 6 where HTTPHead.equal(bytes, field.name, "expect"):
                guard HTTPHead.equal(bytes, field.value, "100-continue") else { throw .expectationFailed }
                expectsContinue = true
            case 14 where HTTPHead.equal(bytes, field.name, "content-length"):
                guard length == nil else { throw .malformedLength }
                length = try HTTPHead.length(bytes[field.value])
            case 17 where HTTPHead.equal(bytes, field.name, "transfer-encoding"):
                guard !isChunked, bytes[field.value].elementsEqual("chunked".utf8) else { throw .malformedCoding }
                isChunked = true
            default: break
            }
        }
        guard length == nil || !isChunked else { throw .lengthAndCoding }
        framing = isChunked ? .chunked : length.map { .length($0) } ?? .unstated
        headers = HTTPHeaders(bytes: bytes, fields: fields)
    }

    /// Checks the lines of a trailer section, which is then forgotten.
    static func checkTrailers(_ bytes: [UInt8]) throws(HTTPFailure) {
        var lines = HTTPLines(bytes)
        while let line = lines.next(), !line.isEmpty { _ = try field(line, in: bytes) }
    }

    /// A field line by RFC 9112, section 5: no space before the colon, no folded lines, no control characters.
    private static func field(_ line: Range<Int>, in bytes: [UInt8]) throws(HTTPFailure) -> HTTPHeaders.Field {
        var colon = line.lowerBound
        while colon < line.upperBound, HTTPToken.contains(bytes[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else {
            throw .malformedHeader
        }
        var start = colon + 1
        var end = line.upperBound
        while start < end, isHTTPSpace(bytes[start]) { start += 1 }
        while end > start, isHTTPSpace(bytes[end - 1]) { end -= 1 }
        for offset in start..<end where bytes[offset] < 0x20 || bytes[offset] == 0x7F {
            guard bytes[offset] == UInt8(ascii: "\t") else { throw .malformedHeader }
        }
        return HTTPHeaders.Field(name: line.lowerBound..<colon, value: start..<end)
    }

    private static func length(_ digits: ArraySlice<UInt8>) throws(HTTPFailure) -> Int {
        // 18 digits fit 63 bits.
        guard !digits.isEmpty, digits.count <= 18 else { throw .malformedLength }
        var value = 0
        for digit in digits {
            guard digit &- UInt8(ascii: "0") < 10 else { throw .malformedLength }
            value = value * 10 + Int(digit &- UInt8(ascii: "0"))
        }
        return value
    }

    /// A name or an address with an optional port (RFC 9110, section 7.2), none of the characters that would end it.
    private static func isHost(_ value: ArraySlice<UInt8>) -> Bool {
        !value.isEmpty
            && value.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "~"):
                    true
                default: false
                }
            }
    }

    private static func equal(_ bytes: [UInt8], _ range: Range<Int>, _ lowercase: StaticString) -> Bool {
        lowercase.withUTF8Buffer { equalInAnyCase(bytes[range], $0) }
    }
}

/// How a message says where its body ends.
enum HTTPFraming: Hashable {
    case unstated
    case length(Int)
    case chunked
}

/// The lines of a collected head, without their ends; a carriage return inside one is left for the field's check.
struct HTTPLines {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> Range<Int>? {
        guard let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { offset = end + 1 }
        return offset..<max(end - 1, offset)
    }
}

/// The characters of a token (RFC 9110, section 5.6.2).
enum HTTPToken {
    private static let table: [Bool] = (UInt8.min...UInt8.max).map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    @inline(__always)
    static func contains(_ byte: UInt8) -> Bool { table[Int(byte)] }
}
