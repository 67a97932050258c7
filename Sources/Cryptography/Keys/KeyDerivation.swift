internal import CSodium
internal import Primitives

/// How a passphrase becomes a cipher's key: Argon2id version 1.3 (RFC 9106) with one lane.
package struct KeyDerivation: Hashable, Sendable {
    /// The memory that it fills, in bytes.
    package let memoryBytes: Int
    /// How often it passes over the memory.
    package let passes: Int

    /// 256 MiB and three passes: about half a second, once per start of a node.
    package static let standard = KeyDerivation(checkedMemoryBytes: 256 << 20, passes: 3)

    /// As little as there is: for passphrases that programs draw, of 256 random bits, which nobody can guess.
    package static let ofRandomPassphrases = KeyDerivation(
        checkedMemoryBytes: KeyLimits.derivationMemoryBytesMin, passes: KeyLimits.derivationPassesMin)

    /// Throws unless both are within `KeyLimits`. Files name these numbers, so that a hostile one could otherwise take
    /// all memory or time.
    package init(memoryBytes: Int, passes: Int) throws(KeyError) {
        try Self.demand(
            memoryBytes, in: KeyLimits.derivationMemoryBytesMin...KeyLimits.derivationMemoryBytesMax,
            "bytes of memory")
        try Self.demand(passes, in: KeyLimits.derivationPassesMin...KeyLimits.derivationPassesMax, "passes")
        try Self.demand(memoryBytes * passes, in: 0...KeyLimits.derivationWorkBytesMax, "bytes of work in all passes")
        self.init(checkedMemoryBytes: memoryBytes, passes: passes)
    }

    private init(checkedMemoryBytes memoryBytes: Int, passes: Int) {
        self.memoryBytes = memoryBytes
        self.passes = passes
    }

    private static func demand(_ value: Int, in range: ClosedRange<Int>, _ what: String) throws(KeyError) {
        guard !range.contains(value) else { return }
        throw KeyError(
            .limitExceeded,
            "the key derivation asks for \(value) \(what); allowed are \(range.lowerBound) to \(range.upperBound)")
    }

    /// The key of 32 bytes.
    func key(from passphrase: Passphrase, salt: InlineBytes<16>) throws(KeyError) -> GuardedBytes {
        Sodium.demandReady()
        let key = try GuardedBytes(count: Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES)) { output in
            passphrase.bytes.withBytes { secret in
                salt.storage.withPointer { salt in
                    // libsodium counts the passphrase as signed characters; the bytes are the same.
                    secret.withMemoryRebound(to: CChar.self, capacity: passphrase.bytes.count) { secret in
                        crypto_pwhash(
                            output, UInt64(crypto_aead_xchacha20poly1305_ietf_KEYBYTES), secret,
                            UInt64(passphrase.bytes.count), salt, UInt64(passes), memoryBytes,
                            crypto_pwhash_ALG_ARGON2ID13) == 0
                    }
                }
            }
        }
        guard let key else {
            throw KeyError(.system, "the system has no \(memoryBytes) bytes of memory free for the key derivation")
        }
        return key
    }
}
