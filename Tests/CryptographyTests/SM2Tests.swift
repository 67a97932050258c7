import Primitives
import TestSupport
import Testing

@testable import Cryptography

@Suite struct SM2Tests {
    let suite = Cryptography.Suite.national

    private func bytes(_ text: String) throws -> [UInt8] { try #require([UInt8](hexadecimal: text)) }

    /// GB/T 32918.5-2017, appendix A.2: the signature of "message digest" by the default identifier.
    @Test func agreesWithTheStandard() throws {
        let key = try SoftwareKey(
            scheme: .sm2, seed: bytes("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"))
        let point = try bytes(
            "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                + "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13")
        #expect(key.publicKey.bytes == SM2.compressed(point))
        let coordinates = InlineArray<64, UInt8> { point[1 + $0] }
        let identity = SM2.identity(coordinates)
        #expect(
            identity == Digest(hexadecimal: "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"))
        let message = Array("message digest".utf8)
        #expect(
            SM2.challenge(identity: identity, message: message.span)
                == Digest(hexadecimal: "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"))
        let signature = try #require(
            Signature(
                hexadecimal: "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
                    + "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"))
        for form in [point, key.publicKey.bytes] {
            #expect(verify(message, form, SM2.identifier, signature))
            #expect(!verify(message, form, Array("1234567812345679".utf8), signature))
            #expect(!verify(message + [0], form, SM2.identifier, signature))
        }
    }

    @Test func anyIdentifierMayBeGiven() throws {
        let scalar = try GuardedBytes.copying([UInt8](repeating: 7, count: 32).span)
        let pair = try #require(EllipticKey(.sm2, scalar: scalar))
        let identifier = Array("ALICE123@YAHOO.COM".utf8)
        let identity = SM2.identity(pair.coordinates, identifier: identifier)
        let signature = try #require(pair.sign(SM2.challenge(identity: identity, message: [1, 2].span)))
        #expect(verify([1, 2], pair.compressed.bytes, identifier, signature))
        #expect(!verify([1, 2], pair.compressed.bytes, SM2.identifier, signature))
    }

    /// r and s are from 1 to the order less 1, and r + s is not a multiple of the order.
    @Test func whatIsOutOfRangeIsRefused() throws {
        let key = try SoftwareKey.generate(.sm2)
        let digest = suite.hash([1])
        let good = try key.sign(digest).bytes
        let order = EllipticCurve.sm2.order.bigEndianBytes
        let orderBytes = order.span.indices.map { order[$0] }
        let (zero, r, s) = ([UInt8](repeating: 0, count: 32), Array(good.prefix(32)), Array(good.suffix(32)))
        let minusR = try #require(EllipticCurve.sm2.order.subtracting(UInt256(bigEndian: r.span, at: 0)))
        let minus = minusR.bigEndianBytes
        let others = [zero + s, r + zero, orderBytes + s, r + orderBytes, r + minus.span.indices.map { minus[$0] }]
        for bytes in others {
            let signature = try #require(Signature(bytes))
            #expect(!SignatureCheck(publicKey: key.publicKey, digest: digest, signature: signature).isValid)
        }
        // Both s and its negative are in range: there is no rule of low s, and only one of them is valid.
        #expect(
            SignatureCheck(publicKey: key.publicKey, digest: digest, signature: try #require(Signature(good))).isValid)
    }

    private func verify(_ message: [UInt8], _ key: [UInt8], _ identifier: [UInt8], _ signature: Signature) -> Bool {
        SM2OpenSSL.verify(message: message.span, publicKey: key.span, identifier: identifier, signature)
    }
}
