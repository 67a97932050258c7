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

    @Test(arguments: SignatureScheme.allCases)
    func `keys of key pairs are valid, and half of what looks like one is not`(
        _ scheme: SignatureScheme
    ) throws {
        var generator = SeededGenerator(seed: 42)
        var invalid = 0
        for number in UInt8(1)...100 {
            let key = try SoftwareKey(scheme: scheme, seed: [UInt8](repeating: number, count: 32)).publicKey
            #expect(key.isValid)
            // Every other x, or y for Ed25519, is that of no point.
            let mark = scheme == .ed25519 ? [] : [2 + number % 2]
            let other = try #require(PublicKey(scheme: scheme, bytes: mark + generator.bytes(32)))
            if !other.isValid { invalid += 1 }
            guard scheme != .ed25519 else { continue }
            for mark: UInt8 in [0, 4, 5, 6] {
                let unmarked = try #require(PublicKey(scheme: scheme, bytes: [mark] + key.bytes.dropFirst()))
                #expect(!unmarked.isValid)
            }
        }
        #expect((30...70).contains(invalid))
    }

    @Test func `keys for which anybody can sign are not valid`() throws {
        // s = 0 and R = 0, for whatever is signed.
        var forged = Signature(repeating: 0)
        forged.storage[0] = 1
        let last = String(repeating: "00", count: 31)
        let orders = [
            "01" + last, "ec" + String(repeating: "ff", count: 30) + "7f", "00" + last,
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        ]
        for text in orders {
            let bytes = try #require([UInt8](hexadecimal: text))
            let key = try #require(PublicKey(scheme: .ed25519, bytes: bytes))
            #expect(
                SignatureCheck(publicKey: key, digest: Digest(copying: bytes.span, at: 0), signature: forged).isValid)
            #expect(!key.isValid)
        }
    }
}
