import HTTP
import Testing
import Primitives
import TestSupport

@Suite struct WebSocketFrameReaderTests {
    private typealias Event = WebSocketFrameReader.Event

    /// What comes of bytes that are given in pieces of a size, up to the first failure.
    static func read(
        _ bytes: [UInt8], piece: Int = Int.max, role: WebSocketRole = .server,
        limits: WebSocketMessageLimits = WebSocketMessageLimits()
    ) -> (events: [WebSocketFrameReader.Event], failure: WebSocketCloseCode?) {
        var reader = WebSocketFrameReader(role, limits: limits)
        var events: [WebSocketFrameReader.Event] = []
        var start = 0
        do throws(WebSocketFailure) {
            while start < bytes.count {
                let end = piece < bytes.count - start ? start + piece : bytes.count
                let chunk = Array(bytes[start..<end])
                var offset = 0
                while offset < chunk.count {
                    let event = try reader.take(chunk.span, &offset)
                    if event != .needsMore { events.append(event) }
                }
                start = end
            }
            return (events, nil)
        } catch {
            return (events, error.code)
        }
    }

    // RFC 6455, section 5.7.

    @Test func theExamplesOfTheStandard() {
        let hello = Event.message(.text(Array("Hello".utf8)))
        #expect(Self.read([0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F], role: .client).events == [hello])
        let masked: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(Self.read(masked).events == [hello])
        let fragmented: [UInt8] = [0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F]
        #expect(Self.read(fragmented, role: .client).events == [hello])
        #expect(
            Self.read([0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F], role: .client).events == [.ping(Array("Hello".utf8))])
        #expect(
            Self.read([0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]).events
                == [.pong(Array("Hello".utf8))])
        let bytes = (0..<65536).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let short: [UInt8] = [0x82, 0x7E, 0x01, 0x00] + bytes[..<256]
        #expect(Self.read(short, role: .client).events == [.message(.binary(Array(bytes[..<256])))])
        let long: [UInt8] = [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0] + bytes
        #expect(Self.read(long, role: .client).events == [.message(.binary(bytes))])
    }

    @Test(arguments: [0, 1, 2, 3, 7, 8, 9, 125, 126, 127, 255, 256, 65_535, 65_536, 70_001])
    func everyLengthInPiecesOfEverySize(length: Int) {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let bytes = frame(2, payload)
        for piece in [1, 2, 3, 5, 8, 13, 64, 4096, 65_536, Int.max] where length < 1000 || piece > 4 {
            #expect(Self.read(bytes, piece: piece).events == [.message(.binary(payload))])
        }
    }

    @Test func controlFramesBetweenFragments() {
        let bytes =
            text("a", isFinal: false) + frame(9, [1]) + frame(0, Array("b".utf8), isFinal: false) + frame(10, [2])
            + frame(0) + text("c")
        for piece in 1...bytes.count {
            let read = Self.read(bytes, piece: piece)
            #expect(
                read.events == [.ping([1]), .pong([2]), .message(.text("ab")), .message(.text("c"))])
            #expect(read.failure == nil)
        }
    }

    @Test(arguments: [
        frame(1, [], reserved: 4), frame(1, [], reserved: 2), frame(2, [], reserved: 1), frame(9, [], reserved: 4),
        frame(3), frame(7), frame(11), frame(15),
        frame(1, [65], mask: nil), frame(8, mask: nil), frame(9, mask: nil),
        frame(9, isFinal: false), frame(8, isFinal: false), frame(10, isFinal: false),
        frame(9, Array(repeating: 0, count: 126)), frame(8, Array(repeating: 0, count: 126)),
        frame(9, lengthBytes: 8, statedLength: 1 << 40),
        frame(2, Array(repeating: 0, count: 125), lengthBytes: 2), frame(2, lengthBytes: 2), frame(2, lengthBytes: 8),
        frame(2, Array(repeating: 0, count: 65_535), lengthBytes: 8),
        frame(2, statedLength: 1 << 63), frame(2, statedLength: UInt64.max),
        frame(0, [1]), frame(0, [1], isFinal: false), text("a", isFinal: false) + text("b"),
        text("a", isFinal: false) + frame(2), frame(8, [3]), text("a") + frame(0),
    ])
    func whatIsMalformedIsAProtocolError(bytes: [UInt8]) {
        for piece in [1, 2, 5, Int.max] { #expect(Self.read(bytes, piece: piece).failure == .protocolError) }
    }

    @Test func aMaskedFrameOfAServerIsAProtocolError() {
        #expect(Self.read(text("a"), role: .client).failure == .protocolError)
    }

    @Test(arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16])
    func codesThatAreNeverSent(code: UInt16) { #expect(Self.read(close(code)).failure == .protocolError) }

    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999] as [UInt16])
    func codesThatAreSent(code: UInt16) {
        let expected = WebSocketClose(WebSocketCloseCode(rawValue: code), "grün")
        #expect(Self.read(close(code, "grün")).events == [.close(expected)])
    }

    @Test func aCloseWithoutACode() { #expect(Self.read(frame(8)).events == [.close(WebSocketClose(.noStatus))]) }

    @Test func nothingIsReadBehindAClose() {
        let read = Self.read(close(1000) + frame(3) + text("a"))
        #expect(read.events.count == 1 && read.failure == nil)
    }

    /// Texts that are not UTF-8: a lone continuation, an overlong form, a surrogate, beyond the last character, cut off.
    static let malformedTexts: [[UInt8]] = [
        [0x80], [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xFE],
        [0xCE, 0xBA, 0xE1], [0xF0, 0x9F, 0x98], [0x41, 0xC3],
    ]

    @Test(arguments: malformedTexts) func malformedTextIsRefused(bytes: [UInt8]) {
        #expect(Self.read(frame(1, bytes)).failure == .malformedText)
        #expect(Self.read(frame(8, [0x03, 0xE8] + bytes)).failure == .malformedText)
        #expect(Self.read(frame(2, bytes)).events == [.message(.binary(bytes))])
        for split in 0...bytes.count {
            let parts = frame(1, Array(bytes[..<split]), isFinal: false) + frame(0, Array(bytes[split...]))
            #expect(Self.read(parts).failure == .malformedText)
        }
    }

    @Test func aCharacterMayBeSplitAcrossFragments() {
        let bytes = Array("κόσμε 😀".utf8)
        for split in 0...bytes.count {
            let parts = frame(1, Array(bytes[..<split]), isFinal: false) + frame(0, Array(bytes[split...]))
            #expect(Self.read(parts).events == [.message(.text(bytes))])
        }
    }

    @Test func lengthsAreLimitedBeforeTheBytesCome() {
        var limits = WebSocketMessageLimits()
        limits.textBytesMax = 10
        limits.binaryBytesMax = 200
        limits.fragmentsMax = 4
        func read(_ bytes: [UInt8]) -> WebSocketCloseCode? { Self.read(bytes, limits: limits).failure }
        let ten = Array(repeating: UInt8(ascii: "a"), count: 10)
        #expect(read(frame(1, ten)) == nil)
        #expect(read(frame(1, statedLength: 11)) == .messageTooLong)
        #expect(read(frame(2, statedLength: 200)) == nil)
        #expect(read(frame(2, statedLength: 201)) == .messageTooLong)
        #expect(read(frame(2, statedLength: 1 << 62)) == .messageTooLong)
        #expect(read(frame(1, ten, isFinal: false) + frame(0)) == nil)
        #expect(read(frame(1, ten, isFinal: false) + frame(0, [65])) == .messageTooLong)
        let empty = frame(0, isFinal: false)
        #expect(read(text("a", isFinal: false) + empty + empty + frame(0)) == nil)
        #expect(read(text("a", isFinal: false) + empty + empty + empty + frame(0)) == .policyViolation)
    }

    @Test func announcedBytesTakeNoMemoryBeforeTheyCome() throws {
        var reader = WebSocketFrameReader(.server)
        var offset = 0
        let start = frame(2, Array(repeating: 1, count: 10), statedLength: 4 << 20)
        _ = try reader.take(start.span, &offset)
        #expect(reader.heldBytes == 10)
    }

    @Test func arbitraryBytesNeverTrap() {
        var random = SeededGenerator(seed: 6455)
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let opcode = UInt8.random(in: 0...15, using: &random)
                let payload = (0..<Int.random(in: 0...130, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                bytes += frame(
                    opcode, payload, isFinal: Bool.random(using: &random),
                    reserved: Int.random(in: 0..<20, using: &random) == 0 ? 1 : 0)
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let whole = Self.read(bytes)
            let pieces = Self.read(bytes, piece: Int.random(in: 1...20, using: &random))
            #expect(whole.events == pieces.events && whole.failure == pieces.failure)
        }
    }
}
