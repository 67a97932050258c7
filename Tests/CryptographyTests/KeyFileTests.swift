import Foundation
import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct KeyFileTests {
    /// The least work that is allowed, so that the tests are quick.
    static let quick: KeyDerivation = {
        guard let quick = try? KeyDerivation(memoryBytes: KeyLimits.derivationMemoryBytesMin, passes: 1) else {
            preconditionFailure("the least work is allowed")
        }
        return quick
    }()

    private func seal(_ scheme: SignatureScheme, _ passphrase: String = "horse") throws -> (SoftwareKey, KeyFile) {
        let key = try SoftwareKey.generate(scheme)
        return (key, try KeyFile(sealing: key, passphrase: Passphrase(copying: passphrase), derivation: Self.quick))
    }

    @Test(arguments: SignatureScheme.allCases) func opensWithItsPassphraseOnly(scheme: SignatureScheme) throws {
        let (key, file) = try seal(scheme)
        let read = try KeyFile(json: file.json)
        #expect(read == file)
        let opened = try read.open(Passphrase(copying: "horse"))
        #expect(opened.publicKey == key.publicKey)
        let digest = Cryptography.Suite.international.hash([1])
        let signature = try opened.sign(digest)
        #expect(SignatureCheck(publicKey: key.publicKey, digest: digest, signature: signature).isValid)
        for wrong in ["Horse", "hors", "horse ", "horse\0"] {
            let passphrase = try Passphrase(copying: wrong)
            #expect(reason { _ = try read.open(passphrase) } == .passphraseWrongOrFileDamaged)
        }
    }

    @Test func noTwoFilesShareSaltNonceOrCiphertext() throws {
        let key = try SoftwareKey.generate(.ed25519)
        let passphrase = try Passphrase(copying: "horse")
        let one = try KeyFile(sealing: key, passphrase: passphrase, derivation: Self.quick)
        let other = try KeyFile(sealing: key, passphrase: passphrase, derivation: Self.quick)
        #expect(one.salt != other.salt && one.nonce != other.nonce && one.ciphertext != other.ciphertext)
    }

    @Test func holdsNoSecretInTheClear() throws {
        let seed = [UInt8](repeating: 0xA7, count: 32)
        let key = try SoftwareKey(scheme: .ed25519, seed: seed)
        let file = try KeyFile(sealing: key, passphrase: Passphrase(copying: "horse"), derivation: Self.quick)
        let text = String(decoding: file.json, as: UTF8.self)
        #expect(!text.contains("a7a7a7") && !text.contains("horse"))
    }

    /// Every field is bound to the ciphertext: a change anywhere either breaks the structure, or makes no difference to
    /// what is read, or is found when the file is opened.
    @Test func noChangedByteOpensAsAnotherKey() throws {
        let (key, file) = try seal(.ed25519)
        let passphrase = try Passphrase(copying: "horse")
        var counts = (malformed: 0, notOpened: 0, unchanged: 0)
        for index in file.json.indices {
            var json = file.json
            json[index] ^= 1
            guard let changed = try? KeyFile(json: json) else {
                counts.malformed += 1
                continue
            }
            do throws(KeyError) {
                #expect(try changed.open(passphrase).publicKey == key.publicKey)
                #expect(changed == file)
                counts.unchanged += 1
            } catch {
                #expect(error.reason == .passphraseWrongOrFileDamaged)
                counts.notOpened += 1
            }
        }
        #expect(counts.malformed > 100 && counts.notOpened > 200)
    }

    @Test func truncatedAndRandomBytesAreMalformed() throws {
        let (_, file) = try seal(.secp256k1)
        for count in 0..<file.json.count - 2 {
            #expect(reason { _ = try KeyFile(json: Array(file.json.prefix(count))) } == .fileMalformed)
        }
        var generator = SeededGenerator(seed: 61)
        for _ in 0..<200 {
            let bytes = generator.bytes(Int.random(in: 0...600, using: &generator))
            #expect(reason { _ = try KeyFile(json: bytes) } == .fileMalformed)
        }
        let nested = [UInt8](repeating: UInt8(ascii: "["), count: KeyLimits.fileByteCountMax)
        #expect(reason { _ = try KeyFile(json: nested) } == .fileMalformed)
    }

    /// A hostile file must not make its reader fill its memory or compute for hours. The last case is allowed in each
    /// number, but not in their product.
    @Test(arguments: [
        (KeyLimits.derivationMemoryBytesMax + 1, 1), (KeyLimits.derivationMemoryBytesMin - 1, 1), (-1, 1),
        (8_192, KeyLimits.derivationPassesMax + 1), (8_192, 0), (8_192, Int.max),
        (KeyLimits.derivationMemoryBytesMax, 5),
    ])
    func demandsAboveTheLimitsAreRefusedUnread(memoryBytes: Int, passes: Int) throws {
        let (_, file) = try seal(.ed25519)
        let text = String(decoding: file.json, as: UTF8.self)
            .replacing("\"memoryBytes\" : 8192", with: "\"memoryBytes\" : \(memoryBytes)")
            .replacing("\"passes\" : 1", with: "\"passes\" : \(passes)")
        #expect(reason { _ = try KeyFile(json: Array(text.utf8)) } == .limitExceeded, "\(text)")
    }

    @Test func tooManyBytesAreRefused() {
        let bytes = [UInt8](repeating: 32, count: KeyLimits.fileByteCountMax + 1)
        #expect(reason { _ = try KeyFile(json: bytes) } == .limitExceeded)
    }

    @Test func limitsFitEachOther() {
        #expect(KeyDerivation.standard.memoryBytes <= KeyLimits.derivationMemoryBytesMax)
        #expect(KeyDerivation.standard.memoryBytes * KeyDerivation.standard.passes <= KeyLimits.derivationWorkBytesMax)
    }

    /// The format is fixed: this file must open for ever. It was made by another program, with PyNaCl 1.6.2, from the
    /// format's description alone.
    @Test func aStoredFileStillOpens() throws {
        let json = """
            {
              "version": 1,
              "scheme": "ed25519",
              "publicKey": "0x03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
              "kdf": {
                "name": "argon2id",
                "memoryBytes": 8192,
                "passes": 1,
                "salt": "0x6465666768696a6b6c6d6e6f70717273"
              },
              "cipher": {
                "name": "xchacha20poly1305-ietf",
                "nonce": "0xc8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf",
                "ciphertext": "0x85033d7b84b563ea091f82bf174b3274c37599aefca5411d2c965f05c353f882\
            6a32e35d62d5803166336bab361cfe9c"
              }
            }
            """
        let key = try KeyFile(json: Array(json.utf8)).open(Passphrase(copying: "correct horse"))
        #expect(key.publicKey == (try SoftwareKey(scheme: .ed25519, seed: Array(0..<32))).publicKey)
    }
}
