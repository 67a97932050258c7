internal import Cryptography
internal import Ledger
internal import Primitives

extension FuzzTarget {
    /// Keys, digests and signatures of anybody's making. A signature alone and the same among others must be judged
    /// alike, or nodes would disagree.
    static let signatures = FuzzTarget("signatures", seeds: { seedsOfSignatures }) { bytes throws(FuzzFailure) in
        var input = FuzzInput(bytes)
        var checks: [SignatureCheck] = []
        while !input.isEmpty, checks.count < 40 {
            guard let check = input.signatureCheck() else { continue }
            checks.append(check)
        }
        let alone = checks.map(\.isValid)
        try demand(SerialVerifier().verify(checks) == alone, "a batch judges otherwise than one by one: \(alone)")
        // Enough of them to be put into one equation.
        let many = (0..<(checks.isEmpty ? 0 : 64)).map { checks[$0 % checks.count] }
        try demand(
            SerialVerifier().verify(many) == many.indices.map { alone[$0 % checks.count] },
            "a large batch judges otherwise")
        for check in checks where check.publicKey.scheme == .ed25519 {
            let single = Ed25519.verify(
                message: check.digest.bytes, publicKey: check.publicKey.bytes, signature: check.signature)
            try demand(single == check.isValid, "a check judges otherwise than its scheme")
        }
        _ = checks.map { $0.publicKey.address(in: .international) }
        for check in checks {
            let key = InlineBytes<33>([2 + (check.digest.bytes[0] & 1)] + check.publicKey.bytes.prefix(32))
            if let key { _ = SM2Verification.isValid(e: check.digest, publicKey: key, signature: check.signature) }
        }
    }

    private static var seedsOfSignatures: [[UInt8]] {
        let digest = Suite.international.hash([1, 2, 3])
        let valid: [[UInt8]] = SignatureScheme.allCases.compactMap { scheme in
            guard let key = try? SoftwareKey(scheme: scheme, seed: [UInt8](repeating: 9, count: 32)),
                let signature = try? key.sign(digest)
            else { return nil }
            return [scheme.rawValue] + key.publicKey.bytes + digest.bytes + signature.bytes
        }
        // A key and a commitment of small order, which ZIP 215 accepts with s = 0.
        let small =
            [UInt8(1)] + [1] + [UInt8](repeating: 0, count: 31) + digest.bytes + [1]
            + [UInt8](repeating: 0, count: 63)
        return valid + [valid.flatMap { $0 }, small, valid[0] + small + valid[0]]
    }
}

extension FuzzInput {
    /// A scheme, a key, a digest and a signature; nil for a scheme that is none.
    fileprivate mutating func signatureCheck() -> SignatureCheck? {
        let schemes = SignatureScheme.allCases
        let scheme = SignatureScheme(rawValue: byte()) ?? schemes[0]
        guard let key = PublicKey(scheme: scheme, bytes: paddedBytes(scheme.publicKeyByteCount)),
            let digest = Digest(paddedBytes(32)), let signature = Signature(paddedBytes(64))
        else { return nil }
        return SignatureCheck(publicKey: key, digest: digest, signature: signature)
    }
}
