import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct Secp256k1Tests {
    let suite = Cryptography.Suite.international

    /// Known answers for RFC 6979 on secp256k1 with the private key 1, as Bitcoin's libraries test them.
    @Test(arguments: [
        (
            "Satoshi Nakamoto",
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
                + "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
        ),
        (
            "All those moments will be lost in time, like tears in rain. Time to die...",
            "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b"
                + "547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21"
        ),
    ])
    func signsByRFC6979(message: String, expected: String) throws {
        let key = try SoftwareKey(scheme: .secp256k1, seed: [UInt8](repeating: 0, count: 31) + [1])
        let digest = suite.hash(Array(message.utf8))
        let signature = try key.sign(digest)
        #expect(signature == Signature(hexadecimal: expected))
        #expect(Secp256k1.verify(digest: digest, publicKey: key.publicKey.bytes, signature: signature))
    }

    @Test func highSIsRefused() throws {
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<50 {
            let key = try SoftwareKey(scheme: .secp256k1, seed: generator.bytes(32))
            let digest = suite.hash(generator.bytes(10))
            let signature = try key.sign(digest)
            #expect(!hasHighS(signature))
            #expect(SignatureCheck(publicKey: key.publicKey, digest: digest, signature: signature).isValid)
            let twin = try #require(Signature(signature.bytes.prefix(32) + orderMinus(signature.bytes.suffix(32))))
            #expect(hasHighS(twin))
            #expect(!SignatureCheck(publicKey: key.publicKey, digest: digest, signature: twin).isValid)
        }
    }

    @Test func damagedSignaturesAndKeysAreRefused() throws {
        var generator = SeededGenerator(seed: 32)
        let key = try SoftwareKey(scheme: .secp256k1, seed: generator.bytes(32))
        let digest = suite.hash([1])
        let signature = try key.sign(digest).bytes
        for bit in 0..<512 {
            var damaged = signature
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let parsed = try #require(Signature(damaged))
            #expect(!Secp256k1.verify(digest: digest, publicKey: key.publicKey.bytes, signature: parsed))
        }
        let good = try #require(Signature(signature))
        for bit in 0..<264 {
            var damaged = key.publicKey.bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!Secp256k1.verify(digest: digest, publicKey: damaged, signature: good))
        }
        #expect(!Secp256k1.verify(digest: suite.hash([2]), publicKey: key.publicKey.bytes, signature: good))
        #expect(!Secp256k1.verify(digest: digest, publicKey: [], signature: good))
        let zero = Signature(repeating: 0)
        #expect(!Secp256k1.verify(digest: digest, publicKey: key.publicKey.bytes, signature: zero))
    }

    /// Wycheproof's valid signatures with high s, which only our rule refuses, by their numbers.
    static let files: [(name: String, validWithHighS: [Int])] = [
        ("ecdsa_secp256k1_sha256_bitcoin_test.json", []),
        (
            "ecdsa_secp256k1_sha256_test.json",
            [
                1, 2, 5, 297, 298, 299, 301, 302, 303, 305, 307, 309, 310, 311, 313, 316, 318, 320,
                322, 323, 324, 325, 330, 331, 332, 335, 337, 347, 348, 350, 352, 363, 364, 365, 392, 393,
                396, 397, 398, 399, 401, 402, 406, 412, 413, 417, 421, 423, 425, 427, 431, 432, 437, 438,
                447, 448, 449, 450, 452, 453, 454, 455, 456, 458, 459, 460, 461, 462, 463, 467, 471, 476,
            ]
        ),
    ]

    @Test(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.skipped)), arguments: files)
    func agreesWithWycheproof(name: String, validWithHighS: [Int]) throws {
        let file = try WycheproofFile.read(name)
        var counts = (accepted: 0, refused: 0, notDER: 0)
        var refusedForHighS: [Int] = []
        for (key, test) in file.cases {
            let point = try #require([UInt8](hexadecimal: key.uncompressed ?? "?"))
            let publicKey = try #require(Secp256k1.compressed(point))
            guard let signature = Secp256k1.signature(der: test.signature) else {
                counts.notDER += 1
                #expect(!test.isValid, "case \(test.tcId)")
                continue
            }
            let isHigh = test.isValid && hasHighS(signature)
            if isHigh { refusedForHighS.append(test.tcId) }
            let isValid = Secp256k1.verify(
                digest: suite.hash(test.message), publicKey: publicKey, signature: signature)
            #expect(isValid == (test.isValid && !isHigh), "case \(test.tcId)")
            if isValid { counts.accepted += 1 } else { counts.refused += 1 }
        }
        print("Wycheproof \(name): \(counts), of these refused for high s: \(refusedForHighS)")
        #expect(counts.accepted + counts.refused + counts.notDER == file.numberOfTests)
        #expect(refusedForHighS == validWithHighS)
    }

    // MARK: - The group's order

    private static let order =
        [UInt8](
            hexadecimal: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") ?? []
    private static let halfOrder =
        [UInt8](
            hexadecimal: "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0") ?? []

    private func hasHighS(_ signature: Signature) -> Bool {
        Self.halfOrder.lexicographicallyPrecedes(signature.bytes.suffix(32))
    }

    private func orderMinus(_ scalar: ArraySlice<UInt8>) -> [UInt8] {
        var borrow = 0
        let digits = zip(Self.order, scalar).reversed().map { left, right -> UInt8 in
            let difference = Int(left) - Int(right) - borrow
            borrow = difference < 0 ? 1 : 0
            return UInt8(truncatingIfNeeded: difference)
        }
        return digits.reversed()
    }
}
