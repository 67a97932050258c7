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

    enum Outcome: Hashable { case valid, invalid, short }

    @Test(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.skipped)), arguments: files)
    func hmacAgreesWithWycheproof(name: String, hash: HMAC.Hash) throws {
        let file = try WycheproofCipherFile.read(name)
        let outcomes = try file.cases.map { (number: $0.tcId, outcome: try outcome(of: $0, hash)) }
        func numbers(_ outcome: Outcome) -> [Int] { outcomes.filter { $0.outcome == outcome }.map(\.number) }
        print(
            "Wycheproof \(name): valid \(numbers(.valid).count), invalid \(numbers(.invalid).count), cut short "
                + "\(numbers(.short).count)")
        #expect(numbers(.short) == Self.shortCodes)
        #expect(outcomes.count == file.numberOfTests)
    }

    private func outcome(of test: WycheproofCipherFile.Case, _ hash: HMAC.Hash) throws -> Outcome {
        let key = try HMAC(hash, key: test.key.guarded())
        let isShort = try test.tag.bytes().count != 32
        #expect(try startsWithTag(test, key) == test.isValid, "case \(test.tcId)")
        #expect(try isTagTaken(test, key) == (test.isValid && !isShort), "case \(test.tcId)")
        return isShort ? .short : test.isValid ? .valid : .invalid
    }

    private func startsWithTag(_ test: WycheproofCipherFile.Case, _ key: HMAC) throws -> Bool {
        try key.code(of: test.msg.bytes()).bytes.starts(with: test.tag.bytes())
    }

    private func isTagTaken(_ test: WycheproofCipherFile.Case, _ key: HMAC) throws -> Bool {
        try key.isValid(test.tag.bytes(), for: test.msg.bytes())
    }

    @Test(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.skipped)))
    func hkdfAgreesWithWycheproof() throws {
        let file = try WycheproofCipherFile.read("hkdf_sha256_test.json")
        for test in file.cases { try checkDerivation(test) }
        let validCount = file.cases.count(where: \.isValid)
        print("Wycheproof HKDF-SHA-256: valid \(validCount), invalid \(file.cases.count - validCount)")
        #expect(file.cases.count == file.numberOfTests)
    }

    private func checkDerivation(_ test: WycheproofCipherFile.Case) throws {
        let secret = try test.ikm.guarded()
        let size = try #require(test.size)
        let salt = try test.salt.bytes()
        let info = try test.info.bytes()
        guard test.isValid else {
            // All of them ask for more than 255 hashes.
            #expect(throws: CipherError.outputSize(size, maximum: 8_160), "case \(test.tcId)") {
                try HKDF.sha256(secret: secret, salt: salt, info: info, byteCount: size)
            }
            return
        }
        let key = try HKDF.sha256(secret: secret, salt: salt, info: info, byteCount: size)
        #expect(try key.copy == test.okm.bytes(), "case \(test.tcId)")
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
