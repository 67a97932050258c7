import HTTP
import Testing
import Primitives
import TestSupport

/// Our reader and wslay's read the same, well-formed or not.
@Suite struct WslayTests {
    private static let bytesMax = 1000

    private func randomFrames(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let kind = Int.random(in: 0..<12, using: &random)
            let length = [0, 1, 20, 125, 126, 300][Int.random(in: 0..<6, using: &random)]
            let payload = (0..<length).map { _ in UInt8.random(in: 32...126, using: &random) }
            let isFinal = Int.random(in: 0..<3, using: &random) > 0
            switch kind {
            case 0..<3: bytes += frame(1, payload, isFinal: isFinal)
            case 3..<5: bytes += frame(2, payload, isFinal: isFinal)
            case 5..<8: bytes += frame(0, payload, isFinal: isFinal)
            case 8: bytes += frame(9, Array(payload.prefix(125)))
            case 9: bytes += frame(10, Array(payload.prefix(125)))
            case 10: bytes += frame(1, Array("größe κόσμε".utf8).dropLast(length % 3))
            default:
                if Int.random(in: 0..<4, using: &random) == 0 { bytes += close(1000, "bye") }
                if Int.random(in: 0..<6, using: &random) == 0 { bytes += frame(2, payload, mask: nil) }
            }
        }
        return bytes
    }

    /// The bytes of which our reader says at the last one that they are refused, or nil.
    private func refusal(_ bytes: [UInt8], _ limits: WebSocketMessageLimits) -> (at: Int, code: WebSocketCloseCode)? {
        var reader = WebSocketFrameReader(.server, limits: limits)
        var offset = 0
        do throws(WebSocketFailure) {
            while offset < bytes.count { _ = try reader.take(bytes.span, &offset) }
            return nil
        } catch {
            return (offset, error.code)
        }
    }

    @Test func bothReadTheSame() {
        var random = SeededGenerator(seed: 1)
        var limits = WebSocketMessageLimits()
        limits.textBytesMax = Self.bytesMax
        limits.binaryBytesMax = Self.bytesMax
        var refusals = 0
        var messages = 0
        for _ in 0..<5_000 {
            var bytes = randomFrames(&random)
            guard !bytes.isEmpty else { continue }
            if Bool.random(using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            let ours = WebSocketFrameReaderTests.read(bytes, limits: limits)
            let theirs = WslayReader(messageBytesMax: Self.bytesMax)
            let isRefused = theirs.read(bytes)
            // wslay refuses a text before its end has come, and then sees nothing of what is between its fragments.
            let seenByBoth = isRefused ? Array(ours.events.prefix(theirs.events.count)) : ours.events
            #expect(seenByBoth == theirs.events)
            messages += ours.events.count
            let refusal = refusal(bytes, limits)
            refusals += refusal == nil ? 0 : 1
            // We refuse a frame before its payload has come.
            let isEarly = refusal.map { $0.at > bytes.count - 16 } ?? true
            #expect((refusal != nil) == isRefused || isEarly)
        }
        #expect(refusals > 1_000 && messages > 3_000)
    }
}
