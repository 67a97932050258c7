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

    @Test func allWaysToHashNodesAgree() {
        #expect(SHA256.hasInstructions || !cpuInfo.contains("sha_ni"), "the faster way is not taken")
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<1_000 {
            let tag = UInt8.random(in: 0...255, using: &generator)
            let digests = (0..<4).map { _ in Digest(copying: generator.bytes(32).span, at: 0) }
            let expected = suite.hash([tag] + digests[0].bytes + digests[1].bytes)
            #expect(suite.hash(tag: tag, digests[0], digests[1]) == expected)
            #expect(SHA256.hashPortably(tag: tag, digests[0], digests[1]) == expected)
            guard SHA256.hasInstructions else { continue }
            #expect(SHA256.hashWithInstructions(tag: tag, digests[0], digests[1]) == expected)
            let two = SHA256.hashTwoWithInstructions(tag: tag, (digests[2], digests[3]), (digests[0], digests[1]))
            #expect(two.0 == suite.hash([tag] + digests[2].bytes + digests[3].bytes))
            #expect(two.1 == expected)
        }
    }

    @Test func pairsAreHashedInOrderWhateverTheirNumber() {
        var generator = SeededGenerator(seed: 3)
        for count in 0..<10 {
            let pairs = (0..<count).map { _ in
                (Digest(copying: generator.bytes(32).span, at: 0), Digest(copying: generator.bytes(32).span, at: 0))
            }
            #expect(suite.hashPairs(tag: 7, pairs: pairs) == pairs.map { suite.hash(tag: 7, $0.0, $0.1) })
        }
    }

    private var cpuInfo: String { (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "" }
}
