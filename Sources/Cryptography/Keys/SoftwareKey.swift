internal import CSecp256k1
internal import CSodium
package import Primitives

/// A private key in this process's guarded memory.
///
/// Signing may be done from any thread. The key is wiped when the last owner lets go of it, and never printed.
package final class SoftwareKey: SigningKey, CustomStringConvertible, CustomReflectable {
    package let publicKey: PublicKey
    /// What a key file keeps: Ed25519's seed (RFC 8032), or secp256k1's scalar, big-endian; 32 bytes.
    let seed: GuardedBytes
    /// What the library signs with: libsodium's 64 bytes for Ed25519, else the seed itself.
    private let secret: GuardedBytes

    static let seedByteCount = 32

    /// A new key from the system's randomness.
    package static func generate(_ scheme: SignatureScheme) throws(KeyError) -> SoftwareKey {
        while true {
            let seed = try GuardedBytes(count: seedByteCount) { memory in
                randombytes_buf(memory, seedByteCount)
                // One in 2^127 seeds is no scalar of secp256k1; then another one is drawn.
                return scheme != .secp256k1
                    || secp256k1_ec_seckey_verify(Secp256k1Context.shared.pointer, memory) == 1
            }
            if let seed { return try SoftwareKey(scheme: scheme, guardedSeed: seed) }
        }
    }

    /// The key of a seed of 32 bytes: Ed25519's seed (RFC 8032), or secp256k1's scalar, big-endian, from 1 to the
    /// group's order less 1. The caller's array is the caller's to wipe.
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
        case .ed25519: (publicKey, secret) = try Self.expandEd25519(guardedSeed)
        case .secp256k1:
            secret = guardedSeed
            publicKey = try Self.publicSecp256k1(guardedSeed)
        }
    }

    package func sign(_ digest: Digest) throws(KeyError) -> Signature {
        switch publicKey.scheme {
        case .ed25519: signEd25519(digest.inlineBytes.span)
        case .secp256k1: try signSecp256k1(digest)
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
        precondition(publicKey.scheme == .ed25519)
        return signEd25519(message.span)
    }

    private func signEd25519(_ message: Span<UInt8>) -> Signature {
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
    private func signSecp256k1(_ digest: Digest) throws(KeyError) -> Signature {
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
