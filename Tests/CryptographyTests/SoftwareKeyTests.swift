import Primitives
import Testing

@testable import Cryptography

@Suite struct SoftwareKeyTests {
    @Test(arguments: SignatureScheme.allCases) func generatedKeysDifferAndSign(scheme: SignatureScheme) throws {
        let (one, other) = (try SoftwareKey.generate(scheme), try SoftwareKey.generate(scheme))
        #expect(one.publicKey != other.publicKey)
        let digest = Cryptography.Suite.international.hash([1, 2, 3])
        let signature = try one.sign(digest)
        #expect(SignatureCheck(publicKey: one.publicKey, digest: digest, signature: signature).isValid)
        #expect(!SignatureCheck(publicKey: other.publicKey, digest: digest, signature: signature).isValid)
    }

    @Test func whatIsNoKeyIsRefused() {
        let order = [UInt8](hexadecimal: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") ?? []
        for seed in [[], [UInt8](repeating: 1, count: 31), [UInt8](repeating: 0, count: 32), order] {
            #expect(reason { _ = try SoftwareKey(scheme: .secp256k1, seed: seed) } == .notAKey)
        }
        #expect(reason { _ = try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: 1, count: 33)) } == .notAKey)
    }

    @Test(arguments: SignatureScheme.allCases) func isNeverPrinted(scheme: SignatureScheme) throws {
        let seed = [UInt8](repeating: 0xA7, count: 32)
        let key = try SoftwareKey(scheme: scheme, seed: seed)
        var dumped = ""
        dump(key, to: &dumped)
        dump(key.seed, to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\(key.seed)", dumped] {
            #expect(!text.contains("a7a7") && !text.contains("167"), "\(text)")
        }
    }

    @Test func takingAndWipingLeaveNothing() throws {
        var bytes = [UInt8](repeating: 9, count: 40)
        let guarded = try GuardedBytes.taking(&bytes)
        #expect(bytes.isEmpty)
        #expect(guarded.withBytes { memory in (0..<40).allSatisfy { memory[$0] == 9 } })
    }

    @Test func passphrasesHaveBounds() throws {
        for count in [0, KeyLimits.passphraseByteCountMax + 1] {
            var bytes = [UInt8](repeating: 65, count: count)
            #expect(reason { _ = try Passphrase(wiping: &bytes) } == .passphraseUnusable)
            #expect(bytes.isEmpty)
        }
        #expect("\(try Passphrase(copying: "horse"))" == "(passphrase)")
    }
}

/// The reason for which `body` threw, if it did.
func reason(_ body: () throws -> Void) -> KeyError.Reason? {
    do { try body() } catch { return (error as? KeyError)?.reason }
    return nil
}
