internal import CSodium
internal import Primitives

/// A private key at rest, under a passphrase.
///
/// The passphrase becomes a cipher's key by Argon2id; the cipher is XChaCha20-Poly1305. Everything else in the file is
/// its associated data, so that no field can be changed without notice.
package struct KeyFile: Hashable, Sendable {
    static let version = 1

    package let publicKey: PublicKey
    package let derivation: KeyDerivation
    let salt: InlineBytes<16>
    let nonce: InlineBytes<24>
    /// The seed under the cipher, with its tag of 16 bytes.
    let ciphertext: InlineBytes<48>

    /// Seals a key under a passphrase, with new salt and nonce.
    package init(
        sealing key: SoftwareKey, passphrase: Passphrase, derivation: KeyDerivation = .standard
    ) throws(KeyError) {
        publicKey = key.publicKey
        self.derivation = derivation
        salt = Self.randomBytes()
        nonce = Self.randomBytes()
        let header = Self.header(publicKey, derivation, salt, nonce)
        let cipherKey = try derivation.key(from: passphrase, salt: salt)
        ciphertext = Self.encrypt(key.seed, cipherKey, nonce, header)
    }

    init(
        publicKey: PublicKey, derivation: KeyDerivation, salt: InlineBytes<16>, nonce: InlineBytes<24>,
        ciphertext: InlineBytes<48>
    ) {
        self.publicKey = publicKey
        self.derivation = derivation
        self.salt = salt
        self.nonce = nonce
        self.ciphertext = ciphertext
    }

    /// The key, if the passphrase is right and the file is as it was written.
    package func open(_ passphrase: Passphrase) throws(KeyError) -> SoftwareKey {
        let header = Self.header(publicKey, derivation, salt, nonce)
        let cipherKey = try derivation.key(from: passphrase, salt: salt)
        guard let seed = try decrypt(cipherKey, header) else {
            throw KeyError(
                .passphraseWrongOrFileDamaged,
                "the passphrase is wrong for the key \(publicKey), or its file was changed; try the passphrase again, "
                    + "else restore the file from a backup")
        }
        let key = try SoftwareKey(scheme: publicKey.scheme, guardedSeed: seed)
        guard key.publicKey == publicKey else {
            throw KeyError(.fileMalformed, "the key file holds another private key than that of \(publicKey)")
        }
        return key
    }
}

// MARK: - The cipher

extension KeyFile {
    /// What the cipher authenticates besides the seed: every other field, and the names of the algorithms.
    private static func header(
        _ publicKey: PublicKey, _ derivation: KeyDerivation, _ salt: InlineBytes<16>, _ nonce: InlineBytes<24>
    ) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode("cairn.key-file")
        encoder.encode(UInt32(version))
        encoder.encode(publicKey)
        encoder.encode(KeyFileText.derivationName)
        encoder.encode(UInt64(derivation.memoryBytes))
        encoder.encode(UInt64(derivation.passes))
        encoder.encode(salt)
        encoder.encode(KeyFileText.cipherName)
        encoder.encode(nonce)
        return encoder.bytes
    }

    private static func encrypt(
        _ seed: GuardedBytes, _ key: GuardedBytes, _ nonce: InlineBytes<24>, _ header: [UInt8]
    ) -> InlineBytes<48> {
        var output = InlineBytes<48>(repeating: 0)
        precondition(seed.count + 16 == InlineBytes<48>.byteCount)
        output.storage.withMutablePointer { output in
            seed.withBytes { seed in
                key.withBytes { key in
                    nonce.storage.withPointer { nonce in
                        // It cannot fail: the lengths are fixed, and the output is 16 bytes longer than the input.
                        _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                            output, nil, seed, 32, header, UInt64(header.count), nil, nonce, key)
                    }
                }
            }
        }
        return output
    }

    /// Nil if the tag does not fit.
    private func decrypt(_ key: GuardedBytes, _ header: [UInt8]) throws(KeyError) -> GuardedBytes? {
        try GuardedBytes(count: SoftwareKey.seedByteCount) { seed in
            ciphertext.storage.withPointer { ciphertext in
                key.withBytes { key in
                    nonce.storage.withPointer { nonce in
                        crypto_aead_xchacha20poly1305_ietf_decrypt(
                            seed, nil, nil, ciphertext, 48, header, UInt64(header.count), nonce, key) == 0
                    }
                }
            }
        }
    }

    private static func randomBytes<let count: Int>() -> InlineBytes<count> {
        Sodium.demandReady()
        var bytes = InlineBytes<count>(repeating: 0)
        bytes.storage.withMutablePointer { randombytes_buf($0, count) }
        return bytes
    }
}
