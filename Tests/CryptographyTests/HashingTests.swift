import Foundation
import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct HashingTests {
    let suite = Cryptography.Suite.international

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256AgreesWithFIPS180(message: String, expected: String) {
        #expect(suite.hash(Array(message.utf8)) == Digest(hexadecimal: expected))
    }

    @Test func slicesAndSpansHashAsTheirBytes() {
        var generator = SeededGenerator(seed: 1)
        for count in 0..<300 {
            let bytes = generator.bytes(count + 7)
            let whole = suite.hash(Array(bytes[3..<3 + count]))
            #expect(suite.hash(bytes[3..<3 + count]) == whole)
            #expect(suite.hash(bytes.span.extracting(3..<3 + count)) == whole)
        }
    }

    @Test func allWaysToHashANodeAgree() {
        #expect(SHA256.hasInstructions || !cpuInfo.contains("sha_ni"), "the faster way is not taken")
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<1_000 {
            let tag = UInt8.random(in: 0...255, using: &generator)
            let (left, right) = (digest(&generator), digest(&generator))
            let expected = suite.hash([tag] + left.bytes + right.bytes)
            #expect(suite.hash(tag: tag, left, right) == expected)
            #expect(SHA256.hashPortably(tag: tag, left, right) == expected)
            if SHA256.hasInstructions { #expect(SHA256.hashWithInstructions(tag: tag, left, right) == expected) }
        }
    }

    @Test(arguments: 0..<100) func allWaysToHashManyNodesAgree(_ count: Int) {
        #expect(SHA256.hasWideRegisters || !cpuInfo.contains("avx512bw"), "the fastest way is not taken")
        var generator = SeededGenerator(seed: UInt64(count))
        let tag = UInt8.random(in: 0...255, using: &generator)
        let list = (0..<2 * count).map { _ in digest(&generator) }
        let expected = (0..<count).map { SHA256.hashPortably(tag: tag, list[2 * $0], list[2 * $0 + 1]) }
        func hashed(_ body: (Span<Digest>, inout MutableSpan<Digest>) -> Void) -> [Digest] {
            var digests = [Digest](repeating: .zero, count: count)
            var span = digests.mutableSpan
            body(list.span, &span)
            return digests
        }
        #expect(hashed { suite.hashPairs(tag: tag, $0, into: &$1) } == expected)
        if SHA256.hasInstructions {
            let digests = hashed { SHA256.hashPairsWithInstructions(tag: tag, $0, 0..<count, into: &$1) }
            #expect(digests == expected)
            let half = hashed { SHA256.hashPairsWithInstructions(tag: tag, $0, count / 2..<count, into: &$1) }
            #expect(half == Array(repeating: .zero, count: count / 2) + expected[(count / 2)...])
        }
        if SHA256.hasWideRegisters, count >= 16 {
            let digests = hashed { SHA256.hashPairsOf16(tag: tag, $0, count / 16, into: &$1) }
            #expect(digests.prefix(count / 16 * 16) == expected.prefix(count / 16 * 16))
        }
    }

    private func digest(_ generator: inout SeededGenerator) -> Digest {
        Digest(copying: generator.bytes(32).span, at: 0)
    }

    private var cpuInfo: String { (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "" }
}
