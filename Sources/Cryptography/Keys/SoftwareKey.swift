internal import CSecp256k1
internal import CSodium
package import Primitives

/// A private key in this process's guarded memory.
///
/// Signing may be done from any thread. The key is wiped when the last owner lets go of it, and never printed.
package final class SoftwareKey: SigningKey, CustomStringConvertible, CustomReflectable {
    package let publicKey: PublicKey
    /// What a key file keeps: Ed25519's seed (RFC 8032), or a curve's scalar, big-endian; 32 bytes.
    let seed: GuardedBytes
    private let secret: Secret

    static let seedByteCount = 32

    /// What the scheme's library signs with.
    private enum Secret {
        /// libsodium's 64 bytes.
        case ed25519(GuardedBytes)
        /// The seed itself.
        case secp256k1(GuardedBytes)
        case p256(EllipticKey)
        /// Beside the key, what is hashed before each message.
        case sm2(EllipticKey, identity: Digest)
    }

    /// A new key from the system's randomness.
    package static func generate(_ scheme: SignatureScheme) throws(KeyError) -> SoftwareKey {
        while true {
            let seed = try GuardedBytes(count: seedByteCount) { memory in
                randombytes_buf(memory, seedByteCount)
                return true
            }
            guard let seed else { preconditionFailure("filling with randomness does not fail") }
            do throws(KeyError) { return try SoftwareKey(scheme: scheme, guardedSeed: seed) } catch {
                // At most one in 2^32 seeds is no scalar of the curve; then another one is drawn.
                guard error.reason == .notAKey else { throw error }
            }
        }
    }

    /// The key of a seed of 32 bytes: Ed25519's seed (RFC 8032), or a curve's scalar, big-endian, from 1 to the
    /// group's order less 1 (less 2 for SM2). The caller's array is the caller's to wipe.
    package convenience init(scheme: SignatureScheme, seed: [UInt8]) throws(KeyError) {
        guard seed.count == Self.seedByteCount else {
            throw KeyError(.notAKey, "a private key of \(scheme) has 32 bytes, not \(seed.count)")
        }
        try self.init(scheme: scheme, guardedSeed: try GuardedBytes.copying(seed.span))
    }

    /// Demands 32 bytes.
    init(scheme: SignatureScheme, guardedSeed: GuardedBytes) throws(KeyError) {
        precondition(guardedSeed.count == Self.seedByteCount)
        seed = guardedSeed
        switch scheme {
        case .ed25519:
            let (key, expanded) = try Self.expandEd25519(guardedSeed)
            (publicKey, secret) = (key, .ed25519(expanded))
        case .secp256k1: (publicKey, secret) = (try Self.publicSecp256k1(guardedSeed), .secp256k1(guardedSeed))
        case .p256:
            let (publicKey, pair) = try Self.pair(.p256, .p256, guardedSeed)
            (self.publicKey, secret) = (publicKey, .p256(pair))
        case .sm2:
            let (publicKey, pair) = try Self.pair(.sm2, .sm2, guardedSeed)
            (self.publicKey, secret) = (publicKey, .sm2(pair, identity: SM2.identity(pair.coordinates)))
        }
    }

    package func sign(_ digest: Digest) throws(KeyError) -> Signature {
        switch secret {
        case .ed25519(let secret): Self.signEd25519(digest.inlineBytes.span, secret)
        case .secp256k1(let scalar): try Self.signSecp256k1(digest, scalar)
        case .p256(let pair): P256.withLowS(try Self.sign(digest, pair))
        case .sm2(let pair, let identity):
            try Self.sign(SM2.challenge(identity: identity, message: digest.inlineBytes.span), pair)
        }
    }

    package func sign(document: [UInt8]) throws(KeyError) -> Signature {
        switch secret {
        case .p256: return try sign(Suite.international.hash(document))
        case .sm2(let pair, let identity):
            return try Self.sign(SM2.challenge(identity: identity, message: document.span), pair)
        case .ed25519, .secp256k1:
            throw KeyError("certificates are signed with keys of P-256 and SM2, not of \(publicKey.scheme)")
        }
    }

    package var description: String { "(private key of \(publicKey))" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

// MARK: - Ed25519

extension SoftwareKey {
    private static func expandEd25519(_ seed: GuardedBytes) throws(KeyError) -> (PublicKey, GuardedBytes) {
        var bytes = [UInt8](repeating: 0, count: 32)
        let secret = try GuardedBytes(count: 64) { memory in
            seed.withBytes { crypto_sign_seed_keypair(&bytes, memory, $0) == 0 }
        }
        guard let secret, let publicKey = PublicKey(scheme: .ed25519, bytes: bytes) else {
            preconditionFailure("every seed of 32 bytes makes an Ed25519 key")
        }
        return (publicKey, secret)
    }

    /// Signs a message of any length with Ed25519: for known answers. Demands a key of that scheme.
    func sign(message: [UInt8]) -> Signature {
        guard case .ed25519(let secret) = secret else { preconditionFailure("the key is not one of Ed25519") }
        return Self.signEd25519(message.span, secret)
    }

    private static func signEd25519(_ message: Span<UInt8>, _ secret: GuardedBytes) -> Signature {
        var signature = Signature(repeating: 0)
        secret.withBytes { secret in
            message.withUnsafeBufferPointer { message in
                signature.storage.withMutablePointer { output in
                    // The library demands a pointer even to no bytes.
                    _ = crypto_sign_detached(
                        output, nil, message.baseAddress ?? secret, UInt64(message.count), secret)
                }
            }
        }
        return signature
    }
}

// MARK: - secp256k1

extension SoftwareKey {
    private static func publicSecp256k1(_ scalar: GuardedBytes) throws(KeyError) -> PublicKey {
        var key = secp256k1_pubkey()
        let isScalar = scalar.withBytes {
            secp256k1_ec_pubkey_create(Secp256k1Context.shared.pointer, &key, $0) == 1
        }
        guard isScalar, let publicKey = PublicKey(scheme: .secp256k1, bytes: Secp256k1.serialized(&key).bytes) else {
            throw KeyError(
                .notAKey, "the private key is not one of secp256k1: it is zero, or not below the group's order")
        }
        return publicKey
    }

    /// The nonce is RFC 6979's, and libsecp256k1 gives the lower of the two possible values for s.
    private static func signSecp256k1(_ digest: Digest, _ secret: GuardedBytes) throws(KeyError) -> Signature {
        var signature = secp256k1_ecdsa_signature()
        let message = digest.inlineBytes
        let isSigned = secret.withBytes { secret in
            message.withPointer {
                secp256k1_ecdsa_sign(Secp256k1Context.shared.pointer, &signature, $0, secret, nil, nil) == 1
            }
        }
        guard isSigned else { throw KeyError("libsecp256k1 found no nonce for this digest and key") }
        return Secp256k1.compact(&signature)
    }
}

// MARK: - P-256 and SM2

extension SoftwareKey {
    private static func pair(
        _ scheme: SignatureScheme, _ curve: EllipticCurve, _ scalar: GuardedBytes
    ) throws(KeyError) -> (PublicKey, EllipticKey) {
        guard let pair = EllipticKey(curve, scalar: scalar),
            let publicKey = PublicKey(scheme: scheme, bytes: pair.compressed.bytes)
        else {
            throw KeyError(
                .notAKey, "the private key is not one of \(scheme): it is zero, or not below the group's order")
        }
        return (publicKey, pair)
    }

    private static func sign(_ hash: Digest, _ pair: EllipticKey) throws(KeyError) -> Signature {
        guard let signature = pair.sign(hash) else {
            throw KeyError(.system, "OpenSSL could not sign: the system's random source does not answer")
        }
        return signature
    }
}

// MARK: - TLS

extension SoftwareKey {
    /// Lends the `EVP_PKEY` of a key on P-256, for TLS, which takes a reference of its own; nil for another scheme.
    /// Whoever has it signs with it: its bytes stay in OpenSSL.
    package func withTransportKey<Result>(_ body: (OpaquePointer) -> Result) -> Result? {
        guard case .p256(let pair) = secret else { return nil }
        return pair.withPointer(body)
    }
}
