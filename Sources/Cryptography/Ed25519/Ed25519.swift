internal import CSodium
internal import Primitives

/// Ed25519 (RFC 8032) with the acceptance rule of ZIP 215.
///
/// The rule is the same for single and for batched checks: A and R are any codings of points, s is below the group's
/// order L, and [8][s]B = [8]R + [8][k]A with k = SHA-512(R, A, M). With AVX-512 IFMA one lane of our own arithmetic
/// answers single checks faster than libsodium does. Elsewhere libsodium is asked first: it checks the equation without
/// the factor 8 and refuses more points, so what it accepts is valid; what it refuses, which honest signers never make,
/// is decided by our own arithmetic, on public data.
package enum Ed25519 {
    /// Whether `signature` of `message` is valid for the key. False if the key has not 32 bytes.
    package static func verify(message: [UInt8], publicKey: [UInt8], signature: Signature) -> Bool {
        guard publicKey.count == 32 else { return false }
        return verify(message: message.span, publicKey: InlineBytes(copying: publicKey.span, at: 0), signature)
    }

    static func verify(
        message: Span<UInt8>, publicKey: InlineBytes<32>, _ signature: Signature, kernel: Ed25519Kernel = .best
    ) -> Bool {
        switch kernel {
        case .ifma:
            let claim = Ed25519Claim(message: message, publicKey: publicKey, signature)
            return BatchVerification(kernel: kernel).answersAlone([claim])[0]
        case .portable, .avx2:
            return verifyWithSodium(message: message, publicKey: publicKey, signature)
                || verifyByZIP215(message: message, publicKey: publicKey, signature)
        }
    }

    static func verifyWithSodium(message: Span<UInt8>, publicKey: InlineBytes<32>, _ signature: Signature) -> Bool {
        Sodium.demandReady()
        // The pointers live only for the call, which reads 64 bytes, `count` bytes and 32 bytes.
        return signature.storage.withPointer { signature in
            publicKey.storage.withPointer { key in
                message.withUnsafeBufferPointer { message in
                    // The library demands a pointer even to no bytes.
                    crypto_sign_verify_detached(
                        signature, message.baseAddress ?? key, UInt64(message.count), key) == 0
                }
            }
        }
    }

    /// The whole rule with arithmetic of our own that shares nothing with the batches': slower, but plain and safe Swift.
    static func verifyByZIP215(message: Span<UInt8>, publicKey: InlineBytes<32>, _ signature: Signature) -> Bool {
        let encodedR = InlineArray<32, UInt8> { index in signature.storage[index] }
        let s = InlineArray<32, UInt8> { index in signature.storage[32 + index] }
        guard isBelowOrder(s), let r = EdwardsPoint(bytes: encodedR), let a = EdwardsPoint(bytes: publicKey.storage)
        else { return false }
        let k = challenge(encodedR, publicKey.storage, message)
        let negativeA = EdwardsPoint(x: -a.x, y: a.y, z: a.z, t: -a.t)
        let difference = EdwardsPoint.doubleScalarMultiple(s, k, negativeA) + -AddableEdwardsPoint(r)
        return difference.multipliedByCofactor().isIdentity
    }

    static func isBelowOrder(_ scalar: InlineArray<32, UInt8>) -> Bool {
        Scalar(canonical: scalar.span.littleEndianWords(at: 0)) != nil
    }

    /// SHA-512(R, A, M) modulo the group's order.
    private static func challenge(
        _ r: InlineArray<32, UInt8>, _ a: InlineArray<32, UInt8>, _ message: Span<UInt8>
    ) -> InlineArray<32, UInt8> {
        let hash = challengeHash(r, a, message)
        var scalar = InlineArray<32, UInt8>(repeating: 0)
        // The pointers live only for the call, which reads 64 bytes and writes 32.
        hash.withPointer { hash in scalar.withMutablePointer { crypto_core_ed25519_scalar_reduce($0, hash) } }
        return scalar
    }

    /// SHA-512(R, A, M).
    static func challengeHash(
        _ r: InlineArray<32, UInt8>, _ a: InlineArray<32, UInt8>, _ message: Span<UInt8>
    ) -> InlineArray<64, UInt8> {
        Sodium.demandReady()
        var state = crypto_hash_sha512_state()
        var hash = InlineArray<64, UInt8>(repeating: 0)
        crypto_hash_sha512_init(&state)
        // The pointers live only for the calls. The digest has 64 bytes.
        r.withPointer { _ = crypto_hash_sha512_update(&state, $0, 32) }
        a.withPointer { _ = crypto_hash_sha512_update(&state, $0, 32) }
        message.withUnsafeBufferPointer { message in
            if let start = message.baseAddress { crypto_hash_sha512_update(&state, start, UInt64(message.count)) }
        }
        hash.withMutablePointer { _ = crypto_hash_sha512_final(&state, $0) }
        return hash
    }
}
