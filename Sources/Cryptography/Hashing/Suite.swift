package import Primitives

/// The ciphers of a chain, fixed at genesis.
///
/// Every function may be called from any thread.
package enum Suite: UInt8, Sendable, CaseIterable {
    /// SHA-256; Ed25519, secp256k1, P-256; AES-256-GCM.
    case international = 1
    /// SM3; SM2; SM4-GCM. Keys of the other schemes may be used beside it.
    case national = 2

    /// The suite's hash of `bytes`.
    package func hash(_ bytes: [UInt8]) -> Digest { hash(bytes.span) }

    /// The suite's hash of a part of an array, which is not copied.
    package func hash(_ bytes: ArraySlice<UInt8>) -> Digest { hash(bytes.span) }

    /// The suite's hash of borrowed bytes.
    package func hash(_ bytes: Span<UInt8>) -> Digest {
        switch self {
        case .international: SHA256.hash(bytes)
        case .national: SM3.hash(bytes)
        }
    }

    /// The suite's hash of a part of an array behind a prefix.
    package func hash(_ prefix: [UInt8], _ bytes: ArraySlice<UInt8>) -> Digest {
        switch self {
        case .international: SHA256.hash(prefix.span, bytes.span)
        case .national: hash(prefix + bytes)
        }
    }

    /// The suite's hash of `tag` followed by two digests: leaves and inner nodes of trees.
    package func hash(tag: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        switch self {
        case .international: SHA256.hash(tag: tag, left, right)
        case .national: SM3.hash(tag: tag, left, right)
        }
    }

    /// What `hash(tag:_:_:)` gives for the first and second digest of a list, for its third and fourth, and so on, but
    /// faster than one by one. `digests`, of which the first are set, are at least half as many as the list's.
    package func hashPairs(tag: UInt8, _ list: Span<Digest>, into digests: inout MutableSpan<Digest>) {
        switch self {
        case .international: SHA256.hashPairs(tag: tag, list, into: &digests)
        case .national: SM3.hashPairs(tag: tag, list, into: &digests)
        }
    }
}
