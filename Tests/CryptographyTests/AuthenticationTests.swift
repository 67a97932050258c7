import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct AuthenticationTests {
    static let files: [(name: String, hash: HMAC.Hash)] = [
        ("hmac_sha256_test.json", .sha256), ("hmac_sm3_test.json", .sm3),
    ]

    /// The cases of both files whose codes are cut to 16 bytes: those are not taken here.
    static let shortCodes = numbers(82...162, 166...168, 172...174)

    @Test(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.skipped)), arguments: files)
    func hmacAgreesWithWycheproof(name: String, hash: HMAC.Hash) throws {
        let file = try WycheproofCipherFile.read(name)
        var counts = (valid: 0, invalid: 0)
        var short: [Int] = []
        for test in file.cases {
            let code = try HMAC(hash, key: test.guarded(\.key))
            let (message, tag) = (try test.bytes(\.msg), try test.bytes(\.tag))
            if tag.count == 32 {
                if test.isValid { counts.valid += 1 } else { counts.invalid += 1 }
                #expect(try code.isValid(tag, for: message) == test.isValid, "case \(test.tcId)")
            } else {
                short.append(test.tcId)
                #expect(try !code.isValid(tag, for: message), "case \(test.tcId)")
                // The whole code starts with the short one where that is right.
                #expect(try code.code(of: message).bytes.starts(with: tag) == test.isValid, "case \(test.tcId)")
            }
        }
        print("Wycheproof \(name): \(counts), cut short \(short.count)")
        #expect(short == Self.shortCodes)
        #expect(counts.valid + counts.invalid + short.count == file.numberOfTests)
    }

    @Test(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.skipped)))
    func hkdfAgreesWithWycheproof() throws {
        let file = try WycheproofCipherFile.read("hkdf_sha256_test.json")
        var counts = (valid: 0, invalid: 0)
        for test in file.cases {
            let (secret, size) = (try test.guarded(\.ikm), try #require(test.size))
            let (salt, info) = (try test.bytes(\.salt), try test.bytes(\.info))
            if test.isValid {
                counts.valid += 1
                let key = try HKDF.sha256(secret: secret, salt: salt, info: info, byteCount: size)
                #expect(key.copy == (try test.bytes(\.okm)), "case \(test.tcId)")
            } else {
                counts.invalid += 1
                // All of them ask for more than 255 hashes.
                #expect(throws: CipherError.outputSize(size, maximum: 8_160)) {
                    try HKDF.sha256(secret: secret, salt: salt, info: info, byteCount: size)
                }
            }
        }
        print("Wycheproof HKDF-SHA-256: \(counts)")
        #expect(counts.valid + counts.invalid == file.numberOfTests)
    }

    @Test func hkdfGivesAtLeastAByte() throws {
        let secret = try GuardedBytes.copying([1, 2, 3].span)
        for count in [0, -1] {
            #expect(throws: CipherError.outputSize(count, maximum: 8_160)) {
                try HKDF.sha256(secret: secret, salt: [], info: [], byteCount: count)
            }
        }
    }

    /// FIPS 180-4's example.
    @Test func longHashesAgreeWithFIPS180() {
        #expect(
            SHA384.hash(Array("abc".utf8)).description
                == "0xcb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                + "8086072ba1e7cc2358baeca134c825a7")
        #expect(
            SHA512.hash(Array("abc".utf8)).description
                == "0xddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
    }
}

extension GuardedBytes {
    /// A copy outside of guarded memory, for comparing.
    var copy: [UInt8] { withBytes { memory in (0..<count).map { memory[$0] } } }
}
