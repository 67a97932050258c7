import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct SM2VerificationTests {
    private typealias Case = (e: Digest, key: InlineBytes<33>, signature: Signature)

    /// GB/T 32918.5, A.2.
    private static let key = "03" + "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    private static let signature =
        "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        + "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"

    private func verify(
        _ message: [UInt8], _ key: InlineBytes<33>, _ signature: Signature,
        identifier: [UInt8] = SM2.identifier
    ) -> Bool {
        SM2Verification.verify(
            message: message.span, publicKey: key, signature: signature, identifier: identifier, hash: SM2Peer.sm3)
    }

    /// Our answer, after it is held against OpenSSL's.
    private func answer(_ test: Case, _ place: SourceLocation = #_sourceLocation) -> Bool {
        let ours = SM2Verification.isValid(e: test.e, publicKey: test.key, signature: test.signature)
        let theirs = SM2Peer.isValid(e: test.e, publicKey: test.key, signature: test.signature)
        #expect(ours == theirs, "\(test)", sourceLocation: place)
        return ours
    }

    @Test func agreesWithTheStandard() throws {
        let key = try #require(InlineBytes<33>(hexadecimal: Self.key))
        let signature = try #require(Signature(hexadecimal: Self.signature))
        let message = Array("message digest".utf8)
        #expect(
            SM2AffinePoint(compressed: key)?.bytes.hexadecimal.uppercased().hasSuffix(
                "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13") == true)
        #expect(verify(message, key, signature))
        #expect(!verify(message + [0], key, signature))
        #expect(!verify(message, key, signature, identifier: Array("1234567812345679".utf8)))
        let point = try #require(SM2AffinePoint(compressed: key))
        let identity = SM2.identity(point.coordinates, hash: SM2Peer.sm3)
        #expect(identity == Digest(hexadecimal: "B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3"))
        let e = SM2Peer.sm3((identity.bytes + message).span)
        #expect(answer((e, key, signature)))
    }

    @Test func identifiersThatAreTooLongAreRefused() throws {
        let key = try #require(InlineBytes<33>(hexadecimal: Self.key))
        for (count, isTaken) in [(0, true), (8_191, true), (8_192, false)] {
            let identifier = [UInt8](repeating: 7, count: count)
            #expect(SM2.isIdentifier(identifier) == isTaken)
            let signature = try #require(Signature(hexadecimal: Self.signature))
            #expect(!verify([], key, signature, identifier: identifier))
        }
    }

    /// Signatures by OpenSSL, and the same with one bit of each part changed.
    @Test func agreesWithOpenSSL() throws {
        var generator = SeededGenerator(seed: 66)
        var accepted = 0
        for _ in 0..<40 {
            let peer = try #require(SM2Peer.generate())
            let key = peer.publicKey
            for _ in 0..<50 {
                let e = try #require(Digest(generator.bytes(32)))
                let signature = try #require(peer.sign(e))
                #expect(answer((e, key, signature)))
                let bit = { (count: Int) in Int.random(in: 0..<count, using: &generator) }
                #expect(!answer((e.flipping(bit(256)), key, signature)))
                #expect(!answer((e, key, signature.flipping(bit(256)))))
                #expect(!answer((e, key, signature.flipping(256 + bit(256)))))
                #expect(!answer((e, key.flipping(bit(264)), signature)))
                accepted += 1
            }
        }
        #expect(accepted == 2_000)
    }

    /// Numbers at the ends of the range, in every place.
    @Test func numbersAtTheEndsAreJudgedAsByOpenSSL() throws {
        let peer = try #require(SM2Peer.generate())
        let e = try #require(Digest(hexadecimal: String(repeating: "5A", count: 32)))
        let good = try #require(peer.sign(e))
        let (r, s) = (UInt256(bigEndian: good.storage.span, at: 0), UInt256(bigEndian: good.storage.span, at: 32))
        let (n, p) = (SM2AffinePoint.order, SM2FieldElement.modulus)
        let numbers: [UInt256] =
            [.zero, UInt256(1), n, p, .max, r, s]
            + [n, p].flatMap { [$0.subtracting(UInt256(1)), $0.adding(UInt256(1))] }
            .compactMap { $0 } + [NaiveModular.n.negative(r), NaiveModular.n.negative(s)]
        var accepted = 0
        for first in numbers {
            for second in numbers {
                let signature = try #require(Signature(first.bigEndianBytes + second.bigEndianBytes))
                if answer((e, peer.publicKey, signature)) { accepted += 1 }
                for x in [UInt256.zero, n, .max] {
                    let other = Digest(copying: x.bigEndianBytes.span, at: 0)
                    _ = answer((other, peer.publicKey, signature))
                }
            }
        }
        #expect(accepted == 1)
        // What is equal modulo n is another coding of the same number, and refused.
        for (number, isFirst) in [(r, true), (s, false)] {
            guard let larger = number.adding(n) else { continue }
            let parts = isFirst ? larger.bigEndianBytes + s.bigEndianBytes : r.bigEndianBytes + larger.bigEndianBytes
            #expect(!answer((e, peer.publicKey, try #require(Signature(parts)))))
        }
    }

    @Test func badKeysAreRefused() throws {
        let peer = try #require(SM2Peer.generate())
        let e = try #require(Digest(hexadecimal: String(repeating: "5A", count: 32)))
        let signature = try #require(peer.sign(e))
        let good = peer.publicKey.bytes
        for prefix in UInt8.min...UInt8.max {
            let key = try #require(InlineBytes<33>([prefix] + good.dropFirst()))
            #expect(answer((e, key, signature)) == (prefix == good[0]))
        }
        var counts = (onCurve: 0, offCurve: 0)
        for x in (0..<200).map({ UInt256($0) }) + (0..<20).map(NaiveModular.p.number) {
            for prefix in [UInt8(2), 3] {
                let key = try #require(InlineBytes<33>([prefix] + x.bigEndianBytes))
                let isPoint = SM2AffinePoint(compressed: key) != nil
                #expect(isPoint == (SM2Peer.reading(key.bytes) != nil))
                if isPoint { counts.onCurve += 1 } else { counts.offCurve += 1 }
                #expect(!answer((e, key, signature)))
                // The same x with p added.
                if let larger = x.adding(SM2FieldElement.modulus) {
                    let other = try #require(InlineBytes<33>([prefix] + larger.bigEndianBytes))
                    #expect(SM2AffinePoint(compressed: other) == nil)
                    #expect(!answer((e, other, signature)))
                }
            }
        }
        #expect(counts.onCurve > 100 && counts.offCurve > 100)
    }
}

extension FixedBytes {
    /// The value with one bit changed.
    fileprivate func flipping(_ bit: Int) -> Self {
        var bytes = bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return Self(copying: bytes.span, at: 0)
    }
}
