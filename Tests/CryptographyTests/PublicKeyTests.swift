import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct PublicKeyTests {
    @Test func isCodedAsSchemeAndBytes() throws {
        var generator = SeededGenerator(seed: 41)
        for scheme in SignatureScheme.allCases {
            let bytes = generator.bytes(scheme.publicKeyByteCount)
            let key = try #require(PublicKey(scheme: scheme, bytes: bytes))
            #expect(key.canonicalBytes == [scheme.rawValue] + bytes)
            var decoder = CanonicalDecoder(key.canonicalBytes)
            #expect(try PublicKey(from: &decoder) == key)
            try decoder.finish()
            for count in 0..<key.canonicalBytes.count {
                var short = CanonicalDecoder(Array(key.canonicalBytes.prefix(count)))
                #expect(throws: CodingError.self) { try PublicKey(from: &short) }
            }
        }
    }

    @Test func unknownSchemesAndLengthsAreRefused() {
        var decoder = CanonicalDecoder([9] + [UInt8](repeating: 0, count: 33))
        #expect(throws: CodingError(.unknownVariant(9), at: 0)) { try PublicKey(from: &decoder) }
        #expect(PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: 0, count: 33)) == nil)
        #expect(PublicKey(scheme: .secp256k1, bytes: [UInt8](repeating: 0, count: 32)) == nil)
    }
}
