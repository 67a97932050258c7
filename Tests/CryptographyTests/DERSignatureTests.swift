import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct DERSignatureTests {
    private func error(_ text: String) -> DERError? {
        do { _ = try DERSignature.decode([UInt8](hexadecimal: text) ?? []) } catch { return error }
        return nil
    }

    @Test func codesBothWays() throws {
        var generator = SeededGenerator(seed: 81)
        for _ in 0..<2_000 {
            // Leading zeros, and the bit that would be a sign.
            var bytes = generator.bytes(64)
            for start in [0, 32] {
                for index in 0..<Int.random(in: 0...32, using: &generator) { bytes[start + index] = 0 }
            }
            let signature = try #require(Signature(bytes))
            let encoded = DERSignature.encode(signature)
            #expect(encoded.count <= DERSignature.byteCountMax)
            #expect(try DERSignature.decode(encoded) == signature)
        }
        #expect(DERSignature.encode(Signature(repeating: 0)) == [0x30, 6, 2, 1, 0, 2, 1, 0])
        #expect(DERSignature.encode(Signature(repeating: 255)).count == DERSignature.byteCountMax)
    }

    @Test func everyOtherFormIsRefused() {
        #expect(error("") == DERError(reason: .truncated, offset: 0))
        #expect(error("30") == DERError(reason: .truncated, offset: 1))
        #expect(error("3106020101020101") == DERError(reason: .unexpectedTag(0x31), offset: 0))
        #expect(error("300602010102010100") == DERError(reason: .trailingBytes, offset: 1))
        #expect(error("300702010102010100") == DERError(reason: .trailingBytes, offset: 8))
        #expect(error("3007020101020101") == DERError(reason: .truncated, offset: 1))
        #expect(error("308106020101020101") == DERError(reason: .badLength, offset: 1))
        #expect(error("3080020101020101") == DERError(reason: .badLength, offset: 1))
        #expect(error("3006040101020101") == DERError(reason: .unexpectedTag(4), offset: 2))
        #expect(error("3007020200010201" + "01") == DERError(reason: .badInteger, offset: 4))
        #expect(error("3006020180020101") == DERError(reason: .badInteger, offset: 4))
        #expect(error("30050200020101") == DERError(reason: .badLength, offset: 3))
        #expect(error("3006020101020201") == DERError(reason: .truncated, offset: 8))
        let long = "0221" + String(repeating: "01", count: 33)
        #expect(error("3026" + long + "020101") == DERError(reason: .integerTooLarge, offset: 4))
    }

    /// Whatever bytes come: an error, or the one form of what was read.
    @Test func noBytesTrap() {
        var generator = SeededGenerator(seed: 82)
        let good = DERSignature.encode(Signature(repeating: 0x81))
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0...2, using: &generator))
            guard let signature = try? DERSignature.decode(bytes) else { continue }
            accepted += 1
            #expect(DERSignature.encode(signature) == bytes)
        }
        #expect(accepted > 100)
    }
}
