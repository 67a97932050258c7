import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// SM2, SM3 and SM4 against two other implementations.
@Suite(.enabled(if: Peer.areThere, Comment(rawValue: Peer.missing))) struct PeerTests {
    private func text(_ bytes: [UInt8]) -> String { String(bytes.hexadecimal.dropFirst(2)) }

    private struct SM2Case {
        let seed, message: [UInt8]
        let key: SoftwareKey
        /// x and y in hexadecimal.
        let point: String

        init(_ generator: inout SeededGenerator) throws {
            // Below the order, as the first byte is.
            seed = [UInt8.random(in: 0..<255, using: &generator)] + generator.bytes(31)
            key = try SoftwareKey(scheme: .sm2, seed: seed)
            message = generator.bytes(32)
            let publicKey = EllipticKey(.sm2, publicKey: key.publicKey.bytes.span)
            let coordinates = try #require(publicKey).coordinates
            point = String(coordinates.span.indices.map { coordinates[$0] }.hexadecimal.dropFirst(2))
        }

        var digest: Digest { Digest(copying: message.span, at: 0) }
    }

    @Test(arguments: Peer.allCases) func theyTakeOurSignatures(peer: Peer) throws {
        var generator = SeededGenerator(seed: 91)
        var requests: [[String]] = []
        var expected: [String] = []
        for _ in 0..<20 {
            let sample = try SM2Case(&generator)
            let signature = try sample.key.sign(sample.digest).bytes
            requests.append(["sm2_verify", sample.point, text(sample.message), text(signature)])
            expected.append("valid")
            var (message, damaged) = (sample.message, signature)
            message[Int.random(in: 0..<32, using: &generator)] ^= 1
            damaged[Int.random(in: 0..<64, using: &generator)] ^= 1
            requests.append(["sm2_verify", sample.point, text(message), text(signature)])
            requests.append(["sm2_verify", sample.point, text(sample.message), text(damaged)])
            expected += ["invalid", "invalid"]
        }
        #expect(try peer.ask(requests) == expected)
    }

    @Test(arguments: Peer.allCases) func weTakeTheirSignatures(peer: Peer) throws {
        var generator = SeededGenerator(seed: 92)
        let samples = try (0..<20).map { _ in try SM2Case(&generator) }
        let answers = try peer.ask(samples.map { ["sm2_sign", text($0.seed), $0.point, text($0.message)] })
        #expect(answers.count == samples.count)
        for (sample, answer) in zip(samples, answers) {
            let signature = try #require(Signature(hexadecimal: answer))
            let key = sample.key.publicKey
            #expect(SignatureCheck(publicKey: key, digest: sample.digest, signature: signature).isValid)
            var damaged = signature.bytes
            damaged[Int.random(in: 0..<64, using: &generator)] ^= 1
            let other = try #require(Signature(damaged))
            #expect(!SignatureCheck(publicKey: key, digest: sample.digest, signature: other).isValid)
            #expect(!SignatureCheck(publicKey: key, digest: .zero, signature: signature).isValid)
        }
    }

    @Test(arguments: Peer.allCases) func hashesAgree(peer: Peer) throws {
        var generator = SeededGenerator(seed: 93)
        let messages = (0..<100).map { generator.bytes($0 < 70 ? $0 : Int.random(in: 0...2_000, using: &generator)) }
        let answers = try peer.ask(messages.map { ["sm3", text($0)] })
        #expect(answers == messages.map { text(Cryptography.Suite.national.hash($0).bytes) })
    }

    @Test(arguments: Peer.allCases) func blocksAndChainsOfBlocksAgree(peer: Peer) throws {
        var generator = SeededGenerator(seed: 94)
        var requests: [[String]] = []
        var expected: [String] = []
        for count in 1...20 {
            let (key, iv, plaintext) = (generator.bytes(16), generator.bytes(16), generator.bytes(16 * count))
            let cipher = try SM4(key: GuardedBytes.copying(key.span))
            var (single, chained): ([UInt8], [UInt8]) = ([], [])
            var before = iv
            for start in stride(from: 0, to: plaintext.count, by: 16) {
                let block = Array(plaintext[start..<start + 16])
                single += try cipher.encrypt(#require(InlineBytes<16>(block))).bytes
                before = try cipher.encrypt(#require(InlineBytes<16>(zip(block, before).map { $0 ^ $1 }))).bytes
                chained += before
            }
            requests.append(["sm4_ecb", text(key), text(plaintext)])
            requests.append(["sm4_cbc", text(key), text(iv), text(plaintext)])
            expected += [text(single), text(chained)]
        }
        #expect(try peer.ask(requests) == expected)
    }

    @Test(arguments: [("sm4_gcm", AEAD.Algorithm.sm4GCM), ("sm4_ccm", .sm4CCM)])
    func sealedBytesAgree(operation: String, algorithm: AEAD.Algorithm) throws {
        var generator = SeededGenerator(seed: 95)
        var requests: [[String]] = []
        var expected: [String] = []
        for count in Array(1...40) + [1_000, 3_000] {
            let (key, nonce) = (generator.bytes(16), generator.bytes(12))
            let (plaintext, context) = (generator.bytes(count), generator.bytes(count % 37))
            let cipher = try AEAD(algorithm, key: GuardedBytes.copying(key.span))
            requests.append([operation, text(key), text(nonce), text(plaintext), text(context)])
            expected.append(text(try cipher.seal(plaintext, nonce: Nonce(nonce), authenticating: context)))
        }
        #expect(try Peer.tongsuopy.ask(requests) == expected)
    }
}
