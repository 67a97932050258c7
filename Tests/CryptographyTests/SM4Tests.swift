import Primitives
import Testing

@testable import Cryptography

@Suite struct SM4Tests {
    let plaintext = InlineBytes<16>(hexadecimal: "0123456789abcdeffedcba9876543210")

    /// GB/T 32907-2016, appendix A.1: one encryption.
    @Test func agreesWithTheStandard() throws {
        let plaintext = try #require(plaintext)
        let cipher = try SM4(key: GuardedBytes.copying(plaintext.bytes.span))
        let ciphertext = try cipher.encrypt(plaintext)
        #expect(ciphertext.description == "0x681edf34d206965e86b3e94f536e4246")
        #expect(try cipher.decrypt(ciphertext) == plaintext)
    }

    /// GB/T 32907-2016, appendix A.2: a million encryptions with the same key.
    @Test func agreesWithTheStandardAMillionTimes() throws {
        let plaintext = try #require(plaintext)
        let cipher = try SM4(key: GuardedBytes.copying(plaintext.bytes.span))
        var block = plaintext
        for _ in 0..<1_000_000 { block = try cipher.encrypt(block) }
        #expect(block.description == "0x595298c7c6fd271f0402f804c33d3f66")
    }

    @Test func keysHaveSixteenBytes() throws {
        let key = try GuardedBytes.copying([UInt8](repeating: 0, count: 15).span)
        #expect(throws: CipherError.keySize(15, expected: 16)) { _ = try SM4(key: key) }
    }
}
