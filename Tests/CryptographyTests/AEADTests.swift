import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct AEADTests {
    private func cipher(_ algorithm: AEAD.Algorithm, _ seed: UInt64 = 1) throws -> AEAD {
        var generator = SeededGenerator(seed: seed)
        return try AEAD(algorithm, key: GuardedBytes.copying(generator.bytes(algorithm.keyByteCount).span))
    }

    private func error(_ body: () throws -> Void) -> CipherError? {
        do { try body() } catch { return error as? CipherError }
        return nil
    }

    /// RFC 8998, appendix A.1 and A.2.
    @Test(arguments: [
        (
            AEAD.Algorithm.sm4GCM,
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
                + "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec"
        ),
        (
            .sm4CCM,
            "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094"
                + "fd12e518ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b16842d4fa186f56ab33256971fa110f4"
        ),
    ])
    func agreesWithRFC8998(algorithm: AEAD.Algorithm, sealed: String) throws {
        let key = try #require([UInt8](hexadecimal: "0123456789abcdeffedcba9876543210"))
        let nonce = try Nonce(#require([UInt8](hexadecimal: "00001234567800000000abcd")))
        let context = try #require([UInt8](hexadecimal: "feedfacedeadbeeffeedfacedeadbeefabaddad2"))
        let plaintext = [0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA].flatMap { [UInt8](repeating: $0, count: 8) }
        let cipher = try AEAD(algorithm, key: GuardedBytes.copying(key.span))
        #expect(try cipher.seal(plaintext, nonce: nonce, authenticating: context).hexadecimal == "0x" + sealed)
        let bytes = try #require([UInt8](hexadecimal: sealed))
        #expect(try cipher.open(bytes, nonce: nonce, authenticating: context) == plaintext)
    }

    @Test(arguments: AEAD.Algorithm.allCases) func opensWhatItSealed(algorithm: AEAD.Algorithm) throws {
        let cipher = try cipher(algorithm)
        var generator = SeededGenerator(seed: 2)
        // Around the block of 16 bytes, the key stream's 1,024, and the lengths where the coding of the context changes.
        for (count, contextCount) in [
            (0, 0), (0, 1), (1, 0), (15, 16), (16, 15), (17, 17), (1_023, 3), (1_024, 65_279), (1_025, 65_280),
            (5_000, 70_000),
        ] {
            let (plaintext, context) = (generator.bytes(count), generator.bytes(contextCount))
            let nonce = Nonce.random()
            let sealed = try cipher.seal(plaintext, nonce: nonce, authenticating: context)
            #expect(sealed.count == count + 16)
            #expect(try cipher.open(sealed, nonce: nonce, authenticating: context) == plaintext)
        }
    }

    @Test(arguments: AEAD.Algorithm.allCases) func whateverIsChangedIsNoticed(algorithm: AEAD.Algorithm) throws {
        // Whatever ran on this thread before may have left errors; here it counts what this does.
        OpenSSL.call {}
        let (cipher, other) = (try cipher(algorithm), try cipher(algorithm, 9))
        let (plaintext, context) = ([UInt8](0..<40), [UInt8](0..<20))
        let nonce = Nonce.random()
        let sealed = try cipher.seal(plaintext, nonce: nonce, authenticating: context)
        for bit in 0..<8 * sealed.count {
            var damaged = sealed
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(error { _ = try cipher.open(damaged, nonce: nonce, authenticating: context) } == .notAuthentic)
        }
        for count in 0..<sealed.count {
            let short = Array(sealed.prefix(count))
            #expect(error { _ = try cipher.open(short, nonce: nonce, authenticating: context) } == .notAuthentic)
        }
        #expect(error { _ = try cipher.open(sealed, nonce: nonce) } == .notAuthentic)
        #expect(error { _ = try cipher.open(sealed, nonce: .random(), authenticating: context) } == .notAuthentic)
        #expect(error { _ = try other.open(sealed, nonce: nonce, authenticating: context) } == .notAuthentic)
        // After all these failures the cipher still works, and OpenSSL's queue of errors is empty.
        #expect(try cipher.open(sealed, nonce: nonce, authenticating: context) == plaintext)
        #expect(!OpenSSL.hasErrors)
    }

    @Test func keysNoncesAndLengthsHaveBounds() throws {
        for algorithm in AEAD.Algorithm.allCases {
            for count in [1, 15, 17, 24, 31, 33] {
                let key = try GuardedBytes.copying([UInt8](repeating: 1, count: count).span)
                #expect(
                    error { _ = try AEAD(algorithm, key: key) }
                        == .keySize(count, expected: algorithm.keyByteCount))
            }
        }
        for count in [0, 11, 13] {
            #expect(error { _ = try Nonce([UInt8](repeating: 0, count: count)) } == .nonceSize(count))
        }
        let long = [UInt8](repeating: 0, count: 1 << 24)
        #expect(
            error { _ = try cipher(.sm4CCM).seal(long, nonce: .random()) }
                == .tooLong(1 << 24, maximum: (1 << 24) - 1))
        #expect(try cipher(.sm4GCM).seal(long, nonce: .random()).count == 1 << 24 + 16)
    }

    @Test func noncesOfASequenceNeverRepeat() throws {
        var sequence = NonceSequence(sender: 0x0102_0304, counter: .max - 1)
        #expect(try sequence.next().bytes == [1, 2, 3, 4, 255, 255, 255, 255, 255, 255, 255, 254])
        #expect(try sequence.next().bytes == [1, 2, 3, 4] + [UInt8](repeating: 255, count: 8))
        for _ in 0..<2 {
            do {
                _ = try sequence.next()
                Issue.record("a sequence that is used up gave a nonce")
            } catch { #expect(error == .noncesExhausted) }
        }
        #expect(Set((0..<100).map { _ in Nonce.random() }).count == 100)
    }

    @Test func severalThreadsMayUseOneCipher() async throws {
        for algorithm in AEAD.Algorithm.allCases {
            let cipher = try cipher(algorithm)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        let plaintext = [UInt8](repeating: UInt8(task), count: 500 + task)
                        return try (0..<50).allSatisfy { _ in
                            let nonce = Nonce.random()
                            return try cipher.open(cipher.seal(plaintext, nonce: nonce), nonce: nonce) == plaintext
                        }
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test func suitesPickTheirs() {
        #expect(Cryptography.Suite.international.aead == .aes256GCM)
        #expect(Cryptography.Suite.national.aead == .sm4GCM)
    }

    // MARK: Wycheproof

    struct File: Sendable {
        let name: String
        let algorithms: [AEAD.Algorithm]
        /// The cases whose keys, nonces or tags have sizes that are not offered here.
        let otherKeys, otherNonces, otherTags: [Int]
    }

    static let files = [
        File(
            name: "aes_gcm_test.json", algorithms: [.aes128GCM, .aes256GCM],
            otherKeys: numbers(157...239, 261...262, 269...272, 287...298, 313...314),
            otherNonces: numbers(68...90, 240...260, 263...268, 273...286, 299...312, 315...316), otherTags: []),
        File(
            name: "sm4_gcm_test.json", algorithms: [.sm4GCM], otherKeys: [], otherNonces: numbers(66...104),
            otherTags: []),
        File(
            name: "sm4_ccm_test.json", algorithms: [.sm4CCM], otherKeys: [],
            otherNonces: numbers(79...114, 163...175), otherTags: numbers(115...162, 176...184)),
    ]

    /// What became of a case. The first three are sizes that are not offered here.
    enum Outcome: Hashable { case otherKey, otherNonce, otherTag, valid, invalid }

    @Test(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.skipped)), arguments: files)
    func agreesWithWycheproof(file: File) throws {
        let vectors = try WycheproofCipherFile.read(file.name)
        let outcomes = try vectors.cases.map { (number: $0.tcId, outcome: try outcome(of: $0, file)) }
        func numbers(_ outcome: Outcome) -> [Int] { outcomes.filter { $0.outcome == outcome }.map(\.number) }
        print(
            "Wycheproof \(file.name): valid \(numbers(.valid).count), invalid \(numbers(.invalid).count), not offered: "
                + "keys \(numbers(.otherKey).count), nonces \(numbers(.otherNonce).count), tags "
                + "\(numbers(.otherTag).count)")
        #expect(numbers(.otherKey) == file.otherKeys)
        #expect(numbers(.otherNonce) == file.otherNonces)
        #expect(numbers(.otherTag) == file.otherTags)
        #expect(outcomes.count == vectors.numberOfTests)
    }

    private func outcome(of test: WycheproofCipherFile.Case, _ file: File) throws -> Outcome {
        let key = try test.key.guarded()
        guard let algorithm = file.algorithms.first(where: { $0.keyByteCount == key.count }) else {
            for algorithm in file.algorithms {
                let expected = CipherError.keySize(key.count, expected: algorithm.keyByteCount)
                #expect(error { _ = try AEAD(algorithm, key: key) } == expected, "case \(test.tcId)")
            }
            return .otherKey
        }
        let iv = try test.iv.bytes()
        guard iv.count == 12 else {
            #expect(error { _ = try Nonce(iv) } == .nonceSize(iv.count), "case \(test.tcId)")
            return .otherNonce
        }
        return try outcome(of: test, AEAD(algorithm, key: key), Nonce(iv))
    }

    private func outcome(of test: WycheproofCipherFile.Case, _ cipher: AEAD, _ nonce: Nonce) throws -> Outcome {
        let context = try test.aad.bytes()
        let plaintext = try test.msg.bytes()
        let tag = try test.tag.bytes()
        let sealed = try test.ct.bytes() + tag
        guard test.isValid, tag.count == 16 else {
            // Whatever the file says of it: a tag of another length is not authentic here.
            let found = error { _ = try cipher.open(sealed, nonce: nonce, authenticating: context) }
            #expect(found == .notAuthentic, "case \(test.tcId)")
            return tag.count == 16 ? .invalid : .otherTag
        }
        #expect(try cipher.seal(plaintext, nonce: nonce, authenticating: context) == sealed, "case \(test.tcId)")
        #expect(try cipher.open(sealed, nonce: nonce, authenticating: context) == plaintext, "case \(test.tcId)")
        return .valid
    }
}
