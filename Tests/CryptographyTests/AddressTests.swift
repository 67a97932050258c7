import Primitives
import Testing

@testable import Cryptography

@Suite struct AddressTests {
    let suite = Cryptography.Suite.international

    /// Ethereum's addresses of the private keys 1 and 2.
    @Test(arguments: [
        (1, "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"), (2, "0x2b5ad5c4795c026514f8317c7a215e218dccd6cf"),
    ])
    func agreesWithEthereum(scalar: UInt8, expected: String) throws {
        let key = try SoftwareKey(scheme: .secp256k1, seed: [UInt8](repeating: 0, count: 31) + [scalar])
        #expect(key.publicKey.address(in: suite)?.description == expected)
    }

    @Test func aKeyThatIsNoPointHasNone() throws {
        // x = 5 is the x of no point of secp256k1.
        let bytes = [UInt8(2)] + [UInt8](repeating: 0, count: 31) + [5]
        let key = try #require(PublicKey(scheme: .secp256k1, bytes: bytes))
        #expect(key.address(in: suite) == nil)
    }

    @Test func otherSchemesHashTagSchemeAndKey() throws {
        let bytes = [UInt8](0..<32)
        let key = try #require(PublicKey(scheme: .ed25519, bytes: bytes))
        let hash = suite.hash(Array("cairn.address".utf8) + [1] + bytes)
        #expect(key.address(in: suite)?.bytes == Array(hash.bytes.suffix(20)))
    }
}
