import Foundation
import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct SM3Tests {
    let suite = Cryptography.Suite.national

    /// GB/T 32905-2016, appendix A.
    @Test(arguments: [
        ("abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (
            "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        ),
    ])
    func agreesWithTheStandard(message: String, expected: String) {
        #expect(suite.hash(Array(message.utf8)) == Digest(hexadecimal: expected))
    }

    /// Every length up to some blocks, and a longer one, against OpenSSL.
    @Test func agreesWithOpenSSL() {
        var generator = SeededGenerator(seed: 71)
        for count in Array(0..<300) + [100_000] {
            let bytes = generator.bytes(count)
            #expect(suite.hash(bytes) == sm3ByOpenSSL(bytes), "\(count) bytes")
            #expect(suite.hash((bytes + [1])[0..<count]) == sm3ByOpenSSL(bytes))
        }
    }

    /// All numbers of lanes that the processor has, for all numbers of nodes around them.
    @Test func allWaysToHashNodesAgree() {
        let cpuInfo = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        #expect(SM3.lanes == (cpuInfo.contains("avx512f") ? 16 : cpuInfo.contains("avx2") ? 8 : 0))
        var generator = SeededGenerator(seed: 72)
        for count in 0..<40 {
            let tag = UInt8.random(in: 0...255, using: &generator)
            let pairs = (0..<count).map { _ in
                (Digest(copying: generator.bytes(32).span, at: 0), Digest(copying: generator.bytes(32).span, at: 0))
            }
            let expected = pairs.map { sm3ByOpenSSL([tag] + $0.0.bytes + $0.1.bytes) }
            #expect(pairs.map { suite.hash(tag: tag, $0.0, $0.1) } == expected)
            let list = pairs.flatMap { [$0.0, $0.1] }
            func hashed(_ body: (Span<Digest>, inout MutableSpan<Digest>) -> Void) -> [Digest] {
                var digests = [Digest](repeating: .zero, count: count)
                var span = digests.mutableSpan
                body(list.span, &span)
                return digests
            }
            #expect(hashed { suite.hashPairs(tag: tag, $0, into: &$1) } == expected)
            for lanes in [0, 8, 16] where lanes <= SM3.lanes {
                let digests = hashed { SM3.hashPairs(tag: tag, $0, lanes: lanes, into: &$1) }
                #expect(digests == expected, "\(lanes) lanes")
            }
        }
    }

    /// Under the national suite nothing but addresses of secp256k1 is hashed by another function.
    @Test func theNationalSuiteHashesWithSM3Only() throws {
        #expect(suite.hash(Array("abc".utf8)) != Cryptography.Suite.international.hash(Array("abc".utf8)))
        #expect(suite.hash([9] + Digest.zero.bytes + Digest.zero.bytes) == suite.hash(tag: 9, .zero, .zero))
        for scheme in SignatureScheme.allCases where scheme != .secp256k1 {
            let key = try SoftwareKey.generate(scheme).publicKey
            let hash = sm3ByOpenSSL(Array("cairn.address".utf8) + [scheme.rawValue] + key.bytes)
            #expect(key.address(in: suite)?.bytes == Array(hash.bytes.suffix(20)))
        }
        let key = try SoftwareKey.generate(.secp256k1).publicKey
        #expect(key.address(in: suite) == key.address(in: .international))
    }
}
