/// The limits of keys at rest.
package enum KeyLimits {
    /// The largest key file that is read, in bytes. One of ours has about 500.
    package static let fileByteCountMax = 4_096
    /// How many files of a key store's directory are looked at.
    package static let filesMax = 10_000
    /// The longest name of a key, in bytes.
    package static let nameByteCountMax = 64
    /// The longest passphrase, in bytes.
    package static let passphraseByteCountMax = 1_024
    /// What a key file may ask of its reader: memory in bytes, and passes over it.
    package static let derivationMemoryBytesMax = 1 << 30
    package static let derivationMemoryBytesMin = 8_192
    package static let derivationPassesMax = 16
    package static let derivationPassesMin = 1
    /// The largest product of the two: four passes over the most memory, some seconds.
    package static let derivationWorkBytesMax = 4 << 30
}

/// The limits of signature verification.
package enum VerifierLimits {
    /// How many checks a worker takes at once: about a millisecond of work, so that the last chunk of a batch keeps
    /// nobody waiting for long.
    package static let chunkChecksMax = 16
    /// The same for Ed25519 without lanes, where checks are shared; with them the largest batches take as long.
    package static let portableChunkChecksMax = 64
    /// How small a chunk of Ed25519 checks may be cut where there are more threads: below, batches hardly pay.
    package static let ifmaChunkChecksMin = 32
    package static let avx2ChunkChecksMin = 16
    package static let portableChunkChecksMin = 4
    /// The sizes of batches for which one Ed25519 equation per lane is made: with AVX-512 IFMA (eight lanes), with AVX2
    /// (four), and elsewhere (one).
    package static let ifmaBatchClaimsMin = 16
    package static let ifmaBatchClaimsMax = 256
    package static let avx2BatchClaimsMin = 12
    package static let avx2BatchClaimsMax = 128
    package static let portableBatchClaimsMin = 2
    package static let portableBatchClaimsMax = 16
    /// How many checks may wait in a pool. Whoever comes when it is full verifies on the own thread.
    package static let waitingChecksMax = 65_536
    /// The most threads of a pool.
    package static let threadsMax = 256
}

/// The limits of authenticated encryption.
package enum AEADLimits {
    package static let nonceByteCount = 12
    package static let tagByteCount = 16
    /// The most bytes of a message: what OpenSSL takes in one call. The modes themselves allow 2^36 - 32.
    package static let plaintextByteCountMax = 1 << 30
    /// The most bytes of a message in counter mode with CBC-MAC, whose nonce of 12 bytes leaves 3 for the length.
    package static let counterWithMACByteCountMax = 1 << 24 - 1
    /// The most bytes that are authenticated beside a message.
    package static let contextByteCountMax = 1 << 30
    /// How many contexts a key keeps for the next callers.
    package static let idleContextsMax = 8
}

/// The limits of key derivation from secrets that need no stretching.
package enum HKDFLimits {
    /// 255 hashes (RFC 5869, section 2.3).
    package static let outputByteCountMax = 255 * 32
}

/// The limits of certificates, requests and revocation lists.
package enum CertificateLimits {
    /// The largest certificate or request, in bytes. One of ours has about 500.
    package static let certificateByteCountMax = 8_192
    /// The largest revocation list, in bytes, and the most entries of one: they take 40 to 60 bytes each.
    package static let revocationListByteCountMax = 1 << 20
    package static let revocationsMax = 16_384
    /// The largest file of PEM, in bytes: a revocation list grows by a third in it.
    package static let textByteCountMax = 2 << 20
    /// The most blocks of a file of PEM.
    package static let blocksMax = 256
    /// The longest chain, from a holder's certificate to a trusted one, both included.
    package static let chainLengthMax = 6
    /// How many signatures a verifier checks for one verdict, whatever it is shown.
    package static let signatureChecksMax = 32
    /// What a verifier may be made of: a few for each organisation of a large consortium.
    package static let trustedAuthoritiesMax = 256
    package static let intermediatesMax = 256
    package static let revocationListsMax = 512

    /// The largest serial number, in bytes (RFC 5280, 4.1.2.2).
    package static let serialByteCountMax = 20
    /// The longest object identifier, in bytes.
    package static let identifierByteCountMax = 64
    package static let extensionsMax = 32
    package static let purposesMax = 32
    package static let nameAttributesMax = 32
    /// The most names of a server that are written, and the longest, in bytes.
    static let serverNamesMax = 32
    static let serverNameByteCountMax = 253
    /// The longest organisation or name that is written, in characters (X.520).
    package static let nameCharactersMax = 64
    /// The longest that is read, in bytes.
    package static let nameTextByteCountMax = 4 * nameCharactersMax

    /// The longest validity, in days: thirty years.
    package static let validityDaysMax = 10_958
    /// How long before its making a certificate begins to be valid: clocks differ.
    package static let earlySeconds: UInt64 = 300
    /// How many days before its end a certificate's expiry is warned of.
    package static let expiryWarningDays = 30
}
