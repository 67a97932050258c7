import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct Ed25519Tests {
    /// RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
    @Test(arguments: [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
        [
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
                + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ],
    ])
    func agreesWithRFC8032(hexadecimal: [String]) throws {
        let fields = hexadecimal.compactMap { [UInt8](hexadecimal: $0) }
        let key = try SoftwareKey(scheme: .ed25519, seed: fields[0])
        let signature = try #require(Signature(fields[3]))
        #expect(key.publicKey.bytes == fields[1])
        #expect(key.sign(message: fields[2]) == signature)
        #expect(Ed25519.verify(message: fields[2], publicKey: fields[1], signature: signature))
        #expect(verifyByOurselves(fields[2], fields[1], signature))
        #expect(!Ed25519.verify(message: fields[2] + [0], publicKey: fields[1], signature: signature))
    }

    @Test(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.skipped)))
    func agreesWithWycheproof() throws {
        let file = try WycheproofFile.read("ed25519_test.json")
        var counts = (valid: 0, invalid: 0, wrongLength: 0)
        for (key, test) in file.cases {
            let publicKey = try #require([UInt8](hexadecimal: key.pk ?? "?"))
            guard let signature = Signature(test.signature) else {
                counts.wrongLength += 1
                #expect(!test.isValid, "case \(test.tcId)")
                continue
            }
            // Case 151 is R = (0, 1) with the sign of x set, which RFC 8032 refuses and ZIP 215 takes.
            let expected = test.isValid || test.tcId == 151
            #expect(
                Ed25519.verify(message: test.message, publicKey: publicKey, signature: signature) == expected,
                "case \(test.tcId)")
            #expect(verifyByOurselves(test.message, publicKey, signature) == expected, "case \(test.tcId)")
            if expected { counts.valid += 1 } else { counts.invalid += 1 }
        }
        print("Wycheproof Ed25519: \(counts)")
        #expect(counts.valid + counts.invalid + counts.wrongLength == file.numberOfTests)
        #expect(counts.valid == 89)
    }

    /// libsodium's rule and ours differ only for keys and points that no honest signer makes.
    @Test func agreesWithSodiumOnHonestAndDamagedSignatures() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let key = try SoftwareKey(scheme: .ed25519, seed: generator.bytes(32))
            let message = generator.bytes(Int.random(in: 0...200, using: &generator))
            let good = key.sign(message: message)
            #expect(sodiumAndOurs(message, key.publicKey.bytes, good) == [true, true])

            let bit = Int.random(in: 0..<512, using: &generator)
            var damaged = good.bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(sodiumAndOurs(message, key.publicKey.bytes, try #require(Signature(damaged))) == [false, false])

            var otherKey = key.publicKey.bytes
            otherKey[bit % 32] ^= 1 << UInt8(bit / 64)
            #expect(sodiumAndOurs(message, otherKey, good) == [false, false])
            #expect(sodiumAndOurs(message + [1], key.publicKey.bytes, good) == [false, false])
        }
    }

    @Test func sMustBeBelowTheOrder() throws {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<50 {
            let key = try SoftwareKey(scheme: .ed25519, seed: generator.bytes(32))
            var bytes = key.sign(message: [1, 2, 3]).bytes
            // s and s + L give the same points, so only the rule keeps signatures from having a twin.
            var carry = 0
            for (index, byte) in orderBytes.enumerated() {
                let sum = Int(bytes[32 + index]) + Int(byte) + carry
                bytes[32 + index] = UInt8(truncatingIfNeeded: sum)
                carry = sum >> 8
            }
            #expect(carry == 0)
            let twin = try #require(Signature(bytes))
            #expect(!Ed25519.verify(message: [1, 2, 3], publicKey: key.publicKey.bytes, signature: twin))
        }
    }

    @Test func keysOfOtherLengthsAreRefused() throws {
        let key = try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: 5, count: 32))
        let signature = key.sign(message: [])
        for bytes in [[], key.publicKey.bytes.dropLast(), key.publicKey.bytes + [0]] {
            #expect(!Ed25519.verify(message: [], publicKey: Array(bytes), signature: signature))
        }
    }

    private func sodiumAndOurs(_ message: [UInt8], _ key: [UInt8], _ signature: Signature) -> [Bool] {
        let inline = InlineBytes<32>(copying: key.span, at: 0)
        return [
            Ed25519.verifyWithSodium(message: message.span, publicKey: inline, signature),
            Ed25519.verifyByZIP215(message: message.span, publicKey: inline, signature),
        ]
    }
}

/// The group's order, little-endian.
let orderBytes: [UInt8] = Scalar.order.span.indices.flatMap { word in
    (0..<8).map { UInt8(truncatingIfNeeded: Scalar.order[word] >> UInt64(8 * $0)) }
}

func verifyByOurselves(_ message: [UInt8], _ key: [UInt8], _ signature: Signature) -> Bool {
    Ed25519.verifyByZIP215(
        message: message.span, publicKey: InlineBytes(copying: key.span, at: 0), signature)
}
