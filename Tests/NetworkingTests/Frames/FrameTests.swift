import Primitives
import TestSupport
import Testing

@testable import Networking

@Suite struct FrameTests {
    /// Frames of messages of every class and size, in the order of a scheduler.
    private static func messages(_ generator: inout SeededGenerator) -> [(MessageClass, UInt32, [UInt8])] {
        let sizes = [0, 1, 200, 1023, 1024, FrameLimits.pieceBytes, FrameLimits.pieceBytes + 1, 300_000]
        return (0..<12).map { _ in
            let messageClass = MessageClass.allCases[Int.random(in: 0..<3, using: &generator)]
            let count = sizes[Int.random(in: 0..<sizes.count, using: &generator)]
            let isPlain = Bool.random(using: &generator)
            let bytes = isPlain ? generator.bytes(count) : [UInt8](repeating: 7, count: count)
            return (messageClass, UInt32.random(in: 0...3, using: &generator), bytes)
        }
    }

    private static func scheduled(_ messages: [(MessageClass, UInt32, [UInt8])]) -> [UInt8] {
        var scheduler = FrameScheduler()
        for (messageClass, group, bytes) in messages { scheduler.append(messageClass, group: group, bytes) }
        var bytes: [UInt8] = []
        let compressor = FrameCompressor()
        while scheduler.appendNext(to: &bytes, compressor) != nil {}
        #expect(scheduler.isEmpty && MessageClass.allCases.allSatisfy { scheduler.byteCount(of: $0) == 0 })
        return bytes
    }

    private static func decoder() -> FrameDecoder {
        var decoder = FrameDecoder()
        decoder.isAdmitted = true
        return decoder
    }

