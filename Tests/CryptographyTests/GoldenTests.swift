import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// The forms in which keys are written, and what names them.
@Suite struct GoldenTests {
    private func key(_ scheme: SignatureScheme) throws -> PublicKey {
        let bytes = [2] + (1..<33).map { UInt8($0) }
        return try #require(PublicKey(scheme: scheme, bytes: Array(bytes.prefix(scheme.publicKeyByteCount))))
    }

    /// The coding of "SignatureScheme" and "PublicKey".
    @Test func `codings of keys`() throws {
        #expect(SignatureScheme.allCases.flatMap(\.canonicalBytes) == [1, 2, 3, 4])
        #expect(
            try key(.ed25519).canonicalBytes.hexadecimal
                == "0x01020102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        #expect(
            try key(.secp256k1).canonicalBytes.hexadecimal
                == "0x02020102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20")
    }

    @Test func `addresses of keys`() throws {
        // The second one's key must be a point; it is that of the private key 1.
        let point = "0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        let secp256k1 = try #require(PublicKey(scheme: .secp256k1, bytes: [UInt8](hexadecimal: point) ?? []))
        let suite = Cryptography.Suite.international
        #expect(try key(.ed25519).address(in: suite)?.description == "0xd6223b091c311069f33493d3c7b407e37a3b436c")
        #expect(secp256k1.address(in: suite)?.description == "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf")
    }

    @Test func `key files`() throws {
        let file = KeyFile(
            publicKey: try key(.ed25519), derivation: try KeyDerivation(memoryBytes: 64 << 20, passes: 3),
            salt: InlineBytes(repeating: 1), nonce: InlineBytes(repeating: 2), ciphertext: InlineBytes(repeating: 3))
        #expect(
            Cryptography.Suite.international.hash(file.json).description
                == "0x30c86966d9d4f2c49960c86fe11f13dfeadb36b41f2d35eb3e411ad5ac7bcb6a")
    }
}
