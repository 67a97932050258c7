import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct P256Tests {
    let suite = Cryptography.Suite.international

    /// RFC 6979, appendix A.2.5, with SHA-256: the first has a high s.
    static let known: [(message: String, signature: String, isLow: Bool)] = [
        (
            "sample",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                + "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8", false
        ),
        (
            "test",
            "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
                + "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083", true
        ),
    ]

    @Test(arguments: known) func agreesWithRFC6979(message: String, signature: String, isLow: Bool) throws {
        let seed = try #require(
            [UInt8](hexadecimal: "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"))
        let point = try #require(
            [UInt8](
                hexadecimal: "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                    + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"))
        let key = try SoftwareKey(scheme: .p256, seed: seed).publicKey
        #expect(key.bytes == P256.compressed(point))
        let digest = suite.hash(Array(message.utf8))
        let known = try #require(Signature(hexadecimal: signature))
        #expect(P256.hasLowS(known) == isLow)
        #expect(P256.verify(digest: digest, publicKey: key.bytes, signature: known) == isLow)
        let lowered = P256.withLowS(known)
        #expect((lowered == known) == isLow)
        #expect(P256.verify(digest: digest, publicKey: key.bytes, signature: lowered))
    }

    @Test func signsWithLowS() throws {
        let key = try SoftwareKey.generate(.p256)
        for number in 0..<50 {
            let digest = suite.hash([UInt8(number)])
            let signature = try key.sign(digest)
            #expect(P256.hasLowS(signature))
            #expect(SignatureCheck(publicKey: key.publicKey, digest: digest, signature: signature).isValid)
        }
    }

    @Test func halfOfTheOrderIsTheLast() throws {
        let half = P256.halfOrder.bigEndianBytes
        var bytes = [UInt8](repeating: 1, count: 32) + half.span.indices.map { half[$0] }
        #expect(P256.hasLowS(try #require(Signature(bytes))))
        bytes[63] += 1
        #expect(!P256.hasLowS(try #require(Signature(bytes))))
    }

    // MARK: Wycheproof

    /// The valid cases whose s is high, which only our rule refuses.
    static let highS = numbers(
        2...3, 7...7, 299...299, 301...303, 306...306, 312...313, 315...316, 320...322, 329...331, 335...335, 337...337,
        339...340, 342...342, 345...346, 349...350, 352...353, 365...369, 394...395, 398...400, 403...403, 406...406,
        412...415, 418...420, 422...423, 427...427, 433...434, 439...440, 448...448, 452...453, 456...456, 459...459,
        461...463, 465...465, 467...469, 471...471, 475...475, 479...479, 484...484)
    static let highSOfFixedLength = numbers(
        64...64, 66...68, 71...71, 77...78, 80...81, 85...87, 94...96, 100...100, 102...102, 104...105, 107...107,
        110...111, 114...115, 117...118, 138...142, 171...172, 175...177, 180...180, 183...183, 189...192, 195...197,
        199...200, 204...204, 210...211, 216...217, 226...227, 229...229, 233...234, 237...237, 240...240, 242...244,
        246...246, 248...250, 252...253, 257...257, 262...262)

    static let files: [(name: String, isDER: Bool, highS: [Int])] = [
        ("ecdsa_secp256r1_sha256_test.json", true, highS),
        ("ecdsa_secp256r1_sha256_p1363_test.json", false, highSOfFixedLength),
    ]

    @Test(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.skipped)), arguments: files)
    func agreesWithWycheproof(name: String, isDER: Bool, highS: [Int]) throws {
        let file = try WycheproofFile.read(name)
        var counts = (accepted: 0, refused: 0, malformed: 0)
        var refusedForHighS: [Int] = []
        for (key, test) in file.cases {
            let publicKey = try #require(P256.compressed([UInt8](hexadecimal: key.uncompressed ?? "?") ?? []))
            let parsed = isDER ? try? DERSignature.decode(test.signature) : Signature(test.signature)
            guard let signature = parsed else {
                counts.malformed += 1
                #expect(!test.isValid, "case \(test.tcId)")
                continue
            }
            let isHigh = test.isValid && !P256.hasLowS(signature)
            let digest = suite.hash(test.message)
            let isValid = P256.verify(digest: digest, publicKey: publicKey, signature: signature)
            #expect(isValid == (test.isValid && !isHigh), "case \(test.tcId)")
            if isHigh {
                refusedForHighS.append(test.tcId)
                let lowered = P256.withLowS(signature)
                #expect(P256.verify(digest: digest, publicKey: publicKey, signature: lowered), "case \(test.tcId)")
            }
            if isValid { counts.accepted += 1 } else { counts.refused += 1 }
        }
        print("Wycheproof \(name): \(counts), of these refused for high s: \(refusedForHighS.count)")
        #expect(counts.accepted + counts.refused + counts.malformed == file.numberOfTests)
        #expect(refusedForHighS == highS)
    }
}