    /// All frames, or those up to an error.
    private static func decode(
        _ bytes: [UInt8], pieceMax: Int, _ generator: inout SeededGenerator, _ decoder: FrameDecoder = decoder()
    ) -> (frames: [FrameDecoder.Frame], error: FrameError?) {
        var decoder = decoder
        var frames: [FrameDecoder.Frame] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1...pieceMax, using: &generator))
            let piece = Array(bytes[start..<end])
            var offset = 0
            while offset < piece.count {
                do throws(FrameError) {
                    if let frame = try decoder.take(piece.span, &offset) { frames.append(frame) }
                } catch { return (frames, error) }
            }
            start = end
        }
        return (frames, nil)
    }

    @Test(arguments: 0..<20) func `any cut of the bytes gives the same messages`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let messages = Self.messages(&generator)
        let bytes = Self.scheduled(messages)
        let whole = Self.decode(bytes, pieceMax: bytes.count, &generator)
        #expect(whole.error == nil)
        for pieceMax in [3, 1000, 70_000] {
            let cut = Self.decode(bytes, pieceMax: pieceMax, &generator)
            let isSame = cut.frames == whole.frames && cut.error == nil
            #expect(isSame)
        }
        for messageClass in MessageClass.allCases {
            let sent = messages.filter { $0.0 == messageClass }
            let got = whole.frames.filter { $0.kind == messageClass.kind && $0.payload != nil }
            let isSame = got.map(\.group) == sent.map(\.1) && got.compactMap(\.payload) == sent.map(\.2)
            #expect(isSame)
        }
    }

    @Test(arguments: 0..<20) func `damaged bytes are refused or give frames, however they are cut`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let bytes = Self.scheduled(Self.messages(&generator))
        for _ in 0..<20 {
            var damaged = Array(bytes.prefix(Int.random(in: 1...2000, using: &generator)))
            for _ in 0..<3 {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            let whole = Self.decode(damaged, pieceMax: damaged.count, &generator)
            let cut = Self.decode(damaged, pieceMax: 40, &generator)
            let isSame = whole.frames == cut.frames && whole.error == cut.error
            #expect(isSame)
        }
    }

    private func error(_ header: FrameHeader, _ body: [UInt8] = [], isAdmitted: Bool = true) -> FrameError? {
        var bytes: [UInt8] = []
        header.append(to: &bytes)
        var generator = SeededGenerator(seed: 0)
        var decoder = FrameDecoder()
        decoder.isAdmitted = isAdmitted
        return Self.decode(bytes + body, pieceMax: 100_000, &generator, decoder).error
    }

    private func header(
        _ kind: FrameKind, _ bodyBytes: Int, _ flags: FrameHeader.Flags = [], group: UInt32 = 0
    ) -> FrameHeader { FrameHeader(bodyBytes: bodyBytes, kind: kind, flags: flags, group: group) }

    @Test func `what no frame may be is refused by its header alone`() {
        let piece = FrameLimits.pieceBytes
        #expect(error(header(.bulk, .max >> 31)) == .tooLong(.bulk, bytes: Int(UInt32.max), maximum: piece))
        #expect(error(header(.consensus, piece + 1)) == .tooLong(.consensus, bytes: piece + 1, maximum: piece))
        #expect(error(header(.ping, 9)) == .tooLong(.ping, bytes: 9, maximum: 8))
        #expect(error(header(.ping, 8, group: 1)) == .notAllowed(.ping))
        #expect(error(header(.ping, 8, .compressed)) == .notAllowed(.ping))
        #expect(error(header(.consensus, 8, [.announced, .compressed])) == .notAllowed(.consensus))
        #expect(error(header(.bulk, 8, [.announced, .continued])) == .notAllowed(.bulk))
        #expect(error(header(.bulk, 8, .init(rawValue: 8))) == .unknownFlags(8))
        #expect(error(header(.hello, 8)) == .notAllowed(.hello))
        #expect(error(header(.bulk, 8), isAdmitted: false) == .notAllowed(.bulk))
        #expect(
            error(header(.hello, 20_000), isAdmitted: false)
                == .tooLong(.hello, bytes: 20_000, maximum: FrameLimits.helloBytesMax))
        var bytes: [UInt8] = []
        header(.ping, 8).append(to: &bytes)
        bytes[4] = 99
        var offset = 0
        #expect(throws: FrameError.unknownKind(99)) {
            var decoder = Self.decoder()
            _ = try decoder.take(bytes.span, &offset)
        }
    }

    @Test func `a giant is refused when it is announced`() {
        let body: [UInt8] = [1, 0, 0, 8] + [UInt8](repeating: 0, count: FrameLimits.pieceBytes)
        let giant = header(.bulk, body.count, .announced)
        #expect(error(giant, body) == .tooLong(.bulk, bytes: 128 << 20 | 1, maximum: 128 << 20))
    }

    @Test func `pieces come in their turn and in full`() {
        let piece = [UInt8](repeating: 0, count: FrameLimits.pieceBytes)
        #expect(error(header(.bulk, 3, .continued), [1, 2, 3]) == .outOfTurn(.bulk))
        #expect(error(header(.bulk, 3, .announced), [1, 2, 3]) == .wrongLength(.bulk))
        // What fits into one frame needs no announcement.
        #expect(error(header(.bulk, 14, .announced), [10, 0, 0, 0] + piece.prefix(10)) == .wrongLength(.bulk))
        let long: [UInt8] = [0, 0, 2, 0]
        #expect(error(header(.bulk, 14, .announced), long + piece.prefix(10)) == .wrongLength(.bulk))
        var other: [UInt8] = []
        header(.bulk, piece.count, .continued, group: 1).append(to: &other)
        let first = header(.bulk, long.count + piece.count, .announced)
        #expect(error(first, long + piece + other + piece) == .outOfTurn(.bulk))
        var plain: [UInt8] = []
        header(.bulk, 0).append(to: &plain)
        #expect(error(first, long + piece + plain) == .outOfTurn(.bulk))
    }

    @Test func `a bomb gives what it announces and no more`() throws {
        let zeros = [UInt8](repeating: 0, count: FrameLimits.pieceBytes)
        let small = try #require(FrameCompressor().compress(zeros[...]))
        #expect(small.count < 100)
        for announced in [FrameLimits.pieceBytes - 1, 1000, small.count] {
            var body: [UInt8] = []
            appendLittleEndian(UInt32(announced), to: &body)
            body += small
            let expected: FrameError = announced <= small.count ? .wrongLength(.bulk) : .notDecompressible
            #expect(error(header(.bulk, body.count, [.announced, .compressed]), body) == expected)
        }
        // The largest bulk of zeros goes over the wire in little, but counts and comes piece by piece.
        var decoder = Self.decoder()
        var body: [UInt8] = []
        appendLittleEndian(UInt32(FrameLimits.bulkBytesMax), to: &body)
        body += small
        var bytes: [UInt8] = []
        header(.bulk, body.count, [.announced, .compressed]).append(to: &bytes)
        bytes += body
        var offset = 0
        let frame = try #require(try decoder.take(bytes.span, &offset))
        #expect(frame.payload == nil && frame.plainBytes == FrameLimits.pieceBytes)
        #expect(decoder.heldBytes == FrameLimits.pieceBytes)
    }

    @Test func `consensus goes first, and nothing starves`() {
        var scheduler = FrameScheduler()
        for _ in 0..<1000 { scheduler.append(.consensus, group: 0, [1]) }
        for _ in 0..<100 { scheduler.append(.dissemination, group: 0, [2]) }
        for _ in 0..<100 { scheduler.append(.bulk, group: 0, [3]) }
        var (bytes, order): ([UInt8], [MessageClass]) = ([], [])
        while let next = scheduler.appendNext(to: &bytes, nil) { order.append(next) }
        #expect(order.count == 1200)
        #expect(order.prefix(64).allSatisfy { $0 == .consensus } && order[64] == .dissemination)
        let firstBulk = order.firstIndex(of: .bulk) ?? 0
        #expect(firstBulk < 5 * 65 && firstBulk > 4 * 64)
        let behindConsensus = order[((order.lastIndex(of: .consensus) ?? 0) + 1)...]
        #expect(behindConsensus.prefix(5).count { $0 == .bulk } == 1)
    }

    /// The wire's format.
    @Test func `the coding of frames`() {
        #expect(
            OutgoingMessage.frames(.ping, [1, 2, 3, 4, 5, 6, 7, 8]).hexadecimal
                == "0x080000000800000000000102030405060708")
        #expect(OutgoingMessage.frames(.consensus, group: 0x0102, [9]).hexadecimal == "0x0100000010000201000009")
        let long = OutgoingMessage.frames(.bulk, group: 1, [UInt8](repeating: 5, count: 65_537))
        #expect(Array(long.prefix(15)).hexadecimal == "0x04000100120101000000" + "01000100" + "05")
        #expect(Array(long.suffix(11)).hexadecimal == "0x0100000012020100000005")
    }
}
