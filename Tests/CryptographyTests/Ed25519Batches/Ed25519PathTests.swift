import CSodium
import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// Every way to the answers gives those of the one rule, for vectors of others and whatever is put beside them.
@Suite struct Ed25519PathTests {
    static let honest = (try? Ed25519Case.honest(count: 64, seed: 61)) ?? []

    private func expectRight(_ cases: [Ed25519Case], _ path: Ed25519Path, _ comment: Comment? = nil) {
        #expect(path.answers(cases) == cases.map(\.isValid), comment)
    }

    /// The case at each position of a batch of honest ones.
    private func expectRightEverywhere(_ test: Ed25519Case, in count: Int, _ path: Ed25519Path) {
        for position in 0..<count {
            var cases = Array(Self.honest.prefix(count))
            cases[position] = test
            expectRight(cases, path, "at \(position) of \(count)")
        }
    }

    // MARK: Vectors

    static let rfc8032: [Ed25519Case] = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ].compactMap { key, message, signature in
        guard let publicKey = [UInt8](hexadecimal: key), let signature = Signature(hexadecimal: signature) else {
            return nil
        }
        return Ed25519Case(
            message: [UInt8](hexadecimal: message) ?? [], publicKey: publicKey, signature: signature, isValid: true)
    }

    @Test(arguments: Ed25519Path.all) func agreesWithRFC8032(path: Ed25519Path) {
        #expect(Self.rfc8032.count == 3)
        expectRight(Self.rfc8032, path)
        for test in Self.rfc8032 {
            expectRightEverywhere(test, in: 17, path)
            var changed = test
            changed.message.append(0)
            changed.isValid = false
            expectRightEverywhere(changed, in: 17, path)
        }
    }

    static func wycheproof() throws -> [Ed25519Case] {
        try WycheproofFile.read("ed25519_test.json").cases.compactMap { key, test in
            guard let signature = Signature(test.signature), let publicKey = [UInt8](hexadecimal: key.pk ?? "?") else {
                return nil
            }
            // Case 151 is R = (0, 1) with the sign of x set, which RFC 8032 refuses and ZIP 215 takes.
            return Ed25519Case(
                message: test.message, publicKey: publicKey, signature: signature,
                isValid: test.isValid || test.tcId == 151)
        }
    }

    @Test(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.skipped)), arguments: Ed25519Path.all)
    func agreesWithWycheproof(path: Ed25519Path) throws {
        let cases = try Self.wycheproof()
        #expect(cases.count > 100)
        expectRight(cases, path)
        expectRight(cases.filter(\.isValid), path)
        for (index, test) in cases.enumerated() {
            var batch = Self.honest
            batch[index % 64] = test
            expectRight(batch, path, "case \(index)")
            expectRight([test], path)
        }
        for test in [cases.last, cases.first { !$0.isValid }] {
            expectRightEverywhere(try #require(test), in: 64, path)
        }
    }

    /// ZIP 215's matrix: A and R any codings of points of small order, s = 0. All are valid, and none with s = 1.
    static let smallOrder: [Ed25519Case] = ZIP215Tests.encodings.flatMap { key in
        ZIP215Tests.encodings.flatMap { r in
            [UInt8(0), 1].map { s in
                let signature = Signature(r + [s] + [UInt8](repeating: 0, count: 31)) ?? Signature(repeating: 0)
                return Ed25519Case(
                    message: Array("Zcash".utf8), publicKey: key, signature: signature, isValid: s == 0)
            }
        }
    }

    @Test(arguments: Ed25519Path.all) func takesPointsOfSmallOrder(path: Ed25519Path) {
        let valid = Self.smallOrder.filter(\.isValid)
        #expect(valid.count == 196)
        expectRight(valid, path)
        expectRight(Self.smallOrder, path)
        for (index, test) in Self.smallOrder.enumerated() {
            var batch = Array(Self.honest.prefix(16))
            batch[index % 16] = test
            expectRight(batch, path, "case \(index)")
        }
    }

    @Test(arguments: Ed25519Path.all) func agreesWithTheSpecificationCheck(path: Ed25519Path) throws {
        let cases = SpecificationCheck.cases
        #expect(cases.count == 12)
        expectRight(cases, path)
        for test in cases {
            expectRight([test], path)
            expectRightEverywhere(test, in: 24, path)
        }
    }

    // MARK: Properties

    @Test(arguments: Ed25519Path.all) func anySizeIsRight(path: Ed25519Path) throws {
        var generator = SeededGenerator(seed: 62)
        for count in [0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000] {
            var cases = (0..<count).map { Self.honest[$0 % 64] }
            expectRight(cases, path, "\(count)")
            guard count > 0 else { continue }
            let position = Int(generator.next() % UInt64(count))
            cases[position] = cases[position].damaged(&generator)
            expectRight(cases, path, "\(count), damaged at \(position)")
        }
    }

    @Test(arguments: Ed25519Path.all) func aShareOfInvalidOnesIsFound(path: Ed25519Path) throws {
        var generator = SeededGenerator(seed: 63)
        for share in [1, 2, 8, 32] as [UInt64] {
            let cases = (0..<300).map { index in
                let test = Self.honest[index % 64]
                return generator.next() % share == 0 ? test.damaged(&generator) : test
            }
            #expect(cases.map(\.isValidAlone) == cases.map(\.isValid))
            expectRight(cases, path, "one of \(share)")
        }
    }

    /// A damaged key or R is often no point; then it costs the others nothing, nor changes their answers.
    @Test(arguments: Ed25519Path.all) func undecodableOnesAreLeftOut(path: Ed25519Path) throws {
        var noPoint = try #require([UInt8](hexadecimal: String(repeating: "00", count: 32)))
        while noPoint.point != nil { noPoint[0] += 1 }
        var test = Self.honest[0]
        test.isValid = false
        test.publicKey = noPoint
        expectRightEverywhere(test, in: 33, path)
        test.publicKey = Self.honest[0].publicKey
        for index in 0..<32 { test.signature.storage[index] = noPoint[index] }
        expectRightEverywhere(test, in: 33, path)
        expectRight([Ed25519Case](repeating: test, count: 40), path)
    }

    @Test func pathsAgreeWithOpenSSLAndSodium() throws {
        var generator = SeededGenerator(seed: 64)
        let cases = try (0..<400).map { index in
            let test = try Ed25519Case.honest(&generator)
            return index % 3 == 0 ? test.damaged(&generator) : test
        }
        for test in cases {
            let (message, isValid) = (test.message, test.isValid)
            #expect(try OpenSSLEd25519.verify(test) == isValid)
            #expect(Ed25519.verifyWithSodium(message: message.span, publicKey: test.key, test.signature) == isValid)
            #expect(Ed25519.verifyByZIP215(message: message.span, publicKey: test.key, test.signature) == isValid)
        }
        for path in Ed25519Path.all { expectRight(cases, path, "\(path)") }
    }

    @Test func singleChecksAgreeForEveryVector() throws {
        let cases =
            Self.rfc8032 + Self.smallOrder + SpecificationCheck.cases
            + (Vectors.folder == nil ? [] : try Self.wycheproof())
        for test in cases { #expect(test.isValidByItself.allSatisfy { $0 == test.isValid }) }
    }
}
