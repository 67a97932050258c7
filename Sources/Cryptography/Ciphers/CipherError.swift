/// Why bytes could not be sealed, opened or derived.
package enum CipherError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key has another number of bytes than the cipher's.
    case keySize(Int, expected: Int)
    /// The nonce has another number of bytes than 12.
    case nonceSize(Int)
    /// A sequence has given all its nonces; take a new key.
    case noncesExhausted
    /// There is more to seal or to authenticate than the cipher allows.
    case tooLong(Int, maximum: Int)
    /// The sealed bytes, the nonce or what goes with them were changed, or the key is another one.
    case notAuthentic
    /// The derivation can't give so many bytes.
    case outputSize(Int, maximum: Int)
    /// The system has no memory or randomness left.
    case system

    package var description: String {
        switch self {
        case .keySize(let count, let expected): "the cipher's key has \(expected) bytes, not \(count)"
        case .nonceSize(let count): "a nonce has \(AEADLimits.nonceByteCount) bytes, not \(count)"
        case .noncesExhausted: "all nonces of this key are used; take a new key"
        case .tooLong(let count, let maximum): "\(count) bytes are too many for the cipher, which takes \(maximum)"
        case .notAuthentic: "the sealed bytes were changed, or belong to another key, nonce or context"
        case .outputSize(let count, let maximum): "\(count) bytes can't be derived; 1 to \(maximum) can"
        case .system: "the system has no memory left for a cipher"
        }
    }
}
